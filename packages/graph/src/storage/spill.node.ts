// A temporary file without a name: it is gone when it is closed, and when the process ends, however it ends.
import { close, open, read, unlink, write } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DamsonError } from '../error.ts'
import { diskError } from './disk-error.node.ts'
import { freshIdentity } from './identity.ts'
import type { Spill } from './spill.ts'

const files = {
  open: promisify(open),
  read: promisify(read),
  write: promisify(write),
  unlink: promisify(unlink),
}
const forgotten = new FinalizationRegistry<number>(descriptor => close(descriptor, () => {}))

class FileSpill implements Spill {
  readonly #descriptor: number
  readonly #size: number
  #open = true

  constructor(descriptor: number, size: number) {
    this.#descriptor = descriptor
    this.#size = size
    forgotten.register(this, descriptor, this)
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await files
        .write(this.#use(), bytes, done, bytes.length - done, offset + done)
        .catch((error: unknown) => Promise.reject(diskError(tmpdir(), this.#size, error)))
      done += bytesWritten
    }
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.length;) {
      const { bytesRead } = await files.read(this.#use(), into, done, into.length - done, offset + done)
      if (bytesRead === 0)
        throw new DamsonError('read', `Expected ${into.length} spilled bytes at ${offset}, got ${done}.`)
      done += bytesRead
    }
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    forgotten.unregister(this)
    await new Promise<void>(done => close(this.#descriptor, () => done()))
  }

  #use(): number {
    if (this.#open) return this.#descriptor
    throw new DamsonError('read', 'Expected an open spill file, but it was closed.')
  }
}

/** Room for about `size` bytes on the disk of temporary files. Throws `disk`. */
export async function createSpill(size: number): Promise<Spill> {
  const path = join(tmpdir(), `.${freshIdentity(`damson-spill-${process.pid}`)}`)
  try {
    const descriptor = await files.open(path, 'wx+', 0o600)
    await files.unlink(path)
    return new FileSpill(descriptor, size)
  } catch (error) {
    throw diskError(path, size, error)
  }
}
