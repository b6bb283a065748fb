// A tensor is a typed, shaped run of bytes that may not be in memory: small ones are resident, large ones are read in
// bands from where they lie (file, Blob, external data) or produced by a computation when somebody needs them.
import type { DataType } from './dtype.ts'

export interface ReadOptions {
  /** First byte of the raw form; default 0. */
  readonly offset?: number
  /** Bytes to read; default up to the end. */
  readonly length?: number
  /** Where to put them (its length wins over `length`); may be a view of WASM memory. Default: a fresh array. */
  readonly into?: Uint8Array
  readonly signal?: AbortSignal
}

export interface Tensor {
  readonly dtype: DataType
  readonly shape: readonly number[]
  /** Bytes of the raw form (little-endian, 4-bit and 2-bit types packed low bits first); 0 for strings. */
  readonly byteLength: number
  /** Identity: equal keys mean equal bytes, dtype and shape, across graphs, parts and saves. */
  readonly key: string
  /** The raw form when it is resident (made in memory, or at most 64 KiB at open). Never written to. */
  readonly data?: Uint8Array
  /** The elements of a string tensor; absent for all others. */
  readonly strings?: readonly string[]
  /** Their bytes, when not all of them are UTF-8 (`strings` then holds replacement characters). */
  readonly rawStrings?: readonly Uint8Array[]
  /** Present when the bytes do not exist yet: the computation that makes them, and which of its outputs this is. */
  readonly computed?: { readonly computation: Computation; readonly output: number }
  /** Reads a range of the raw form. Throws a `read` error naming the file when the bytes are not there. */
  read(options?: ReadOptions): Promise<Uint8Array>
}

/** Accepts a band of one output of a computation, at a byte offset of its raw form. Bands may come in any order. */
export type WriteBand = (output: number, offset: number, bytes: Uint8Array) => Promise<void> | void

/**
 * Tensors that will exist once somebody writes or reads them. One computation may feed several tensors (packed weights,
 * scales, zero points); it runs at most once a save, and keeps no more than a few bands in memory.
 * @experimental
 */
export interface Computation {
  /** Algorithm, its version, params, source keys, seed: equal keys make equal bytes. */
  readonly key: string
  readonly outputs: readonly { readonly dtype: DataType; readonly shape: readonly number[] }[]
  /** Bytes of work, for progress; about the bytes read. */
  readonly cost: number
  /** Fills every byte of every output. */
  run(write: WriteBand, options: { readonly signal?: AbortSignal }): Promise<void>
}
