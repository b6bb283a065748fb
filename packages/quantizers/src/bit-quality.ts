// The fewest bytes, or the least time, that keep a quality. What single weights make of noise is not quite what all of them make together, so the
// limit is corrected by what was measured, round by round.
import { DamsonError } from '@damson/core'
import { leastCost } from './bit-budget.ts'
import { finish, type Made, type Work } from './bit-codes.ts'

/** Rounds of correcting what was predicted by what was measured. */
const mostRounds = 5

/** The options of one part with which its worst output keeps the decibels of the budget, measured on the samples. */
export async function keepQuality(work: Work): Promise<Made> {
  const decibels = work.ctx.params.budget.value
  const target = 10 ** (-decibels / 10)
  const costs = work.times
    ? timeCosts(work, work.times)
    : work.priced.map(({ options }) => options.map(({ bytes }) => bytes))
  const costOf = ({ chosen }: Made): number =>
    chosen.reduce(
      (sum, option, at) => sum + (costs[at]?.[work.priced[at]?.options.indexOf(option) ?? -1] ?? 0),
      0,
    )
  let limit = target
  let kept: Made | undefined
  let reached = 0
  for (let round = 0; round < mostRounds; round++) {
    const chosen = leastCost(work.priced, costs, limit)
    if (!chosen) break
    const made = await finish(work, chosen)
    const noise = made.noise?.worst ?? Infinity
    reached = Math.max(reached, -10 * Math.log10(noise))
    if (noise <= target && (!kept || costOf(made) < costOf(kept))) kept = made
    // Near enough: within a tenth of a dB on the right side.
    if (noise <= target && noise > target * 0.977) break
    limit *= (0.99 * target) / noise
  }
  if (kept) return kept
  throw new DamsonError(
    'budget',
    `Expected choices that keep ${decibels} dB in "${work.part.name}", but ${reached.toFixed(1)} dB is the most that was reached. ` +
      'Lower the budget, allow more bits or float among the choices, or set accuracyLevel to 1.',
    { details: { part: work.part.name, reached } },
  )
}

/** Milliseconds that a byte counts for: no more than to decide between options that take as long. */
const byteMs = 1e-12

function timeCosts({ priced }: Work, times: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return priced.map(({ options }, item) =>
    options.map(({ bytes }, at) => (times[item]?.[at] ?? 0) + byteMs * bytes),
  )
}
