// A model, or a single graph, open to run. Sessions belong to the runtime; a live model only holds on to them.
import type { Generation, Live } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { SessionPool } from '../session/sessions.ts'
import { openGeneration, type OpenGeneration } from './generation.ts'
import { livePart, type LivePart } from './live-part.ts'
import type { Opening } from './opening.ts'

export interface OpenLive extends Live {
  generation(options?: Omit<Generation, 'run'>): OpenGeneration
  [Symbol.asyncDispose](): Promise<void>
}

/** `onClose` tells the runtime that this one needs its sessions no more. */
export function openLive(
  pool: SessionPool,
  { parts, middleware, check }: Opening,
  onClose: () => void,
): OpenLive {
  const live = new Map<string, LivePart>()
  for (const [name, opening] of parts) live.set(name, livePart(pool, name, opening))
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
      check(options)
      const generation = openGeneration(part, middleware, options, pool.slots)
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
