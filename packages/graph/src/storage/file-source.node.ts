// Files and folders of this machine as sources.
import { close, fstat, open, read, type Stats } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { DamsonError } from '../error.ts'
import type { Source, SourceFolder } from '../storage.ts'
import { innerPath } from './path.ts'
import { pastEnd } from './source-error.ts'

const openFile = promisify(open)
const statFile = promisify(fstat)

/** Closes files whose source nobody holds any more: graphs are values, and nobody closes a value. */
const forgotten = new FinalizationRegistry<number>(descriptor => close(descriptor, () => {}))

class FileSource implements Source {
  readonly name: string
  readonly path: string
  readonly size: number
  readonly key: string
  #descriptor: number | undefined

  constructor(name: string, path: string, size: number, key: string, descriptor: number) {
    this.name = name
    this.path = path
    this.size = size
    this.key = key
    this.#descriptor = descriptor
    forgotten.register(this, descriptor, this)
  }

  async read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (offset + into.length > this.size) throw pastEnd(this.name, offset, into.length, this.size)
    for (let done = 0; done < into.length;) {
      const count = await this.#readSome(into, done, offset + done)
      if (count === 0) throw pastEnd(this.name, offset, into.length, offset + done)
      done += count
    }
  }

  async close(): Promise<void> {
    const descriptor = this.#descriptor
    if (descriptor === undefined) return
    this.#descriptor = undefined
    forgotten.unregister(this)
    await new Promise<void>(done => close(descriptor, () => done()))
  }

  #readSome(into: Uint8Array, at: number, position: number): Promise<number> {
    const descriptor = this.#descriptor
    return new Promise((done, fail) => {
      if (descriptor === undefined) return fail(readError(this.name, 'it was closed'))
      read(descriptor, into, at, into.length - at, position, (error, count) =>
        error ? fail(readError(this.name, error.message, error)) : done(count),
      )
    })
  }
}

/** The identity of what lies at an absolute path. */
export function fileKey(path: string, { size, mtimeMs, ino }: Stats): string {
  return `file:${path}:${size}:${mtimeMs}:${ino}`
}

function readError(name: string, why: string, cause?: unknown): DamsonError {
  return new DamsonError('read', `${name}: expected a readable file, but: ${why}.`, {
    cause,
    details: { file: name },
  })
}

/** A file as a source. Throws `not-found` or `read`. It is closed by `close`, or when nothing refers to it any more. */
export async function fileSource(path: string): Promise<Source> {
  const full = resolve(path)
  try {
    const descriptor = await openFile(full, 'r')
    const stats = await statFile(descriptor)
    const source = new FileSource(path, full, stats.size, fileKey(full, stats), descriptor)
    if (stats.isFile()) return source
    await source.close()
  } catch (cause) {
    if (isMissing(cause))
      throw new DamsonError('not-found', `Expected a file at ${path}, but there is none.`, {
        cause,
        details: { file: path },
      })
    throw readError(path, cause instanceof Error ? cause.message : String(cause), cause)
  }
  throw readError(path, 'it is not a file')
}

function folderError(path: string, cause: unknown): DamsonError {
  const details = { file: path }
  if (isMissing(cause))
    return new DamsonError('not-found', `Expected a folder at ${path}, but there is none.`, {
      cause,
      details,
    })
  return readError(path, cause instanceof Error ? cause.message : String(cause), cause)
}

/** A folder as a source of files. */
export function pathFolder(path: string): SourceFolder {
  return {
    name: basename(resolve(path)),
    async list() {
      const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(cause => {
        throw folderError(path, cause)
      })
      const files = entries.filter(entry => !entry.isDirectory())
      const prefix = resolve(path).length + 1
      return files
        .map(entry => resolve(entry.parentPath, entry.name).slice(prefix).replaceAll('\\', '/'))
        .sort()
    },
    async open(inside) {
      try {
        return await fileSource(join(path, innerPath(inside)))
      } catch (error) {
        if (DamsonError.isInstance(error, 'not-found')) return undefined
        throw error
      }
    },
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
