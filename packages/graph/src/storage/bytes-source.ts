// Bytes in memory as a source, so what opens files opens arrays too.
import type { Source } from '../storage.ts'
import { freshIdentity } from './identity.ts'
import { pastEnd } from './source-error.ts'

/** A source over bytes in memory; they must not change afterwards. */
export function bytesSource(bytes: Uint8Array, name = '<bytes>'): Source {
  return {
    name,
    size: bytes.length,
    key: freshIdentity('bytes'),
    async read(offset, into, signal) {
      signal?.throwIfAborted()
      if (offset + into.length > bytes.length) throw pastEnd(name, offset, into.length, bytes.length)
      into.set(bytes.subarray(offset, offset + into.length))
    },
  }
}
