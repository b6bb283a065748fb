// The median of noisy ratios and an interval that holds it, from order statistics: of n numbers the r-th smallest and the r-th
// largest hold the median unless fewer than r fall on one side of it, which has probability 2·Σ_{i<r} C(n, i) / 2ⁿ. That assumes
// nothing of the noise but that it is independent.

export interface MedianInterval {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** `doubt`: probability that the interval misses. From 0 to Infinity where there are too few numbers for that. */
export function medianInterval(values: readonly number[], doubt: number): MedianInterval {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = outerRank(sorted.length, doubt / 2)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? Number.NaN
  const median = sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2
  if (rank === 0) return { median, low: 0, high: Infinity }
  return { median, low: sorted[rank - 1] ?? 0, high: sorted[sorted.length - rank] ?? Infinity }
}

/** The largest r with Σ_{i<r} C(n, i) / 2ⁿ ≤ tail; 0 when there is none. */
function outerRank(n: number, tail: number): number {
  let sum = 0
  let term = 0.5 ** n
  for (let rank = 0; rank <= n >> 1; rank++) {
    sum += term
    if (sum > tail) return rank
    term *= (n - rank) / (rank + 1)
  }
  return n >> 1
}
