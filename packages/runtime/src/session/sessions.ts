// The sessions of a runtime: opened when first needed, shared by equal graphs with equal options, closed by the last user.
import type { Feeds, Outputs, SessionOptions } from '@damson/core'
import type { Graph, Source } from '@damson/graph'
import type { Engine, OrtSessionOptions } from '../engine/engine.ts'
import { untilAborted, type Lane } from '../engine/lane.ts'
import type { Materialized, Platform } from '../platform.ts'
import { checkFeeds } from './guard-feeds.ts'
import { checkOpenable } from './guard-graph.ts'
import { graphKey } from './graph-key.ts'
import { openError, runError } from './session-error.ts'
import { slotBook, type SlotBook, type SlotUse } from './slot-book.ts'

export interface Session {
  readonly graph: Graph
  /** Runs once. Feeds are checked. Rejects at once when aborted. */
  run(feeds: Feeds, options?: RunOptions): Promise<Outputs>
  release(): Promise<void>
}

export interface RunOptions {
  /** Outputs wanted; undefined: all that are not kept. */
  readonly fetches?: readonly string[] | undefined
  /** Outputs and inputs that stay in the engine. */
  readonly slots?: SlotUse | undefined
  readonly signal?: AbortSignal | undefined
  /** For messages. */
  readonly part?: string
}

interface Shared {
  readonly id: number
  readonly ready: Promise<Materialized>
  users: number
}

export interface SessionPool {
  /** `prepared`: files to open in place of the graph, which still says what may be fed. */
  acquire(
    graph: Graph,
    options: SessionOptions,
    signal?: AbortSignal,
    prepared?: ReadonlyMap<string, Source>,
  ): Promise<Session>
  readonly slots: SlotBook
  /** Sessions open now. */
  readonly size: number
}

export interface PoolParts {
  readonly engine: Engine
  readonly lane: Lane
  readonly platform: Platform
  /** True when the engine may have to open a model again (a child process that was killed). */
  readonly reopens: boolean
  readonly translate: (options: SessionOptions) => OrtSessionOptions
  readonly onEvent: (event: PoolEvent) => void
}

export interface PoolEvent {
  readonly type: 'session-open' | 'session-close' | 'interrupted'
  /** Sessions open after it. */
  readonly sessions: number
}

/** A pool over one engine. */
export function sessionPool(parts: PoolParts): SessionPool {
  const { engine, lane, platform, reopens, translate } = parts
  const shared = new Map<string, Shared>()
  const tell = (type: PoolEvent['type']): void => parts.onEvent({ type, sessions: shared.size })
  const slots = slotBook(engine, lane)
  let count = 0
  const open = async (
    id: number,
    graph: Graph,
    options: OrtSessionOptions,
    prepared?: ReadonlyMap<string, Source>,
  ): Promise<Materialized> => {
    const model = await (prepared && platform.materializeFiles
      ? platform.materializeFiles(prepared)
      : platform.materialize(graph, { reopens }))
    try {
      await lane.run(() => engine.open(id, model.source, options))
      await model.opened()
      tell('session-open')
      return model
    } catch (error) {
      await model.dispose()
      throw openError(error, providersOf(options))
    }
  }
  const release = async (key: string, entry: Shared): Promise<void> => {
    entry.users--
    if (entry.users > 0) return
    if (shared.get(key) === entry) shared.delete(key)
    const model = await entry.ready
    await lane.run(() => engine.release(entry.id))
    await model.dispose()
    tell('session-close')
  }
  const interrupt = (): void => {
    if (!engine.interrupt) return
    engine.interrupt()
    tell('interrupted')
  }
  return {
    slots,
    get size() {
      return shared.size
    },
    async acquire(graph, options, signal, prepared) {
      signal?.throwIfAborted()
      checkOpenable(graph)
      const ort = translate(options)
      const files = [...(prepared?.values() ?? [])].map(source => source.key)
      const key = `${graphKey(graph)} ${JSON.stringify([ort, ...files])}`
      const entry = shared.get(key) ?? start(key, graph, ort, prepared)
      entry.users++
      if (signal) await untilAborted(entry.ready, signal, () => void release(key, entry).catch(() => {}))
      else await entry.ready
      const { id } = entry
      let released: Promise<void> | undefined
      return {
        graph,
        run: async (feeds, { fetches, slots: use = noSlots, signal, part = 'main' } = {}) => {
          checkFeeds(graph, { ...feeds, ...slots.taken(use) })
          const options = { signal, onAbort: interrupt }
          try {
            return (await slots.run(use, there => engine.run(id, { feeds, fetches, ...there }), options))
              .outputs
          } catch (error) {
            throw signal?.aborted ? signal.reason : runError(error, part)
          }
        },
        release: () => (released ??= release(key, entry)),
      }
    },
  }
  function start(
    key: string,
    graph: Graph,
    options: OrtSessionOptions,
    prepared: ReadonlyMap<string, Source> | undefined,
  ): Shared {
    const id = ++count
    const ready = open(id, graph, options, prepared)
    const entry: Shared = { id, ready, users: 0 }
    shared.set(key, entry)
    ready.catch(() => shared.delete(key))
    return entry
  }
}

const noSlots: SlotUse = { keeps: {}, takes: {} }

function providersOf(options: OrtSessionOptions): readonly string[] {
  const { executionProviders } = options
  return Array.isArray(executionProviders) ? executionProviders.map(String) : []
}
