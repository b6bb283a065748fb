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
  const { slope } = sums
  const highs = edges(sums, Math.max(max, 0), curve, 'above')
  let best = { min: Math.min(min, 0), max: Math.max(max, 0), error: Infinity }
  for (const low of edges(sums, Math.min(min, 0), curve, 'below')) {
    for (const high of highs) {
      const step = (high.at - low.at) / (levels - 1)
      if (step <= 0) continue
      const inside = (((slope[high.bin] ?? 0) - (slope[low.bin] ?? 0)) * step * step) / 12
      const error = inside + clippedWeight * (low.clipped + high.clipped)
      if (error < best.error) best = { min: low.at, max: high.at, error }
    }
  }
  return { min: best.min, max: best.max }
} // prettier-ignore

interface Edge {
  readonly at: number
  readonly bin: number
  /** What is cut off errs by. */
  readonly clipped: number
}

/** From the farthest edge to 0. */
function edges(sums: Sums, farthest: number, curve: Curve, side: 'below' | 'above'): readonly Edge[] {
  const { bins, limit } = sums
  return Array.from({ length: farthest === 0 ? 1 : grid + 1 }, (_, i) => {
    const at = (farthest * (grid - i)) / grid
    const bin = Math.min(bins, Math.max(0, Math.round(((at + limit) / (2 * limit)) * bins)))
    const clipped = side === 'below' ? clippedError(sums, 0, bin, curve(at)) : clippedError(sums, bin, bins, curve(at))
    return { at, bin, clipped }
  })
} // prettier-ignore

/** Σ n·(f(x) − f)² over bins. */
function clippedError({ count, first, second }: Sums, from: number, to: number, f: number): number {
  const over = (sum: Float64Array): number => (sum[to] ?? 0) - (sum[from] ?? 0)
  return Math.max(0, over(second) - 2 * f * over(first) + f * f * over(count))
}

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
  const empty = (): Float64Array => new Float64Array(bins + 1)
  const [count, first, second, slope] = [empty(), empty(), empty(), empty()]
  let below = curve(-limit)
  for (let at = 0; at < bins; at++) {
    const n = counts[at] ?? 0
    const f = curve(-limit + (at + 0.5) * width)
    const above = curve(-limit + (at + 1) * width)
    const rise = (above - below) / width
    below = above
    count[at + 1] = (count[at] ?? 0) + n
    first[at + 1] = (first[at] ?? 0) + n * f
    second[at + 1] = (second[at] ?? 0) + n * f * f
    slope[at + 1] = (slope[at] ?? 0) + n * rise * rise
  }
  return { bins, limit, count, first, second, slope }
}
