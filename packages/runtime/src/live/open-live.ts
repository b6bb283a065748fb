// A model, or a single graph, open to run. Sessions belong to the runtime; a live model only holds on to them.
import type { Generation, Live, Middleware, Port, SessionOptions } from '@damson/core'
import { DamsonError, type Graph } from '@damson/graph'
import type { SessionPool } from '../session/sessions.ts'
import { openGeneration, type OpenGeneration } from './generation.ts'
import { livePart, type LivePart } from './live-part.ts'

/** What is opened: parts with the options of their sessions, ports, and middleware in the order of the plan. */
export interface Opening {
  readonly parts: ReadonlyMap<string, { readonly graph: Graph; readonly session: SessionOptions }>
  readonly ports: readonly Port[]
  readonly middleware: readonly Middleware[]
}

export interface OpenLive extends Live {
  generation(options?: Omit<Generation, 'run'>): OpenGeneration
  [Symbol.asyncDispose](): Promise<void>
}

/** `onClose` tells the runtime that this one needs its sessions no more. */
export function openLive(
  pool: SessionPool,
  { parts, ports, middleware }: Opening,
  onClose: () => void,
): OpenLive {
  const live = new Map<string, LivePart>()
  for (const [name, { graph, session }] of parts) {
    const own = ports.filter(port => port.part === name)
    live.set(name, livePart(pool, { name, graph, ports: own, session }))
  }
  const part = (name: string): LivePart => {
    const found = live.get(name)
    if (found) return found
    const names = [...live.keys()].join(', ')
    throw new DamsonError('unknown-part', `Expected one of the parts ${names}, got "${name}".`)
  }
  const generations = new Set<OpenGeneration>()
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    for (const generation of generations) await generation.close()
    for (const each of live.values()) await each.close()
    onClose()
  }
  const result: OpenLive = {
    run: async (name, feeds, options) => part(name).runOwn(feeds, options?.signal),
    generation(options = {}) {
      if (closing)
        throw new DamsonError('closed', 'Expected an open model, but it was closed. Open it again.')
      const generation = openGeneration(part, middleware, options)
      generations.add(generation)
      return {
        run: generation.run,
        async close() {
          await generation.close()
          generations.delete(generation)
        },
      }
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => result.close(),
  }
  return result
}
