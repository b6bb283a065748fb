// A generation is one use of a model from start to end: middleware is opened for it, so what middleware remembers lives in
// closures and ends with it.
import type { Call, Feeds, Generation, Middleware, Outputs, Run, Slot } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { SlotBook } from '../session/slot-book.ts'
import { generationSlots } from './generation-slots.ts'
import type { LivePart } from './live-part.ts'

type Options = Omit<Generation, 'run'>
type CallOptions = { readonly step?: number; readonly branch?: Call['branch'] }

export interface OpenGeneration {
  run(part: string, feeds: Feeds, call?: CallOptions): Promise<Outputs>
  close(): Promise<void>
}

/** `middleware` in the order of the plan: the first is outermost. */
export function openGeneration(
  part: (name: string) => LivePart,
  middleware: readonly Middleware[],
  options: Options,
  book: SlotBook,
): OpenGeneration {
  const { signal } = options
  const counts = new Map<string, number>()
  const chains = new Map<string, Run>()
  const running = new Set<Promise<unknown>>()
  const slots = generationSlots(book)
  let closed = false
  const chain = (name: string): Run => {
    const known = chains.get(name)
    if (known) return known
    const target = part(name)
    const base: Run = (feeds, call) => {
      const unwanted = new Set(Object.keys(call.keeps ?? {}))
      return target.runAll(feeds, { slots: slots.use(name, call), unwanted, signal })
    }
    const around = opened.filter(each => each.part === name)
    const made = around.reduceRight((next, each) => each.around(next), base)
    chains.set(name, made)
    return made
  }
  const run = async (name: string, feeds: Feeds, call: CallOptions = {}): Promise<Outputs> => {
    if (closed)
      throw new DamsonError('closed', 'Expected an open generation, but it was closed. Start another.')
    signal?.throwIfAborted()
    const target = part(name)
    const index = counts.get(name) ?? 0
    counts.set(name, index + 1)
    const { step = index, branch = 'both' } = call
    const slot = (): Slot => slots.make(name)
    const outputs = await chain(name)(feeds, { index, step, branch, rows: rowsOf(feeds), slot })
    return target.own(outputs)
  }
  const tracked: OpenGeneration['run'] = (name, feeds, call) => {
    const work = run(name, feeds, call)
    running.add(work)
    return work.finally(() => running.delete(work))
  }
  const opened = middleware.map(open => open({ ...options, run: (name, feeds) => tracked(name, feeds) }))
  return {
    run: tracked,
    async close() {
      closed = true
      await Promise.allSettled(running)
      await slots.close()
    },
  }
}

/** Rows of the batch: the largest leading dim among feeds of two dims or more, else among those of one. */
function rowsOf(feeds: Feeds): number {
  const shapes = Object.values(feeds).map(({ shape }) => shape)
  const batched = shapes.filter(shape => shape.length > 1)
  const leading = (batched.length > 0 ? batched : shapes).map(shape => shape[0] ?? 1)
  return Math.max(1, ...leading)
}
