// Tensors written as nested lists, as JSON has them. The type comes from whoever asks, since JSON knows numbers only.
import type { Elements, TensorData } from '@damson/core'
import { DamsonError, elementCount } from '@damson/graph'
import { isPortable, zeros } from '../ort/element-types.ts'
import { halfOf } from './half.ts'

const intRanges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int8: [-(2n ** 7n), 2n ** 7n - 1n], uint8: [0n, 2n ** 8n - 1n], int16: [-(2n ** 15n), 2n ** 15n - 1n],
  uint16: [0n, 2n ** 16n - 1n], int32: [-(2n ** 31n), 2n ** 31n - 1n], uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n], uint64: [0n, 2n ** 64n - 1n], bool: [0n, 1n],
} // prettier-ignore

/**
 * A tensor from a number, boolean or string, or from lists of them nested as deep as the tensor has axes. Whole numbers
 * beyond 2^53 are written as strings. Throws `feeds` for ragged lists and for values that the type cannot hold.
 */
export function tensorOfNested(value: unknown, dtype: string): TensorData {
  if (!isPortable(dtype)) throw invalid(`a type that can be fed, got ${dtype}`)
  const shape = shapeOf(value)
  const flat: unknown[] = []
  flatten(value, shape, 0, flat)
  if (dtype === 'string') return { dtype, shape, data: flat.map(asText) }
  const data: Elements = zeros(dtype, elementCount(shape))
  flat.forEach((each, at) => {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[at] = wholeOf(each, dtype, at)
    else data[at] = dtype in intRanges ? Number(wholeOf(each, dtype, at)) : realOf(each, dtype, at)
  })
  return { dtype, shape, data }
}

/** Lengths along the first items; an empty list ends it. */
function shapeOf(value: unknown): readonly number[] {
  const shape: number[] = []
  for (let inner = value; Array.isArray(inner); inner = inner[0]) shape.push(inner.length)
  return shape
}

function flatten(value: unknown, shape: readonly number[], axis: number, into: unknown[]): void {
  const length = shape[axis]
  if (length === undefined) {
    if (Array.isArray(value)) throw invalid(`lists nested ${shape.length} deep everywhere, got deeper ones`)
    into.push(value)
    return
  }
  if (!Array.isArray(value) || value.length !== length) {
    const got = Array.isArray(value) ? `one of ${value.length}` : JSON.stringify(value)
    throw invalid(`lists of ${length} items along axis ${axis}, as the first one has, got ${got}`)
  }
  for (const item of value) flatten(item, shape, axis + 1, into)
}

function wholeOf(value: unknown, dtype: string, at: number): bigint {
  const whole =
    typeof value === 'boolean' || (typeof value === 'number' && Number.isSafeInteger(value))
      ? BigInt(value)
      : typeof value === 'string' && /^-?\d{1,20}$/.test(value)
        ? BigInt(value)
        : undefined
  const [low = 0n, high = 0n] = intRanges[dtype] ?? []
  if (whole !== undefined && whole >= low && whole <= high) return whole
  const rounded = Number.isInteger(value) && !Number.isSafeInteger(value)
  const advice = rounded ? '; write it as text, since JSON rounds it' : ''
  throw invalid(
    `whole numbers from ${low} to ${high} (${dtype}), got ${JSON.stringify(value)} at element ${at}${advice}`,
  )
}

function realOf(value: unknown, dtype: string, at: number): number {
  if (typeof value !== 'number')
    throw invalid(`numbers (${dtype}), got ${JSON.stringify(value)} at element ${at}`)
  return dtype === 'float16' ? halfOf(value) : value
}

function asText(value: unknown, at: number): string {
  if (typeof value === 'string') return value
  throw invalid(`strings, got ${JSON.stringify(value)} at element ${at}`)
}

function invalid(expected: string): DamsonError {
  return new DamsonError('feeds', `Expected ${expected}.`)
}
