// Scale and zero point of a block by search instead of by its range. See BlockSearch in block-search.ts.
import { floatZeroPoint, integerZeroPoint } from './half-quadratic'
import { kQuant } from './k-quant'
import { kQuantLanes } from './k-quant-lanes'
import { roundToHalf } from './lanes'
import { leastSquares } from './least-squares'
import { codesEven, codesExact, codesNear } from './packing'
import { parameters } from './parameters'

// The numbers of searchKinds in engine.ts.
const mse: i32 = 1
const kquant: i32 = 2
const halfQuadraticInteger: i32 = 3
const halfQuadraticFloat: i32 = 4

const widthCount: i32 = 8

let search: i32 = 0
let table: usize = 0
let steps: i32 = 0

/** How the next matrix is searched: a kind, and `count` steps whose numbers are at `numbers`. 0: by range. */
export function useSearch(kind: i32, numbers: usize, count: i32): void {
  search = kind
  table = numbers
  steps = count
}

// @ts-ignore: decorator
@inline
export function searches(): bool {
  return search != 0
}

// @ts-ignore: decorator
@inline
export function zeroPointsAreFloats(): bool {
  return search == halfQuadraticFloat
}

/** Whether four blocks are searched at once, from `lanes`. */
// @ts-ignore: decorator
@inline
export function searchesLanes(symmetric: bool): bool {
  return search == kquant && !symmetric
}

/** Scales and zero points of the four blocks in `lanes`, written to `out`; false where each has to be looked at by itself. */
export function searchLanes(blockSize: i32, bits: i32, halfScales: bool, out: usize): bool {
  if (!kQuantLanes(blockSize, <f32>((1 << bits) - 1), table, steps, out)) return false
  if (halfScales) v128.store(out, roundToHalf(v128.load(out)))
  return true
}

/** Codes a whole block of finite numbers of that range; false if there is nothing to search in it. */
export function searchBlock(
  from: usize, blockSize: i32, low: f32, high: f32, bits: i32, symmetric: bool, halfScales: bool, to: usize,
): bool {
  const end = from + (<usize>blockSize << 2)
  const top = <f32>((1 << bits) - 1)
  const least = min(low, 0), greatest = max(high, 0)
  if (search == halfQuadraticFloat) return searchFloat(from, end, low, high, bits, halfScales, to)
  if (search == kquant && !symmetric) {
    if (!kQuant(from, blockSize, least, greatest, top, table, steps, parameters)) return false
    if (halfScales) halveScale()
    codesExact(from, end, load<f32>(parameters), load<f32>(parameters, 4), bits, to)
    return true
  }
  const found = search == halfQuadraticInteger
    ? searchInteger(from, blockSize, low, high, bits, symmetric)
    : leastSquares(from, blockSize, least, greatest, bits, symmetric, search != mse, table, steps, parameters)
  if (!found) return false
  if (halfScales) halveScale()
  codesEven(from, end, load<f32>(parameters), load<f32>(parameters, 4), bits, true, to)
  return true
}

function searchFloat(
  from: usize, end: usize, low: f32, high: f32, bits: i32, halfScales: bool, to: usize,
): bool {
  const top = <f32>((1 << bits) - 1)
  if (!floatZeroPoint(from, <i32>(end - from) >> 2, low, high, top, table, steps, parameters)) return false
  let factor = load<f32>(parameters)
  store<f32>(parameters, <f32>1 / factor)
  if (halfScales) {
    halveScale()
    store<f32>(parameters, halved(load<f32>(parameters, 4)), 4)
    factor = <f32>1 / load<f32>(parameters)
  }
  codesNear(from, end, factor, load<f32>(parameters, 4), bits, to)
  return true
}

/**
 * Half-quadratic with an integer zero point: starts from least squares and from the float zero point. Behind its own numbers
 * the table holds the widths for least squares.
 */
function searchInteger(from: usize, blockSize: i32, low: f32, high: f32, bits: i32, symmetric: bool): bool {
  const top = <f32>((1 << bits) - 1)
  if (!floatZeroPoint(from, blockSize, low, high, top, table, steps, parameters)) return false
  const next = load<f32>(parameters, 4)
  const widths = table + 4 + (<usize>steps << 3)
  if (!leastSquares(from, blockSize, min(low, 0), max(high, 0), bits, symmetric, false, widths, widthCount, parameters)) {
    return false
  }
  integerZeroPoint(from, blockSize, next, top, symmetric, table, steps, parameters)
  return true
}

function halveScale(): void {
  store<f32>(parameters, halved(load<f32>(parameters)))
}

function halved(value: f32): f32 {
  return f32x4.extract_lane(roundToHalf(f32x4.splat(value)), 0)
}
