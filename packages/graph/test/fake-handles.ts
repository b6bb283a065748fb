// The browser's file system handles over a map, as far as damson uses them: writes go to a copy that `close` shows.

class FakeWritable {
  #bytes = new Uint8Array(0)
  readonly #show: (bytes: Uint8Array) => void

  constructor(show: (bytes: Uint8Array) => void) {
    this.#show = show
  }
  async truncate(size: number): Promise<void> {
    if (size > 1e9) throw new DOMException('quota', 'QuotaExceededError')
    const next = new Uint8Array(size)
    next.set(this.#bytes.subarray(0, size))
    this.#bytes = next
  }
  async write({ position, data }: { readonly position: number; readonly data: Uint8Array }): Promise<void> {
    if (position + data.length > this.#bytes.length) await this.truncate(position + data.length)
    this.#bytes.set(data, position)
  }
  async close(): Promise<void> {
    this.#show(this.#bytes)
  }
  async abort(): Promise<void> {}
}

type Files = Map<string, Uint8Array>

function fakeFile(files: Files, path: string): object {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return {
    kind: 'file',
    name,
    getFile: async () => new File([new Uint8Array(files.get(path) ?? [])], name),
    createWritable: async () => new FakeWritable(bytes => files.set(path, bytes)),
  }
}

/** A directory handle; `files` is what is in it, by path. */
export function fakeDirectory(files: Files, prefix = ''): FileSystemDirectoryHandle {
  const folders = (): Set<string> =>
    new Set(
      [...files.keys()].flatMap(path =>
        path.startsWith(prefix) ? path.slice(prefix.length).split('/').slice(0, -1).slice(0, 1) : [],
      ),
    )
  const made = new Set<string>()
  const handle: unknown = {
    kind: 'directory',
    name: 'fake',
    async getDirectoryHandle(name: string, options: { create?: boolean } = {}) {
      if (options.create) made.add(name)
      if (!made.has(name) && !folders().has(name)) throw new DOMException(name, 'NotFoundError')
      return fakeDirectory(files, `${prefix}${name}/`)
    },
    async getFileHandle(name: string, options: { create?: boolean } = {}) {
      const path = prefix + name
      if (!files.has(path) && !options.create) throw new DOMException(name, 'NotFoundError')
      if (!files.has(path)) files.set(path, new Uint8Array(0))
      return fakeFile(files, path)
    },
    async removeEntry(name: string) {
      files.delete(prefix + name)
    },
    async *values() {
      for (const name of folders()) yield { kind: 'directory', name }
      for (const path of files.keys())
        if (path.startsWith(prefix) && !path.slice(prefix.length).includes('/')) yield fakeFile(files, path)
    },
  }
  return handle as FileSystemDirectoryHandle
}
