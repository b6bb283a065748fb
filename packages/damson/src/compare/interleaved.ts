// Speed as a ratio: the two are run in turn, pair by pair, so that a machine that slows down slows both. The median of the
// ratios is reported with its 95 % interval from order statistics (binomial), which assumes nothing of the noise.

export interface PairTimes {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** Runs two works in turn until `pairs` are reached or the time is up, the order swapped every other time; at least five pairs. */
export async function timePairs(
  before: () => Promise<unknown>,
  after: () => Promise<unknown>,
  now: () => number,
  options: { readonly pairs: number; readonly budgetMs: number },
): Promise<PairTimes> {
  const times: Record<keyof PairTimes, number[]> = { before: [], after: [] }
  const timed = async (work: () => Promise<unknown>, into: number[]): Promise<void> => {
    const start = now()
    await work()
    into.push(now() - start)
  }
  await before()
  await after()
  const start = now()
  for (let pair = 0; pair < options.pairs && (pair < 5 || now() - start < options.budgetMs); pair++) {
    const order = [() => timed(before, times.before), () => timed(after, times.after)]
    for (const run of pair % 2 === 0 ? order : order.reverse()) await run()
  }
  return times
}

/** Median of new/old over the pairs, and its 95 % interval. */
export function ratioOf({ before, after }: PairTimes): {
  readonly ratio: number
  readonly interval: readonly [number, number]
} {
  const ratios = after.map((ms, at) => ms / (before[at] ?? Number.NaN)).sort((a, b) => a - b)
  const [low, high] = intervalRanks(ratios.length)
  return { ratio: median(ratios), interval: [ratios[low] ?? Number.NaN, ratios[high] ?? Number.NaN] }
}

/** The middle of sorted or unsorted numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2
}

/** Ranks (from 0) between which the median of n numbers lies with at least 95 %; the outermost where n is too small for that. */
function intervalRanks(n: number): readonly [number, number] {
  let tail = 0
  let term = 0.5 ** n
  let rank = 0
  for (; rank < n >> 1; rank++) {
    tail += term
    if (tail > 0.025) break
    term *= (n - rank) / (rank + 1)
  }
  const low = Math.max(0, rank - 1)
  return [low, n - 1 - low]
}
