// The search: the leader meets one candidate after the other. Two sessions are open at a time, so that large models fit; what
// does not open, or computes something else, is noted and left.
import type { Outputs } from '@damson/core'
import { addQuality, sqnrOf } from '@damson/runtime'
import { isIdle, withOptions, type Options } from './candidates.ts'
import { duel, type DuelRules } from './duel.ts'

/** What a candidate came to; the evidence of the choice. */
export type Trial = {
  readonly options: Options
  readonly verdict: 'won' | 'beaten' | 'open' | 'failed' | 'differs'
  readonly pairs: number
  /** Time over that of the leader then. */
  readonly ratio: number | null
  readonly interval: readonly [number, number] | null
  readonly reason: string
}

/** A session that runs samples, by number. */
export interface OpenSession {
  run(sample: number): Promise<Outputs>
  close(): Promise<void>
}

export interface SearchRules extends DuelRules {
  /** At most so many candidates. */
  readonly trials: number
  readonly signal: AbortSignal
  open(options: Options): Promise<OpenSession>
  /** Called after each trial. */
  progress(done: number): void
}

export interface SearchResult {
  readonly options: Options
  readonly trials: readonly Trial[]
}

/** Decibels below which a result counts as another one. */
const sameResult = 60

/** Searches from `start`. Throws what opening `start` throws, and aborts. */
export async function search(
  start: Options,
  changes: readonly Options[],
  rules: SearchRules,
): Promise<SearchResult> {
  let best = start
  let leader = await rules.open(start)
  const trials: Trial[] = []
  try {
    const want = await leader.run(0)
    for (const change of changes) {
      if (trials.length >= rules.trials || !rules.goesOn()) break
      if (isIdle(best, change)) continue
      const options = withOptions(best, change)
      const { trial, session } = await meet(leader, options, change, want, rules)
      trials.push(trial)
      rules.progress(trials.length)
      if (trial.verdict === 'won' && session) {
        await leader.close()
        leader = session
        best = options
      } else await session?.close()
    }
  } finally {
    await leader.close()
  }
  return { options: best, trials }
}

async function meet(
  leader: OpenSession,
  options: Options,
  change: Options,
  want: Outputs,
  rules: SearchRules,
): Promise<{ readonly trial: Trial; readonly session?: OpenSession }> {
  let session: OpenSession | undefined
  try {
    session = await rules.open(options)
    const decibels = quality(await session.run(0), want)
    if (decibels < sameResult) {
      const reason = `its outputs differ: ${decibels.toFixed(1)} dB`
      return { trial: { ...nothing, options: change, verdict: 'differs', reason }, session }
    }
    const open = session
    const result = await duel(
      sample => leader.run(sample),
      sample => open.run(sample),
      rules,
    )
    return { trial: trialOf(change, result), session }
  } catch (error) {
    rules.signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    return {
      trial: { ...nothing, options: change, verdict: 'failed', reason },
      ...(session ? { session } : {}),
    }
  }
}

const nothing = { pairs: 0, ratio: null, interval: null } as const

function trialOf(
  options: Options,
  { verdict, pairs, ratio, low, high }: Awaited<ReturnType<typeof duel>>,
): Trial {
  const known = Number.isFinite(high)
  const reasons = {
    won: 'faster by more than the margin',
    beaten: 'certainly not faster by more than the margin',
    open: 'not known when its pairs or the time were used up',
  }
  return {
    options,
    verdict,
    pairs,
    ratio: Number.isNaN(ratio) ? null : rounded(ratio),
    interval: known ? [rounded(low), rounded(high)] : null,
    reason: reasons[verdict],
  }
}

const rounded = (value: number): number => Math.round(value * 1e4) / 1e4

/** SQNR of the worst output. */
function quality(got: Outputs, want: Outputs): number {
  return Object.entries(want).reduce((worst, [name, output]) => {
    const other = got[name]
    if (!other) return -Infinity
    return output.dtype === 'string' ? worst : Math.min(worst, sqnrOf(addQuality(other, output)))
  }, Infinity)
}
