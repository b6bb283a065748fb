// Whatever a user holds (a path, a Blob, bytes, a handle, a stream) as a source, a folder or a sink.
import { fileSink, fileSource, folderSink, pathFolder } from '#platform'
import { DamsonError } from '../error.ts'
import type { Sink, Source, SourceFolder } from '../storage.ts'
import { blobSource, handleSource } from './blob-source.ts'
import { bytesSource } from './bytes-source.ts'
import { handleFolder, memoryFolder } from './folders.ts'
import { handleSink } from './handle-sink.ts'
import { streamSink } from './stream-sink.ts'
import { streamSource } from './stream-source.ts'

/** What a file can be read from. A string is a path, in Node. */
export type SourceLike =
  string | Uint8Array | ArrayBuffer | Blob | FileSystemFileHandle | ReadableStream<Uint8Array> | Source
/** What a folder can be read from; a map is path to bytes. */
export type FolderLike = string | ReadonlyMap<string, Uint8Array> | FileSystemDirectoryHandle | SourceFolder
/** Where files can be saved. A path ending in `.onnx` is a model file and its neighbours, any other a folder. */
export type SinkLike =
  string | FileSystemDirectoryHandle | FileSystemFileHandle | WritableStream<Uint8Array> | Sink

/** Throws `not-found`, `read`, and `unsupported` for a path outside Node. */
export async function openSource(what: SourceLike): Promise<Source> {
  if (typeof what === 'string') return fileSource(what)
  if (what instanceof Uint8Array) return bytesSource(what)
  if (what instanceof ArrayBuffer) return bytesSource(new Uint8Array(what))
  if (what instanceof Blob) return blobSource(what)
  if ('getReader' in what) return streamSource(what)
  if ('kind' in what) return handleSource(what)
  if (typeof what.read === 'function') return what
  throw unknownKind('a path, bytes, a Blob, a file handle or a readable stream', what)
}

/** Throws `unsupported` for a path outside Node. */
export function openFolder(what: FolderLike): SourceFolder {
  if (typeof what === 'string') return pathFolder(what)
  if ('kind' in what) return handleFolder(what)
  if ('list' in what) return what
  if ('get' in what) return memoryFolder(what)
  throw unknownKind('a path, a folder handle or a map of files', what)
}

/** Throws `unsupported` for a path outside Node. */
export function openSink(what: SinkLike): Sink {
  if (typeof what === 'string') return what.endsWith('.onnx') ? fileSink(what) : folderSink(what)
  if ('getWriter' in what) return streamSink(what)
  if ('kind' in what) return handleSink(what)
  if ('commit' in what) return what
  throw unknownKind('a path, a file or folder handle or a writable stream', what)
}

function unknownKind(expected: string, what: unknown): DamsonError {
  return new DamsonError('argument', `Expected ${expected}, got ${Object.prototype.toString.call(what)}.`)
}
