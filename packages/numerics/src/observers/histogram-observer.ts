// Where the values lie, for ranges that cut off a share of them: percentiles now, other searches on the same counts.
import { NumericsError, requireInteger } from '../error.ts'
import type { Observer, Range } from './observer.ts'

export interface Histogram extends Range {
  /** Equal bins from -limit to limit; bin i holds values from -limit + i * width on. */
  readonly counts: Float64Array<ArrayBuffer>
  readonly limit: number
  readonly width: number
}

export interface HistogramOptions {
  /** An even number; default 2048. */
  readonly bins?: number
}

/**
 * A histogram whose range doubles whenever a value lies outside: pairs of bins are joined, so counts stay exact and memory
 * fixed. The first array with a value other than 0 sets the range, to the next power of two, so that order does not matter.
 */
export function createHistogramObserver(options: HistogramOptions = {}): Observer<Histogram> {
  const { bins = 2048 } = options
  requireInteger('bins', bins, 2)
  if (bins % 2 !== 0)
    throw new NumericsError('numerics/argument', `bins: expected an even number, got ${bins}`)
  let counts = new Float64Array(bins)
  let limit = 0
  let [min, max, count, nonFinite] = [Infinity, -Infinity, 0, 0]

  const grow = (peak: number): void => {
    const next = 2 ** (Math.floor(Math.log2(peak)) + 1)
    if (limit === 0) limit = next
    for (; limit < next; limit *= 2) counts = joinPairs(counts)
  }
  return {
    observe: values => {
      let peak = 0
      for (const v of values) if (v - v === 0 && Math.abs(v) > peak) peak = Math.abs(v)
      if (peak > 0 && peak >= limit) grow(peak)
      const perUnit = limit === 0 ? 0 : bins / 2 / limit
      for (const v of values) {
        if (v - v !== 0) {
          nonFinite++
          continue
        }
        count++
        if (v < min) min = v
        if (v > max) max = v
        const bin = bins / 2 + Math.floor(v * perUnit)
        counts[bin] = (counts[bin] ?? 0) + 1
      }
    },
    result: () => ({ counts: counts.slice(), limit, width: (2 * limit) / bins, min, max, count, nonFinite }),
  }
}

/** Joins bins two by two around the middle: the range is twice as wide afterwards. */
function joinPairs(counts: Float64Array): Float64Array<ArrayBuffer> {
  const half = counts.length / 2
  const joined = new Float64Array(counts.length)
  counts.forEach((n, i) => {
    const bin = half + Math.floor((i - half) / 2)
    joined[bin] = (joined[bin] ?? 0) + n
  })
  return joined
}

/**
 * The value that a share `q` (0 to 1) of the observed values does not exceed, to within a bin, evenly spread inside it.
 * NaN for an empty histogram. A two-sided percentile range is [quantile(h, 1 - p), quantile(h, p)].
 */
export function quantile(histogram: Histogram, q: number): number {
  const { counts, limit, width, min, max } = histogram
  return clampedQuantile(counts, -limit, width, q, min, max)
}

/** The threshold that a share `q` of the observed magnitudes |x| does not exceed: the symmetric percentile range. */
export function absoluteQuantile(histogram: Histogram, q: number): number {
  const { counts, width, min, max } = histogram
  const half = counts.length / 2
  const folded = Float64Array.from(
    { length: half },
    (_, i) => (counts[half + i] ?? 0) + (counts[half - 1 - i] ?? 0),
  )
  const nearest = min <= 0 && max >= 0 ? 0 : Math.min(Math.abs(min), Math.abs(max))
  return clampedQuantile(folded, 0, width, q, nearest, Math.max(Math.abs(min), Math.abs(max)))
}

function clampedQuantile(
  counts: Float64Array,
  start: number,
  width: number,
  q: number,
  least: number,
  greatest: number,
): number {
  if (!(q >= 0 && q <= 1))
    throw new NumericsError('numerics/argument', `q: expected a share from 0 to 1, got ${q}`)
  const total = counts.reduce((a, b) => a + b, 0)
  if (total === 0) return NaN
  const target = q * total
  let below = 0
  for (const [i, n] of counts.entries()) {
    if (n > 0 && below + n >= target) {
      const value = start + (i + (target - below) / n) * width
      return Math.min(Math.max(value, least), greatest)
    }
    below += n
  }
  return greatest
}
