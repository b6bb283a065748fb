// Where bytes come from and where they go. Files, byte arrays, Blobs, directory handles and streams all fit these two
// interfaces, so nothing else in damson knows what a file is.

/** Readable bytes of known size: a file, a Blob, an array. Reading past the end is an error, never a short read. */
export interface Source {
  /** For messages: `model.onnx`, `<bytes>`. */
  readonly name: string
  /** Absolute path, when it is a file of this machine. */
  readonly path?: string
  readonly size: number
  /** Identity of the content for tensor keys: changes when the bytes may have changed (path, size, modification time). */
  readonly key: string
  read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void>
  close?(): Promise<void>
}

/** A readable folder: paths are relative with `/`, never absolute, never with `..`. */
export interface SourceFolder {
  readonly name: string
  /** Every file below it, sorted. */
  list(): Promise<readonly string[]>
  /** Undefined when there is no such file. */
  open(path: string): Promise<Source | undefined>
}

/** Bytes of one file being written. `write` at any offset; `commit` makes it visible under its name, `abort` leaves nothing. */
export interface SinkFile {
  readonly path: string
  /** Tells the final size in advance (disk space is reserved or refused then). */
  reserve(size: number): Promise<void>
  /** `bytes` may be used again once this is done. */
  write(offset: number, bytes: Uint8Array): Promise<void>
  /**
   * Reads back what was written. Places that cannot (streams, browser files) leave it out, and the writer then hands
   * them everything in order of offset.
   */
  read?(offset: number, into: Uint8Array): Promise<void>
  /**
   * Becomes a copy of a source, made by the system; false where it could not, and the writer then writes. Throws `read` when
   * the source changed meanwhile. Places where no system copies leave it out.
   */
  copy?(source: Source): Promise<boolean>
  close(): Promise<void>
}

/**
 * A place that takes several files as one: nothing is visible before `commit`, and `abort` leaves nothing behind.
 * Implementations: folder or file path (Node; temporary names, then renamed), directory handle, stream, memory (`toBlob()`).
 */
export interface Sink {
  readonly name: string
  create(path: string): Promise<SinkFile>
  /**
   * Closes the files written so far and gives them to be read under their names, while nothing is visible yet. Places that
   * cannot (streams, browser files) leave it out.
   */
  staged?(): Promise<SourceFolder>
  /** Takes away a file that lay there before, once the others are visible. Places that hold nothing yet leave it out. */
  remove?(path: string): Promise<void>
  /** Makes all files visible at once, as far as the place allows. */
  commit(): Promise<void>
  abort(): Promise<void>
}
