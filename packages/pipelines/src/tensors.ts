// Tensors at the border of a part: numbers into the element type that an input wants, and outputs back into numbers.
import type { TensorData } from '@damson/core'
import { DamsonError, type DataType } from '@damson/graph'
import { halfOf, numberOfHalf } from '@damson/runtime'

/** A tensor of numbers. */
export interface FloatTensor {
  readonly dtype: 'float32'
  readonly shape: readonly number[]
  readonly data: Float32Array
}

export function floatTensor(shape: readonly number[], data: Float32Array): FloatTensor {
  return { dtype: 'float32', shape, data }
}

/** The numbers of a float tensor. */
export function numbersOf(tensor: TensorData): Float32Array {
  const { dtype, data } = tensor
  if (dtype === 'float32' && data instanceof Float32Array) return data
  if (dtype === 'float16' && data instanceof Uint16Array) return Float32Array.from(data, numberOfHalf)
  if (dtype === 'float64' && data instanceof Float64Array) return Float32Array.from(data)
  throw new DamsonError('pipeline', `Expected a float tensor, got ${dtype}.`)
}

/** Numbers as a tensor of an element type; whole numbers are cut, as torch does. */
export function tensorAs(
  dtype: DataType,
  shape: readonly number[],
  numbers: Float32Array | readonly number[],
): TensorData {
  switch (dtype) {
    case 'float32':
      return { dtype, shape, data: numbers instanceof Float32Array ? numbers : Float32Array.from(numbers) }
    case 'float16':
      return { dtype, shape, data: Uint16Array.from(numbers, halfOf) }
    case 'float64':
      return { dtype, shape, data: Float64Array.from(numbers) }
    case 'int32':
      return { dtype, shape, data: Int32Array.from(numbers) }
    case 'int64':
      return { dtype, shape, data: BigInt64Array.from(numbers, value => BigInt(Math.trunc(value))) }
    default:
      throw new DamsonError('pipeline', `Expected an input of floats or whole numbers, got one of ${dtype}.`)
  }
}

/** Rows one after another along the first axis; all have the same other dims. */
export function stacked(tensors: readonly FloatTensor[]): FloatTensor {
  const [first] = tensors
  const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0)
  return floatTensor([rows, ...(first?.shape.slice(1) ?? [])], joined(tensors.map(({ data }) => data)))
}

/** Each row `times` times, copies beside each other. */
export function repeatedRows(tensor: FloatTensor, times: number): FloatTensor {
  const [rows = 1, ...rest] = tensor.shape
  const size = tensor.data.length / rows
  const row = (i: number): Float32Array => tensor.data.subarray(i * size, (i + 1) * size)
  const copies = Array.from({ length: rows * times }, (_, i) => row(Math.floor(i / times)))
  return floatTensor([rows * times, ...rest], joined(copies))
}

/** Beside each other along the last axis: [rows, n, a] and [rows, n, b] make [rows, n, a + b]. */
export function besideEachOther(tensors: readonly FloatTensor[]): FloatTensor {
  const outer = tensors[0]?.shape.slice(0, -1) ?? []
  const widths = tensors.map(({ shape }) => shape.at(-1) ?? 0)
  const count = outer.reduce((product, dim) => product * dim, 1)
  const pieces = Array.from({ length: count }, (_, i) =>
    tensors.map(({ data }, t) => data.subarray(i * (widths[t] ?? 0), (i + 1) * (widths[t] ?? 0))),
  )
  return floatTensor([...outer, widths.reduce((sum, width) => sum + width, 0)], joined(pieces.flat()))
}

/** Arrays one after another. */
export function joined(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const array of arrays) {
    all.set(array, at)
    at += array.length
  }
  return all
}
