// One file being written under a temporary name: in pieces, or as a copy that the system makes.
import { copyFile, stat, type FileHandle } from 'node:fs/promises'
import { DamsonError } from '../error.ts'
import type { SinkFile, Source } from '../storage.ts'
import { diskError, isFull } from './disk-error.node.ts'
import { fileKey } from './file-source.node.ts'

export class PathFile implements SinkFile {
  readonly path: string
  readonly temporary: string
  readonly #target: string
  readonly #handle: FileHandle
  readonly #room: (size: number) => Promise<void>
  #reserved = 0
  #written = 0
  #open = true

  constructor(
    path: string,
    target: string,
    temporary: string,
    handle: FileHandle,
    room: (size: number) => Promise<void>,
  ) {
    this.path = path
    this.#target = target
    this.temporary = temporary
    this.#handle = handle
    this.#room = room
  }

  /** Bytes that were reserved and are still to come. */
  get outstanding(): number {
    return this.#open ? Math.max(this.#reserved - this.#written, 0) : 0
  }

  async reserve(size: number): Promise<void> {
    await this.#room(size)
    this.#reserved = size
    await this.#guard(this.#handle.truncate(size))
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#guard(
        this.#handle.write(bytes, done, bytes.length - done, offset + done),
      )
      done += bytesWritten
    }
    this.#written += bytes.length
  }

  async copy(source: Source): Promise<boolean> {
    if (!(await lies(source))) return false
    const { mode } = await this.#guard(this.#handle.stat())
    const copied = await copyFile(source.path ?? '', this.temporary).then(
      () => true,
      (error: unknown) => {
        if (isFull(error)) throw diskError(this.#target, this.#reserved, error)
        return false
      },
    )
    // The system copies permissions too, and a model may be read from where nobody writes.
    await this.#guard(this.#handle.chmod(mode & 0o777))
    if (!copied) return false
    if (!(await lies(source))) throw changed(source)
    this.#written = this.#reserved
    return true
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.length;) {
      const { bytesRead } = await this.#guard(
        this.#handle.read(into, done, into.length - done, offset + done),
      )
      if (bytesRead === 0) return
      done += bytesRead
    }
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await this.#guard(this.#handle.close())
  }

  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw diskError(this.#target, this.#reserved, error)
    }
  }
}

/** Whether what was opened still lies at its path, unchanged. */
async function lies({ path, key }: Source): Promise<boolean> {
  const stats = path === undefined ? undefined : await stat(path).catch(() => undefined)
  return path !== undefined && stats !== undefined && fileKey(path, stats) === key
}

function changed({ name }: Source): DamsonError {
  return new DamsonError(
    'read',
    `${name}: expected a file that stays as it is while it is copied, but it changed. Load it again and save that.`,
    { details: { file: name } },
  )
}
