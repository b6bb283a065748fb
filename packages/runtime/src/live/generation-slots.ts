// The slots of one generation: each belongs to the part whose call made it, and all are freed when the generation is closed.
import type { Call, Slot } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { SlotBook, SlotEntry, SlotUse } from '../session/slot-book.ts'

export interface GenerationSlots {
  make(part: string): Slot
  /** Throws `slot` for slots of other parts and generations, and for freed ones that would be filled. */
  use(part: string, call: Pick<Call, 'keeps' | 'takes'>): SlotUse
  close(): Promise<void>
}

interface Made {
  readonly part: string
  readonly entry: SlotEntry
}

export function generationSlots(book: SlotBook): GenerationSlots {
  const made = new WeakMap<Slot, Made>()
  const open = new Set<SlotEntry>()
  const free = (entry: SlotEntry): void => {
    open.delete(entry)
    book.free(entry)
  }
  const entryOf = (part: string, name: string, slot: Slot): SlotEntry => {
    const found = made.get(slot)
    if (!found) throw slotError(name, 'a slot that a call of this generation made', 'another')
    if (found.part !== part) throw slotError(name, `a slot of the part "${part}"`, `one of "${found.part}"`)
    return found.entry
  }
  return {
    make(part) {
      const entry = book.add()
      open.add(entry)
      const slot: Slot = {
        get tensor() {
          return book.tensorIn(entry)
        },
        free: () => free(entry),
      }
      made.set(slot, { part, entry })
      return slot
    },
    use(part, { keeps = {}, takes = {} }) {
      const kept = Object.entries(keeps).flatMap(([name, slot]) =>
        slot === 'leave' ? [] : [[name, entryOf(part, name, slot)] as const],
      )
      for (const [name, { freed }] of kept)
        if (freed) throw slotError(name, 'an open slot', 'one that was freed')
      const taken = Object.entries(takes).map(([name, slot]) => [name, entryOf(part, name, slot)] as const)
      return { keeps: Object.fromEntries(kept), takes: Object.fromEntries(taken) }
    },
    async close() {
      for (const entry of open) free(entry)
      await book.flush()
    },
  }
}

function slotError(name: string, expected: string, got: string): DamsonError {
  return new DamsonError(
    'slot',
    `"${name}": expected ${expected}, got ${got}. Make one with \`slot\` of the call.`,
    {
      details: { name },
    },
  )
}
