// Node hashes natively, with the instructions of the processor.
import { createHash } from 'node:crypto'
import type { Sha256 } from './sha256.ts'

/** SHA-256 of bytes that come one after another. */
export function createSha256(): Sha256 {
  const hash = createHash('sha256')
  return { update: bytes => void hash.update(bytes), digest: () => hash.digest('hex') }
}
