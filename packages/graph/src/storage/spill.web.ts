// Elsewhere than in Node there is no disk to spill to that works in every context, so memory it is.
import { memorySink } from './memory-sink.ts'
import type { Spill } from './spill.ts'

/** Room for about `size` bytes. Throws `memory`. */
export async function createSpill(size: number): Promise<Spill> {
  const file = await memorySink('<spill>').create('spill')
  await file.reserve(size)
  return {
    write: (offset, bytes) => file.write(offset, bytes),
    read: async (offset, into) => file.read?.(offset, into),
    close: () => file.close(),
  }
}
