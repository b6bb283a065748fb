// A tensor that is a region of a source and stays there until it is read.
import { byteLengthOf, type DataType } from '../dtype.ts'
import { DamsonError } from '../error.ts'
import type { Source } from '../storage.ts'
import type { ReadOptions, Tensor } from '../tensor.ts'
import { rangeOf, readResident } from './range.ts'

export class SourceTensor implements Tensor {
  readonly dtype: DataType
  readonly shape: readonly number[]
  readonly byteLength: number
  readonly source: Source
  readonly offset: number
  data?: Uint8Array

  constructor(dtype: DataType, shape: readonly number[], source: Source, offset: number) {
    this.dtype = dtype
    this.shape = shape
    this.byteLength = byteLengthOf(dtype, shape)
    this.source = source
    this.offset = offset
  }

  get key(): string {
    const { source, offset, byteLength, dtype, shape } = this
    return `${source.key}:${offset}:${byteLength}:${dtype}:${shape.join('x')}`
  }

  /** Makes it resident; done once, before anybody else has the tensor. */
  settle(bytes: Uint8Array): void {
    this.data = bytes
  }

  async read(options: ReadOptions = {}): Promise<Uint8Array> {
    if (this.data) return readResident(this.data, options)
    const { offset, length } = rangeOf(this.byteLength, options)
    const into = options.into ?? new Uint8Array(length)
    await this.source.read(this.offset + offset, into, options.signal)
    return into
  }
}

/** A tensor that lies in a source from `offset` on. Throws `range` when the source is too short. */
export function sourceTensor(
  dtype: DataType,
  shape: readonly number[],
  source: Source,
  offset: number,
): Tensor {
  const tensor = new SourceTensor(dtype, shape, source, offset)
  if (offset < 0 || offset + tensor.byteLength > source.size)
    throw new DamsonError(
      'range',
      `Expected ${tensor.byteLength} bytes at ${offset} of ${source.name}, which has ${source.size}.`,
    )
  return tensor
}
