// The least squared error of one block in plain JavaScript: twin of assembly/least-squares.ts, operation by operation.
import { magnitudeWeights, type FoundParameters, type SearchedBlock } from './k-quant-rule.ts'
import { pairwiseSum } from './pairwise-sum.ts'
import { roundHalfToEven } from './rounding.ts'

const { fround } = Math

const refinements = 2

interface Fit {
  readonly sumXD: number
  readonly sumDD: number
  /** Σwxd / Σwd² */
  readonly scale: number
}

/** Scale and zero point, or undefined if the range is too small for a scale. `weighted`: by magnitude. */
export function leastSquares(
  block: SearchedBlock,
  symmetric: boolean,
  weighted: boolean,
  table: Float32Array,
): FoundParameters | undefined {
  const { x, low, high, bits } = block
  const top = (1 << bits) - 1
  const middle = 1 << (bits - 1)
  const peak = high > -low ? high : low
  const unit = symmetric ? fround(-1 / peak) : fround(1 / fround(high - low))
  const width = symmetric ? middle : top
  const first = fround(width * unit)
  if (!Number.isFinite(first) || first === 0) return undefined
  const w = weighted ? magnitudeWeights(x) : new Float32Array(x.length).fill(1)
  const zero = roundHalfToEven(fround(-low * fround(top * unit)))
  let best = 0
  let found: FoundParameters | undefined
  for (const z of symmetric ? [middle] : [zero - 1, zero, zero + 1]) {
    if (z < 0 || z > top) continue
    for (const step of table) {
      const { sumXD, sumDD, scale } = fit(x, w, fround(fround(width + step) * unit), z, top)
      const gain = (sumXD * sumXD) / sumDD
      if (gain > best && isUsable(scale)) {
        best = gain
        found = { scale, zeroPoint: z }
      }
    }
  }
  for (let i = 0; found && i < refinements; i++) {
    const { scale } = fit(x, w, fround(1 / found.scale), found.zeroPoint, top)
    if (!isUsable(scale)) break
    found = { ...found, scale }
  }
  return found
}

/** True if a scale and its reciprocal are finite. */
export function isUsable(scale: number): boolean {
  return Number.isFinite(scale) && Number.isFinite(fround(1 / scale))
}

/** d = round(x * factor), and the sums Σwxd, Σwd². */
function fit(x: Float32Array, w: Float32Array, factor: number, zero: number, top: number): Fit {
  const d = x.map(v => offset(fround(v * factor), -zero, top - zero))
  const wd = d.map((v, i) => (w[i] ?? 0) * v)
  const sumXD = pairwiseSum(x.length, i => fround((wd[i] ?? 0) * (x[i] ?? 0)))
  const sumDD = pairwiseSum(x.length, i => fround((wd[i] ?? 0) * (d[i] ?? 0)))
  return { sumXD, sumDD, scale: fround(sumXD / sumDD) }
}

/** round(t) cut to low..high; NaN becomes low. */
export function offset(t: number, low: number, high: number): number {
  const r = roundHalfToEven(t)
  return r > low ? Math.min(r, high) : low
}
