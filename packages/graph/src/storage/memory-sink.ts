// Files kept in memory: for downloads in a browser, for tests, and for what is sent elsewhere.
import { DamsonError } from '../error.ts'
import type { Sink, SinkFile } from '../storage.ts'
import { memoryFolder } from './folders.ts'
import { innerPath } from './path.ts'

/** A sink that keeps its files in memory. */
export interface MemorySink extends Sink {
  /** The files by path; empty before `commit`. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
  /** A file as a Blob, for a download; without a path the only one there is. Throws `not-found`. */
  toBlob(path?: string): Blob
}

/** Files in memory. */
export function memorySink(name = '<memory>'): MemorySink {
  const open = new Map<string, MemoryFile>()
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  return {
    name,
    files,
    async create(path) {
      const file = new MemoryFile(innerPath(path))
      open.set(file.path, file)
      return file
    },
    async staged() {
      return memoryFolder(new Map([...open].map(([path, file]) => [path, file.bytes()])), name)
    },
    async commit() {
      for (const [path, file] of open) files.set(path, file.bytes())
      open.clear()
    },
    async abort() {
      open.clear()
    },
    toBlob(path) {
      const found = path === undefined && files.size === 1 ? [...files.values()][0] : files.get(path ?? '')
      if (found) return new Blob([found])
      const there = [...files.keys()].join(', ') || 'none'
      throw new DamsonError(
        'not-found',
        `Expected the path of a saved file, got ${path ?? 'none'}; there are: ${there}.`,
      )
    },
  }
}

class MemoryFile implements SinkFile {
  readonly path: string
  #buffer = new Uint8Array(0)
  #size = 0

  constructor(path: string) {
    this.path = path
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.length === this.#size ? this.#buffer : this.#buffer.slice(0, this.#size)
  }

  async reserve(size: number): Promise<void> {
    this.#grow(size)
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const end = offset + bytes.length
    if (end > this.#buffer.length) this.#grow(Math.max(end, 2 * this.#buffer.length))
    this.#buffer.set(bytes, offset)
    this.#size = Math.max(this.#size, end)
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    into.set(this.#buffer.subarray(offset, offset + into.length))
  }

  async close(): Promise<void> {}

  #grow(size: number): void {
    if (size <= this.#buffer.length) return
    const next = allocate(size, this.path)
    next.set(this.#buffer)
    this.#buffer = next
  }
}

function allocate(size: number, path: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size)
  } catch (cause) {
    throw new DamsonError(
      'memory',
      `${path}: expected ${size} bytes of memory, but there are not as many. Save to a file instead.`,
      {
        cause,
        details: { file: path, bytes: size },
      },
    )
  }
}
