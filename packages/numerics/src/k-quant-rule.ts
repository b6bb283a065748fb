// k-quant of one block in plain JavaScript: twin of assembly/k-quant.ts, operation by operation.
import { pairwiseSum } from './pairwise-sum.ts'
import { roundHalfToEven } from './rounding.ts'

const { abs, fround, sqrt } = Math

/** A block that is searched: its numbers, filled up with zeros, and its range with 0. */
export interface SearchedBlock {
  readonly x: Float32Array
  readonly low: number
  readonly high: number
  readonly bits: number
}

export interface FoundParameters {
  readonly scale: number
  readonly zeroPoint: number
}

/** Root of the mean square plus magnitude. */
export function magnitudeWeights(x: Float32Array): Float32Array {
  const square = pairwiseSum(x.length, i => fround((x[i] ?? 0) * (x[i] ?? 0)))
  const mean = fround(sqrt(fround(square / x.length)))
  return x.map(v => mean + abs(v))
}

/** Scale and zero point, or undefined if the range is too small for a scale. */
export function kQuant(block: SearchedBlock, table: Float32Array): FoundParameters | undefined {
  const { x, low, high, bits } = block
  const top = (1 << bits) - 1
  const width = fround(top / fround(high - low))
  if (!Number.isFinite(width) || width === 0) return undefined
  const w = magnitudeWeights(x)
  const codes = new Float32Array(x.length)
  const roundWith = (factor: number, minimum: number): void =>
    x.forEach((v, i) => (codes[i] = clamp(roundHalfToEven(fround(factor * fround(v - minimum))), top)))
  const errorOf = (scale: number, minimum: number): number =>
    pairwiseSum(x.length, i => {
      const d = fround(fround(fround(scale * (codes[i] ?? 0)) + minimum) - (x[i] ?? 0))
      return fround((w[i] ?? 0) * fround(d * d))
    })
  let scale = fround(1 / width)
  let minimum = low
  roundWith(width, minimum)
  let least = errorOf(scale, minimum)
  for (const step of table) {
    // The range that is left above the best minimum so far, as in the reference.
    roundWith(fround(step / fround(high - minimum)), minimum)
    const [s, m] = weightedLine(x, w, codes)
    const error = errorOf(s, m)
    // Without 0 among its steps a fit is of no use to an integer zero point.
    const zero = roundHalfToEven(fround(-m / s))
    if (error < least && zero >= 0 && zero <= top) [least, scale, minimum] = [error, s, m]
  }
  return { scale, zeroPoint: roundHalfToEven(fround(-minimum / scale)) }
}

/** Scale and minimum of least weighted squared error for codes. */
function weightedLine(x: Float32Array, w: Float32Array, codes: Float32Array): readonly [number, number] {
  const wl = w.map((v, i) => v * (codes[i] ?? 0))
  const sumW = pairwiseSum(x.length, i => w[i] ?? 0)
  const sumX = pairwiseSum(x.length, i => fround((w[i] ?? 0) * (x[i] ?? 0)))
  const sumL = pairwiseSum(x.length, i => wl[i] ?? 0)
  const sumL2 = pairwiseSum(x.length, i => fround((wl[i] ?? 0) * (codes[i] ?? 0)))
  const sumXL = pairwiseSum(x.length, i => fround((wl[i] ?? 0) * (x[i] ?? 0)))
  const D = fround(fround(sumW * sumL2) - fround(sumL * sumL))
  return [
    fround(fround(fround(sumW * sumXL) - fround(sumX * sumL)) / D),
    fround(fround(fround(sumL2 * sumX) - fround(sumL * sumXL)) / D),
  ]
}

/** 0 to top; NaN becomes 0. */
function clamp(t: number, top: number): number {
  return t > 0 ? Math.min(t, top) : 0
}
