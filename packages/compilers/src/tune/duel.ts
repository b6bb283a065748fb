// Two sessions run in turn until it is known which one to keep: a challenger that is faster by more than the margin takes the
// lead; one of which it is certain that it is not leaves. Each turn runs twice and times the second: threads of the session
// before spin for a while after their run, and would be timed with it.
import { medianInterval } from './median-interval.ts'

/** A session at work: one run on one of the samples. */
export type Work = (sample: number) => Promise<unknown>

export interface DuelRules {
  readonly now: () => number
  /** A challenger has to be faster by this share. */
  readonly margin: number
  /** At most so many pairs of timed turns. */
  readonly pairs: number
  /** False when time is up. */
  readonly goesOn: () => boolean
}

export interface DuelResult {
  /** won: faster by more than the margin. beaten: certainly not. open: not known when the pairs or the time were used up. */
  readonly verdict: 'won' | 'beaten' | 'open'
  readonly pairs: number
  /** Time of the challenger over that of the leader: the median, and where it lies with 99 %. */
  readonly ratio: number
  readonly low: number
  readonly high: number
}

/** Looking at the interval after every pair makes mistakes likelier than one look would, so it is wider than usual. */
const doubt = 0.01
/** A turn lasts at least so long, in ms: clocks and calls cost some microseconds. */
const turnMs = 2
const mostRuns = 64

export async function duel(leader: Work, challenger: Work, rules: DuelRules): Promise<DuelResult> {
  const { now, margin } = rules
  const runs = await runsOfTurn(leader, now)
  const ratios: number[] = []
  let result: DuelResult = { verdict: 'open', pairs: 0, ratio: Number.NaN, low: 0, high: Infinity }
  while (ratios.length < rules.pairs && rules.goesOn()) {
    const pair = ratios.length
    const first = pair % 2 === 0 ? leader : challenger
    const second = first === leader ? challenger : leader
    const times = [await turn(first, pair, runs, now), await turn(second, pair, runs, now)]
    if (first === challenger) times.reverse()
    const [old = Number.NaN, made = Number.NaN] = times
    ratios.push(made / old)
    const { median, low, high } = medianInterval(ratios, doubt)
    const verdict = high < 1 && median < 1 - margin ? 'won' : low > 1 - margin ? 'beaten' : 'open'
    result = { verdict, pairs: ratios.length, ratio: median, low, high }
    if (verdict !== 'open') return result
  }
  return result
}

async function turn(work: Work, sample: number, runs: number, now: () => number): Promise<number> {
  await work(sample)
  const start = now()
  for (let run = 0; run < runs; run++) await work(sample)
  return now() - start
}

async function runsOfTurn(work: Work, now: () => number): Promise<number> {
  const start = now()
  await work(0)
  return Math.min(mostRuns, Math.max(1, Math.ceil(turnMs / (now() - start))))
}
