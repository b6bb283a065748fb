// The range of a tensor's raw form that a read asks for, checked once for all kinds of tensors.
import { DamsonError } from '../error.ts'
import type { ReadOptions } from '../tensor.ts'

export interface Range {
  readonly offset: number
  readonly length: number
}

/** The bytes asked for; throws `range` when they are not all inside. */
export function rangeOf(byteLength: number, options: ReadOptions): Range {
  const offset = options.offset ?? 0
  const length = options.into?.length ?? options.length ?? byteLength - offset
  if (offset >= 0 && length >= 0 && offset + length <= byteLength) return { offset, length }
  throw new DamsonError(
    'range',
    `Expected a range inside the ${byteLength} bytes of the tensor, got ${length} bytes at ${offset}.`,
  )
}

/** Copies or hands out a range of bytes that are in memory. */
export function readResident(bytes: Uint8Array, options: ReadOptions): Uint8Array {
  const { offset, length } = rangeOf(bytes.length, options)
  const part = bytes.subarray(offset, offset + length)
  if (!options.into) return part.slice()
  options.into.set(part)
  return options.into
}
