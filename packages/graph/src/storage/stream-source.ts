// A stream cannot be read at an offset, so it is put where that works.
import { createSpill } from '#platform'
import type { Source } from '../storage.ts'
import { freshIdentity } from './identity.ts'
import { pastEnd } from './source-error.ts'

/** A source from a stream, which is read to its end first: to a temporary file in Node, to memory elsewhere. */
export async function streamSource(stream: ReadableStream<Uint8Array>, name = '<stream>'): Promise<Source> {
  const spill = await createSpill(0)
  const reader = stream.getReader()
  let size = 0
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    await spill.write(size, chunk.value)
    size += chunk.value.length
  }
  return {
    name,
    size,
    key: freshIdentity('stream'),
    async read(offset, into, signal) {
      signal?.throwIfAborted()
      if (offset + into.length > size) throw pastEnd(name, offset, into.length, size)
      await spill.read(offset, into)
    },
    close: () => spill.close(),
  }
}
