// Tensors whose bytes are in memory: those that rules make, small ones of a file, and all of a model opened from bytes.
import { byteLengthOf, type DataType } from '../dtype.ts'
import { DamsonError } from '../error.ts'
import type { ReadOptions, Tensor } from '../tensor.ts'
import { digest } from './digest.ts'
import { readResident } from './range.ts'
import { encodeElements, type Elements } from './elements.ts'

class MemoryTensor implements Tensor {
  readonly dtype: DataType
  readonly shape: readonly number[]
  readonly byteLength: number
  readonly data: Uint8Array
  #key: string | undefined

  constructor(dtype: DataType, shape: readonly number[], data: Uint8Array) {
    this.dtype = dtype
    this.shape = shape
    this.byteLength = data.length
    this.data = data
  }

  get key(): string {
    this.#key ??= `bytes:${digest(this.data)}:${this.dtype}:${this.shape.join('x')}`
    return this.#key
  }

  async read(options: ReadOptions = {}): Promise<Uint8Array> {
    return readResident(this.data, options)
  }
}

class StringTensor implements Tensor {
  readonly dtype = 'string'
  readonly shape: readonly number[]
  readonly byteLength = 0
  readonly strings: readonly string[]
  readonly rawStrings?: readonly Uint8Array[]
  #key: string | undefined

  constructor(shape: readonly number[], strings: readonly string[], raw?: readonly Uint8Array[]) {
    this.shape = shape
    this.strings = strings
    if (raw) this.rawStrings = raw
  }

  get key(): string {
    const text = this.rawStrings?.map(bytes => [...bytes]) ?? this.strings
    this.#key ??= `strings:${digest(new TextEncoder().encode(JSON.stringify(text)))}:${this.shape.join('x')}`
    return this.#key
  }

  async read(options: ReadOptions = {}): Promise<Uint8Array> {
    return readResident(new Uint8Array(0), options)
  }
}

/**
 * A tensor from its raw form, or from a typed array of its elements (float16 and bfloat16 as Uint16Array, 4-bit types
 * packed). The bytes are kept, not copied, and must not change afterwards. Throws `tensor-size` when they do not fit the shape.
 */
export function memoryTensor(dtype: DataType, shape: readonly number[], data: ArrayBufferView): Tensor {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const expected = byteLengthOf(dtype, shape)
  if (dtype === 'string' || bytes.length !== expected)
    throw new DamsonError(
      'tensor-size',
      dtype === 'string'
        ? 'Expected bytes of a numeric tensor, got the type string; use stringTensor.'
        : `Expected ${expected} bytes for ${dtype}[${shape.join(',')}], got ${bytes.length}.`,
    )
  return new MemoryTensor(dtype, shape, bytes)
}

/** A tensor from numbers: `tensorOf('int64', [2], [1n, -1n])`. Values that the type cannot hold are rounded to the nearest it can. */
export function tensorOf(dtype: DataType, shape: readonly number[], values: Elements): Tensor {
  return memoryTensor(dtype, shape, encodeElements(dtype, values))
}

/** A tensor without dimensions. */
export function scalarTensor(dtype: DataType, value: number | bigint): Tensor {
  return tensorOf(dtype, [], [value])
}

/** A tensor of strings. `raw`: their bytes, where not all are UTF-8. Throws `tensor-size` when their number does not fit the shape. */
export function stringTensor(
  shape: readonly number[],
  strings: readonly string[],
  raw?: readonly Uint8Array[],
): Tensor {
  const expected = shape.reduce((product, dim) => product * dim, 1)
  if (strings.length !== expected)
    throw new DamsonError(
      'tensor-size',
      `Expected ${expected} strings for [${shape.join(',')}], got ${strings.length}.`,
    )
  return new StringTensor(shape, strings, raw)
}
