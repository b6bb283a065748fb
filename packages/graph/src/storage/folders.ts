// Folders that are not on this machine's disk: maps in memory, and directory handles of a browser.
import type { SourceFolder } from '../storage.ts'
import { handleSource } from './blob-source.ts'
import { bytesSource } from './bytes-source.ts'
import { innerPath } from './path.ts'

/** A folder in memory: path to bytes. */
export function memoryFolder(files: ReadonlyMap<string, Uint8Array>, name = '<memory>'): SourceFolder {
  return {
    name,
    async list() {
      return [...files.keys()].sort()
    },
    async open(path) {
      const inner = innerPath(path)
      const bytes = files.get(inner)
      return bytes && bytesSource(bytes, inner)
    },
  }
}

/** A folder of the browser's file system. */
export function handleFolder(handle: FileSystemDirectoryHandle): SourceFolder {
  return {
    name: handle.name,
    async list() {
      const found: string[] = []
      for await (const path of filesBelow(handle, '')) found.push(path)
      return found.sort()
    },
    async open(path) {
      const parts = innerPath(path).split('/')
      const file = parts.pop() ?? ''
      let folder = handle
      try {
        for (const part of parts) folder = await folder.getDirectoryHandle(part)
        return await handleSource(await folder.getFileHandle(file))
      } catch (error) {
        if (error instanceof DOMException && ['NotFoundError', 'TypeMismatchError'].includes(error.name))
          return undefined
        throw error
      }
    },
  }
}

async function* filesBelow(folder: FileSystemDirectoryHandle, prefix: string): AsyncIterable<string> {
  for await (const entry of folder.values()) {
    if (entry.kind === 'file') yield prefix + entry.name
    else yield* filesBelow(await folder.getDirectoryHandle(entry.name), `${prefix}${entry.name}/`)
  }
}
