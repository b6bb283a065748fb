// One part of an open model: its session is opened by the first run, its ports are fed, its runs are counted.
import type { Feeds, Outputs } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { untilAborted } from '../engine/lane.ts'
import type { RunOptions, Session, SessionPool } from '../session/sessions.ts'
import type { SlotUse } from '../session/slot-book.ts'
import type { OpeningPart } from './opening.ts'

interface RunAllOptions {
  readonly slots: SlotUse
  readonly unwanted: ReadonlySet<string>
  readonly signal?: AbortSignal | undefined
}

export interface LivePart {
  readonly name: string
  /** All outputs but those that are `unwanted`, those of ports among them. */
  runAll(feeds: Feeds, options: RunAllOptions): Promise<Outputs>
  /** What the part gave before any rewrite added ports. */
  runOwn(feeds: Feeds, signal?: AbortSignal): Promise<Outputs>
  /** Leaves the outputs of ports out. */
  own(outputs: Outputs): Outputs
  close(): Promise<void>
}

export function livePart(pool: SessionPool, name: string, opening: OpeningPart): LivePart {
  const { graph, session: options, added, complete, prepared } = opening
  const names = graph.outputs.map(output => output.name)
  const without = (unwanted: ReadonlySet<string>): readonly string[] | undefined =>
    unwanted.size === 0 ? undefined : names.filter(output => !unwanted.has(output))
  const running = new Set<Promise<unknown>>()
  let session: Promise<Session> | undefined
  let closed = false
  const opened = async (signal?: AbortSignal): Promise<Session> => {
    // Callers share the opening, so one that aborts leaves the others theirs.
    const opening = (session ??= pool.acquire(graph, options, undefined, prepared))
    try {
      return await (signal ? untilAborted(opening, signal) : opening)
    } catch (error) {
      if (session === opening && !signal?.aborted) session = undefined
      throw error
    }
  }
  const run = (feeds: Feeds, options: RunOptions): Promise<Outputs> => {
    if (closed) return Promise.reject(closedError(name))
    const work = opened(options.signal).then(open =>
      open.run(complete(feeds, options.slots?.takes), { ...options, part: name }),
    )
    running.add(work)
    return work.finally(() => running.delete(work))
  }
  return {
    name,
    runAll: (feeds, { unwanted, ...options }) => run(feeds, { ...options, fetches: without(unwanted) }),
    runOwn: (feeds, signal) => run(feeds, { fetches: without(added), signal }),
    own: outputs =>
      added.size === 0
        ? outputs
        : Object.fromEntries(Object.entries(outputs).filter(([output]) => !added.has(output))),
    async close() {
      closed = true
      await Promise.allSettled(running)
      const open = await session?.catch(() => undefined)
      session = undefined
      await open?.release()
    },
  }
}

function closedError(part: string): DamsonError {
  return new DamsonError(
    'closed',
    `Expected an open model, but it was closed: part "${part}" cannot run. Open it again.`,
  )
}
