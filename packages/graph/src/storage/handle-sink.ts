// The browser's file system as a sink: it writes to copies of its own and shows them when they are closed.
import { DamsonError } from '../error.ts'
import type { Sink, SinkFile } from '../storage.ts'
import { innerPath } from './path.ts'

interface Open {
  readonly stream: FileSystemWritableFileStream
  /** Takes away the empty file that had to be made; nothing for one that was there. */
  readonly undo: () => Promise<void>
}

/** A folder, or one file, of the browser's file system. Throws `disk` when it is full or may not be written. */
export function handleSink(handle: FileSystemDirectoryHandle | FileSystemFileHandle): Sink {
  const open: Open[] = []
  const removed: string[] = []
  return {
    name: handle.name,
    async create(path) {
      const opened = await guard(path, () => openFile(handle, path, open.length))
      open.push(opened)
      return handleFile(path, opened.stream)
    },
    async remove(path) {
      removed.push(innerPath(path))
    },
    async commit() {
      for (const { stream } of open.splice(0)) await guard(handle.name, () => stream.close())
      for (const path of removed.splice(0)) await guard(path, () => removeFile(handle, path))
    },
    async abort() {
      removed.length = 0
      for (const { stream, undo } of open.splice(0)) {
        await stream.abort().catch(() => {})
        await undo().catch(() => {})
      }
    },
  }
}

async function openFile(
  handle: FileSystemDirectoryHandle | FileSystemFileHandle,
  path: string,
  before: number,
): Promise<Open> {
  if (handle.kind === 'file') {
    if (before === 0) return { stream: await handle.createWritable(), undo: async () => {} }
    throw new DamsonError(
      'unsupported',
      `Expected one file for the handle ${handle.name}, got ${path} too. Save to a folder.`,
    )
  }
  const inner = innerPath(path)
  const [folder, name] = [await folderOf(handle, inner), nameOf(inner)]
  const existed = await folder.getFileHandle(name).then(
    () => true,
    () => false,
  )
  const file = await folder.getFileHandle(name, { create: true })
  return {
    stream: await file.createWritable(),
    undo: async () => (existed ? undefined : folder.removeEntry(name)),
  }
}

async function removeFile(
  handle: FileSystemDirectoryHandle | FileSystemFileHandle,
  path: string,
): Promise<void> {
  if (handle.kind === 'directory') await (await folderOf(handle, path)).removeEntry(nameOf(path))
}

async function folderOf(root: FileSystemDirectoryHandle, path: string): Promise<FileSystemDirectoryHandle> {
  let folder = root
  for (const part of path.split('/').slice(0, -1))
    folder = await folder.getDirectoryHandle(part, { create: true })
  return folder
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

function handleFile(path: string, stream: FileSystemWritableFileStream): SinkFile {
  return {
    path,
    reserve: size => guard(path, () => stream.truncate(size)),
    // A copy into memory of its own: a view of WASM or shared memory is refused.
    write: (position, bytes) =>
      guard(path, () => stream.write({ type: 'write', position, data: bytes.slice() })),
    async close() {},
  }
}

async function guard<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (DamsonError.isInstance(cause)) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new DamsonError(
      'disk',
      `${path}: expected a place that can be written, but: ${why}. Free some space, or save elsewhere.`,
      {
        cause,
        details: { file: path },
      },
    )
  }
}
