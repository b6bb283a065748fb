// WebCrypto hashes only what is in memory as a whole, so a library does it here.
import { sha256 } from '@noble/hashes/sha2.js'
import type { Sha256 } from './sha256.ts'

/** SHA-256 of bytes that come one after another. */
export function createSha256(): Sha256 {
  const hash = sha256.create()
  return {
    update: bytes => void hash.update(bytes),
    digest: () => Array.from(hash.digest(), byte => byte.toString(16).padStart(2, '0')).join(''),
  }
}
