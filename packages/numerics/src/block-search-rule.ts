// One block by search, in plain JavaScript: twin of assembly/search.ts.
import type { BlockFormat, CodedBlock } from './block-rule.ts'
import { floatZeroPoint, integerZeroPoint } from './half-quadratic-rule.ts'
import { kQuant, type FoundParameters } from './k-quant-rule.ts'
import { leastSquares } from './least-squares-rule.ts'
import { roundToFloat16 } from './narrow-float.ts'
import { roundHalfToEven } from './rounding.ts'

const { fround, max, min } = Math

/** Codes finite numbers `x` (filled up with zeros) of range low..high into `codes`; false if there is nothing to search. */
export function searchBlock(
  x: Float32Array,
  low: number,
  high: number,
  format: BlockFormat,
  codes: Uint8Array,
  out: CodedBlock,
): boolean {
  const { kind, table } = format.search
  const { bits, symmetric } = format
  if (kind === 'half-quadratic-float') return searchFloat(x, low, high, format, codes, out)
  const block = { x, low: min(low, 0), high: max(high, 0), bits }
  const asKQuant = kind === 'kquant' && !symmetric
  const found = asKQuant
    ? kQuant(block, table)
    : kind === 'half-quadratic'
      ? searchInteger(x, low, high, format)
      : leastSquares(block, symmetric, kind === 'kquant', table)
  if (!found) return false
  settle(found, format, out)
  const top = (1 << bits) - 1
  const { scale, zeroPoint } = out
  // k-quant's codes are found in float64, as in the reference.
  if (asKQuant) x.forEach((v, i) => (codes[i] = cut(roundHalfToEven(v / scale + zeroPoint), top)))
  else {
    const step = (v: number): number => (scale === 0 ? 0 : roundHalfToEven(fround(v / scale)))
    x.forEach((v, i) => (codes[i] = cut(step(v) + zeroPoint, top)))
  }
  return true
}

function settle({ scale, zeroPoint }: FoundParameters, { halfScales }: BlockFormat, out: CodedBlock): void {
  out.scale = halfScales ? roundToFloat16(scale) : scale
  out.zeroPoint = zeroPoint
  out.sound = Number.isFinite(out.scale)
}

function searchFloat(
  x: Float32Array,
  low: number,
  high: number,
  format: BlockFormat,
  codes: Uint8Array,
  out: CodedBlock,
): boolean {
  const top = (1 << format.bits) - 1
  const found = floatZeroPoint(
    x,
    low,
    high,
    top,
    format.search.table.subarray(0, 1 + 2 * format.search.steps),
  )
  if (!found) return false
  const { halfScales } = format
  settle({ scale: fround(1 / found.factor), zeroPoint: found.zeroPoint }, format, out)
  if (halfScales) out.zeroPoint = roundToFloat16(out.zeroPoint)
  const factor = halfScales ? fround(1 / out.scale) : found.factor
  x.forEach((v, i) => (codes[i] = cut(roundHalfToEven(fround(fround(v * factor) + out.zeroPoint)), top)))
  return true
}

function searchInteger(
  x: Float32Array,
  low: number,
  high: number,
  { bits, symmetric, search }: BlockFormat,
): FoundParameters | undefined {
  const top = (1 << bits) - 1
  const own = search.table.subarray(0, 1 + 2 * search.steps)
  const next = floatZeroPoint(x, low, high, top, own)
  const block = { x, low: min(low, 0), high: max(high, 0), bits }
  const widths = search.table.subarray(own.length)
  const found = next && leastSquares(block, symmetric, false, widths)
  return found && integerZeroPoint(x, found, next.zeroPoint, top, symmetric, own)
}

/** 0 to top; NaN becomes 0. */
const cut = (t: number, top: number): number => (t > 0 ? min(t, top) : 0)
