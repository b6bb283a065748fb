// Paths name files in Node only.
import { DamsonError } from '../error.ts'
import type { Sink, Source, SourceFolder } from '../storage.ts'

function noPaths(path: string): DamsonError {
  return new DamsonError(
    'unsupported',
    `Expected bytes, a Blob, a stream or a file system handle, got the path ${path}: paths work in Node only.`,
    { details: { path } },
  )
}

/** Throws `unsupported`. */
export async function fileSource(path: string): Promise<Source> {
  throw noPaths(path)
}

/** Throws `unsupported`. */
export function pathFolder(path: string): SourceFolder {
  throw noPaths(path)
}

/** Throws `unsupported`. */
export function fileSink(path: string): Sink {
  throw noPaths(path)
}

/** Throws `unsupported`. */
export function folderSink(path: string): Sink {
  throw noPaths(path)
}
