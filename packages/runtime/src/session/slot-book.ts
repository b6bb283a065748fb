// The near side of slots: which are in use, what they hold, and which the engine may empty. A slot that a run waits for or uses
// is emptied after it. What is to be emptied goes along with the next run, so that freeing costs no message of its own.
import type { Slot } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { Engine, EngineRan, EngineRun } from '../engine/engine.ts'
import type { Lane } from '../engine/lane.ts'

/** One slot; only the book looks into it. */
export interface SlotEntry {
  readonly number: number
  tensor: Slot['tensor']
  /** Runs that wait for it or use it. */
  users: number
  freed: boolean
}

/** Outputs and inputs of one run that stay in the engine, by name. */
export interface SlotUse {
  readonly keeps: Readonly<Record<string, SlotEntry>>
  readonly takes: Readonly<Record<string, SlotEntry>>
}

export interface SlotBook {
  add(): SlotEntry
  tensorIn(entry: SlotEntry): Slot['tensor']
  free(entry: SlotEntry): void
  /** What a run would take. Throws `slot-lost` for a slot that holds nothing. */
  taken(use: SlotUse): Readonly<Record<string, NonNullable<Slot['tensor']>>>
  /** Waits in the lane and runs. When that fails, the slots that it would have filled are freed. */
  run(
    use: SlotUse,
    run: (there: Omit<EngineRun, 'feeds' | 'fetches'>) => Promise<EngineRan>,
    options: Parameters<Lane['run']>[1],
  ): Promise<EngineRan>
  /** Has the engine empty now what was freed. */
  flush(): Promise<void>
}

export function slotBook(engine: Engine, lane: Lane): SlotBook {
  const freed: number[] = []
  let count = 0
  const flush = async (): Promise<void> => {
    const slots = freed.splice(0)
    if (slots.length === 0) return
    // A full queue or a lost engine: the next run takes them along, or there is nothing left to free.
    await lane.run(() => engine.free(slots)).catch(() => freed.push(...slots))
  }
  const free = (entry: SlotEntry): void => {
    if (entry.freed) return
    entry.freed = true
    if (entry.users === 0) freed.push(entry.number)
  }
  const release = (entries: readonly SlotEntry[]): void => {
    for (const entry of entries) entry.users--
    const late = entries.filter(entry => entry.freed && entry.users === 0)
    freed.push(...late.map(({ number }) => number))
    if (late.length > 0) void flush()
  }
  const tensorIn = ({ number, tensor, freed: gone }: SlotEntry): Slot['tensor'] =>
    !gone && engine.holds(number) ? tensor : undefined
  return {
    add: () => ({ number: ++count, tensor: undefined, users: 0, freed: false }),
    tensorIn,
    free,
    flush,
    taken: ({ takes }) =>
      Object.fromEntries(Object.entries(takes).map(([name, entry]) => [name, tensorIn(entry) ?? lost(name)])),
    async run({ keeps, takes }, run, options) {
      const entries = [...new Set([...Object.values(keeps), ...Object.values(takes)])]
      for (const entry of entries) entry.users++
      let started = false
      const task = async (): Promise<EngineRan> => {
        started = true
        const frees = freed.splice(0)
        try {
          const ran = await run({ keeps: numbers(keeps), takes: numbers(takes), frees })
          for (const [name, entry] of Object.entries(keeps)) entry.tensor = ran.kept[name]
          return ran
        } catch (error) {
          freed.push(...frees)
          throw error
        } finally {
          release(entries)
        }
      }
      try {
        return await lane.run(task, options)
      } catch (error) {
        for (const entry of Object.values(keeps)) free(entry)
        if (!started) release(entries)
        throw error
      }
    },
  }
}

function numbers(entries: Readonly<Record<string, SlotEntry>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(entries).map(([name, { number }]) => [name, number]))
}

function lost(name: string): never {
  throw new DamsonError(
    'slot-lost',
    `Input "${name}": expected a slot that holds what an earlier call kept, got one that holds nothing. Feed the input instead.`,
    { details: { name } },
  )
}
