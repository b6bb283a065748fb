// What inference knows of one value: its type, and for small tensors the elements, each a number or an expression in
// the sizes of the graph. Elements are what carries a Shape through Gather, Concat and the like into a Reshape.
import { byteLengthOf, dataTypes, type DataType } from '../dtype.ts'
import type { Dim, ValueType } from '../ir.ts'
import type { Tensor } from '../tensor.ts'
import { numbers } from '../tensors/elements.ts'

export interface Fact {
  readonly type?: ValueType
  /** Row-major; null where one is unknown. Numbers stand for integers, booleans (0 and 1) and floats alike. */
  readonly elements?: readonly Dim[]
}

/** Longer tensors are not followed element by element (position tables of 77 to 128 entries are). */
export const maxElements = 1024

export const unknown: Fact = {}

/** A tensor whose dtype or shape may be unknown; elements are kept only when their number fits the shape. */
export function tensorFact(
  dtype: DataType | undefined,
  shape?: readonly Dim[],
  elements?: readonly Dim[],
): Fact {
  const type: ValueType = {
    kind: 'tensor',
    ...(dtype === undefined ? {} : { dtype }),
    ...(shape === undefined ? {} : { shape }),
  }
  const count = elements && shape && concreteCount(shape)
  const fits = elements !== undefined && count === elements.length && count <= maxElements
  return fits && elements.some(each => each !== null) ? { type, elements } : { type }
}

/** Number of elements when every dimension is a number. */
export function concreteCount(shape: readonly Dim[]): number | undefined {
  let count = 1
  for (const dim of shape) {
    if (typeof dim !== 'number') return undefined
    count *= dim
  }
  return count
}

/** The shape when every dimension is a number. */
export function concreteShape(shape: readonly Dim[] | undefined): readonly number[] | undefined {
  return shape?.every(dim => typeof dim === 'number') ? shape : undefined
}

/** The elements when every one of them is a number. */
export function concreteElements(elements: readonly Dim[] | undefined): readonly number[] | undefined {
  return elements?.every(each => typeof each === 'number') ? elements : undefined
}

/** The fact of a constant; elements if it is small, resident and numeric. */
export function constantFact(tensor: Tensor): Fact {
  return tensorFact(tensor.dtype, tensor.shape, readElements(tensor))
}

/** Elements of a resident numeric tensor; integers beyond 2^53 are rounded (they are only ever bounds of slices). */
function readElements(tensor: Tensor): readonly number[] | undefined {
  const { data, dtype, shape } = tensor
  const count = concreteCount(shape) ?? Infinity
  const followed =
    ['int', 'uint', 'bool'].includes(dataTypes[dtype].kind) || dtype === 'float32' || dtype === 'float64'
  if (!data || !followed || count > maxElements || data.byteLength < byteLengthOf(dtype, shape))
    return undefined
  return numbers(tensor)
}
