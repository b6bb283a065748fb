// The range with the least squared error behind the curve that a value goes through next:
//   E(lo, hi) = Σ inside n(x)·f′(x)²·s²/12 + Σ below n(x)·(f(x) − f(lo))² + Σ above n(x)·(f(x) − f(hi))²,  s = (hi − lo)/(levels − 1)
// Sums over bins are running ones, so every pair of edges costs the same few operations.
import type { Range } from './activation-range.ts'
import type { Curve } from './curves.ts'

interface Histogram {
  readonly counts: Float64Array
  readonly limit: number
}

/** Rounding errors average out in the sums behind; what is cut off errs to one side and adds up. */
const clippedWeight = 8
/** Edges tried on each side. */
const grid = 96

export function leastErrorRange(histogram: Histogram, { min, max }: Range, levels: number, curve: Curve = x => x): Range {
  const sums = runningSums(histogram, curve)
  const low = Math.min(min, 0)
  const high = Math.max(max, 0)
  let best = { min: low, max: high, error: Infinity }
  for (let i = 0; i <= (low < 0 ? grid : 0); i++) {
    const lo = (low * (grid - i)) / grid
    for (let j = 0; j <= (high > 0 ? grid : 0); j++) {
      const hi = (high * (grid - j)) / grid
      if (hi - lo <= 0) continue
      const error = errorOf(sums, lo, hi, levels, curve)
      if (error < best.error) best = { min: lo, max: hi, error }
    }
  }
  return { min: best.min, max: best.max }
} // prettier-ignore

/** Running sums over bins of n, n·f, n·f² and n·f′². */
interface Sums {
  readonly bins: number
  readonly limit: number
  readonly count: Float64Array
  readonly first: Float64Array
  readonly second: Float64Array
  readonly slope: Float64Array
}

function runningSums({ counts, limit }: Histogram, curve: Curve): Sums {
  const bins = counts.length
  const width = (2 * limit) / bins
  const [count, first, second, slope] = Array.from({ length: 4 }, () => new Float64Array(bins + 1))
  const sums = { bins, limit, count, first, second, slope }
  counts.forEach((n, at) => {
    const x = -limit + (at + 0.5) * width
    const f = curve(x)
    const rise = (curve(x + width / 2) - curve(x - width / 2)) / width
    const add = (sum: Float64Array | undefined, term: number): void => {
      if (sum) sum[at + 1] = (sum[at] ?? 0) + term
    }
    add(count, n)
    add(first, n * f)
    add(second, n * f * f)
    add(slope, n * rise * rise)
  })
  return { ...sums, count: count ?? counts, first: first ?? counts, second: second ?? counts, slope: slope ?? counts }
} // prettier-ignore

function errorOf({ bins, limit, count, first, second, slope }: Sums, lo: number, hi: number, levels: number, curve: Curve): number {
  const binOf = (x: number): number => Math.min(bins, Math.max(0, Math.round(((x + limit) / (2 * limit)) * bins)))
  const [from, to] = [binOf(lo), binOf(hi)]
  const between = (sum: Float64Array, a: number, b: number): number => (sum[b] ?? 0) - (sum[a] ?? 0)
  const clipped = (a: number, b: number, f: number): number =>
    Math.max(0, between(second, a, b) - 2 * f * between(first, a, b) + f * f * between(count, a, b))
  const step = (hi - lo) / (levels - 1)
  return (between(slope, from, to) * step * step) / 12 + clippedWeight * (clipped(0, from, curve(lo)) + clipped(to, bins, curve(hi)))
} // prettier-ignore
