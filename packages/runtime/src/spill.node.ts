// Bytes that do not fit in memory, in an unnamed file.
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Spill } from './platform.ts'
import { temporaryFolder } from './temporary.node.ts'

export async function openSpill(): Promise<Spill> {
  const folder = await temporaryFolder()
  const file = await open(join(folder.path, 'spill'), 'w+', 0o600)
  let size = 0
  return {
    async append(bytes) {
      const offset = size
      size += bytes.length
      await file.write(bytes, 0, bytes.length, offset)
      return offset
    },
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      await file.read(bytes, 0, length, offset)
      return bytes
    },
    async close() {
      await file.close()
      await folder.remove()
    },
  }
}
