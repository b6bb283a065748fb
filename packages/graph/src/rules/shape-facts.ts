// What rules ask about values: ranks, element counts, whether broadcasting changes anything. Undefined means unknown.
import { dataTypes, type DataType } from '../dtype.ts'
import type { Dim } from '../ir.ts'
import type { Value } from '../scope.ts'
import { numbers } from '../tensors/elements.ts'

/** Number of dimensions. */
export function rank(value: Value): number | undefined {
  return value.shape?.length
}

/** True for 16-, 32- and 64-bit floats. */
export function isFloat(value: Value): boolean {
  const { dtype } = value
  return dtype !== undefined && dataTypes[dtype].kind === 'float' && dataTypes[dtype].bits >= 16
}

/** The only number in a constant, whatever its shape; undefined for others, and when it is not in memory. */
export function fill(value: Value): number | undefined {
  const all = value.tensor && numbers(value.tensor)
  const first = all?.[0]
  return all?.every(each => each === first) ? first : undefined
}

/** The elements of a small constant as numbers. */
export function constantNumbers(value: Value | undefined): readonly number[] | undefined {
  return value?.tensor && numbers(value.tensor)
}

/** True when broadcasting a value into another leaves the other's shape as it is: [4] or [1,4] into [n,4], never [1,1,4]. */
export function broadcastsInto(value: Value, into: Value): boolean {
  return value.shape?.length === 0 || shapeBroadcastsInto(value.shape, into.shape)
}

/** The same for shapes. */
export function shapeBroadcastsInto(
  shape: readonly Dim[] | undefined,
  into: readonly Dim[] | undefined,
): boolean {
  if (!shape || !into || shape.length > into.length) return false
  return shape.every((dim, at) => dim === 1 || sameDim(dim, into[into.length - shape.length + at]))
}

/** True when two dimensions are surely equal. */
function sameDim(a: Dim | undefined, b: Dim | undefined): boolean {
  return a !== undefined && a !== null && a === b
}

/** The shape, when every dimension is a number. */
export function staticShape(value: Value): readonly number[] | undefined {
  const sizes = value.shape?.filter(dim => typeof dim === 'number')
  return sizes?.length === value.shape?.length ? sizes : undefined
}

const floatDigits: Partial<Readonly<Record<DataType, readonly [fraction: number, exponent: number]>>> = {
  float16: [10, 5],
  bfloat16: [7, 8],
  float32: [23, 8],
  float64: [52, 11],
}

/** True when every value of one type is held by another of the same kind, so that casting there and back changes nothing. */
export function widens(from: DataType, to: DataType): boolean {
  if (from === to) return true
  const [a, b] = [floatDigits[from], floatDigits[to]]
  if (a && b) return a[0] <= b[0] && a[1] <= b[1]
  const [narrow, wide] = [dataTypes[from], dataTypes[to]]
  const integers = narrow.kind === 'int' || narrow.kind === 'uint'
  return integers && narrow.kind === wide.kind && narrow.bits <= wide.bits
}
