// SHA-256 of bytes as text, for comparing models.
import { createSha256 } from '@damson/graph'

/** 64 hexadecimal digits. */
export function digestOf(bytes: Uint8Array): string {
  const hash = createSha256()
  hash.update(bytes)
  return hash.digest()
}
