// Which steps should run, and what the others are best made of, is in recorded generations: for every number of full runs the
// schedule and the weights are learnt that move the picture least. What does not run takes a sum of earlier outputs and
// latents, for which no network runs; so the time is that of the full runs, and `speedFactor` of the steps may be full.
import { defineAlgorithm, real, type FitContext, type Middleware, type Values } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { combinedOutputs } from '../gating/combined-tensors.ts'
import { reuseOutputs, wholeContract, wholeGroups } from '../gating/whole-output.ts'
import { innerProducts } from '../learning/inner-products.ts'
import { learnSchedules } from '../learning/learn-schedules.ts'
import { trajectories } from '../learning/trajectories.ts'
import { forecastWeights } from '../schedule/forecast.ts'
import { byHand, scheduleParam, type CacheSchedule, type StepKind } from '../schedule/schedule.ts'
import { denoiserInputs } from '../structure/denoiser-inputs.ts'

const params = {
  /** The time of the denoiser, as a share of the time without a cache. */
  speedFactor: real({
    min: 0.01,
    max: 1,
    default: 0.5,
    live: true,
    doc: 'The time that the denoiser may take, as a share of its time without a cache; 1 never reuses.',
  }),
  /** What each step does, in place of what was learnt. */
  steps: scheduleParam,
}
type Params = typeof params
type Given = Values<Params>

/** What was learnt of a part, for 1, 2, … full runs of a generation of `steps` steps. */
export type LearntCache = {
  readonly steps: number
  /** The input that holds the latents. */
  readonly sample: string
  readonly full: readonly (readonly number[])[]
  /** By number of runs: the error of the outputs, as a share of what the outputs do to the picture. */
  readonly errors: readonly number[]
  /** By number of runs and step: weights of the last output, of the one before, and of the latents at the last. */
  readonly weights: readonly (readonly (readonly number[])[])[]
}
type Learnt = { readonly [part: string]: LearntCache }

/** Runs the steps that matter, and makes the others of what they gave. */
export const autoCache = defineAlgorithm({
  id: '@damson/cachers/auto-cache',
  version: 1,
  summary:
    'Learns from recorded generations which steps to run for a given time, and what to put in place of the others.',
  contract: wholeContract,
  params,
  groups: wholeGroups,
  fit,
  wrap: (ctx, state: Learnt) => {
    const part = ctx.parts[0] ?? ''
    return runLearnt(part, ctx.step, ctx.params, state[part])
  },
})

async function fit(ctx: FitContext<Params>): Promise<Learnt> {
  const learnt: Record<string, LearntCache> = {}
  for (const part of ctx.parts) learnt[part] = await learn(ctx, part)
  return learnt
}

async function learn(ctx: FitContext<Params>, part: string): Promise<LearntCache> {
  let products: ReturnType<typeof innerProducts> | undefined
  for await (const trajectory of trajectories(ctx, part)) {
    products ??= innerProducts(trajectory.length)
    if (trajectory.length === products.steps) products.add(trajectory)
    else ctx.warn('other-steps', `${ctx.step} learns from generations of ${products.steps} steps; one of ${trajectory.length} was left out.`) // prettier-ignore
  }
  if (!products) throw new DamsonError('missing-samples', `${ctx.step} learns from recorded generations of "${part}", but got none. Record some: samples = await record(pipeline, inputs).`) // prettier-ignore
  const schedules = learnSchedules(products)
  return {
    steps: products.steps,
    sample: denoiserInputs(ctx.model.part(part).graph)?.sample ?? '',
    full: schedules.map(({ full }) => full),
    errors: schedules.map(({ error }) => error),
    weights: schedules.map(({ weights }) => weights.map(row => row.map(Math.fround))),
  }
}

/** What each step does at a speed factor, by what was learnt: printable, and what `steps` takes. */
export function learntSchedule({ steps, full }: LearntCache, speedFactor: number): CacheSchedule {
  const runs = new Set(full[runsAt(speedFactor, steps) - 1])
  return Object.fromEntries(Array.from({ length: steps }, (_, step) => [step, runs.has(step) ? 'full' : 'forecast'])) // prettier-ignore
}

/** As many full runs as fit into the time. */
function runsAt(speedFactor: number, steps: number): number {
  return Math.max(1, Math.floor(speedFactor * steps + 1e-9))
}

/** One generation: what does not run by hand or by what was learnt is made of the last two full runs. */
function runLearnt(part: string, id: string, given: Given, learnt: LearntCache | undefined): Middleware {
  return ({ controls, steps: total }) => {
    const { speedFactor, steps } = { ...given, ...controls?.[id] }
    const plan = planOf(learnt, speedFactor, total)
    return reuseOutputs({
      part,
      history: 2,
      make: (_feeds, { step }, kept) => {
        const hand = byHand(steps, step)
        const kind = hand ?? plan.kindOf(step)
        if (kind === 'full') return undefined
        if (kind === 'reuse') return kept[0]?.outputs
        const known = kept.map(each => each.step)
        const weights = hand === undefined ? plan.weights(step, known) : undefined
        const results = kept.map(({ outputs }) => outputs)
        if (!weights) return combinedOutputs(forecastWeights(step, known, 1), results)
        const x = kept[0]?.feeds[learnt?.sample ?? '']
        return combinedOutputs([...weights.slice(0, kept.length), weights[2] ?? 0], results, x ? [x] : [])
      },
    })
  }
}

/** What was learnt, for the steps of a generation. */
interface Plan {
  kindOf(step: number): StepKind
  /** Of the last output, the one before and the latents; undefined where they were learnt after other full steps than `known`. */
  weights(step: number, known: readonly number[]): readonly number[] | undefined
}

/** What was learnt holds for as many steps as were recorded; other counts take the schedule stretched, without the weights. */
function planOf(learnt: LearntCache | undefined, speedFactor: number, total: number | undefined): Plan {
  const recorded = learnt?.steps ?? 1
  const count = total ?? recorded
  const at = runsAt(speedFactor, recorded) - 1
  const full = learnt?.full[at] ?? []
  const stretched = new Set(full.map(step => Math.round((step * count) / recorded)))
  return {
    kindOf: step => (stretched.has(step) || step >= count ? 'full' : 'forecast'),
    weights(step, known) {
      const wanted = full.filter(each => each < step).slice(-2).reverse() // prettier-ignore
      return count === recorded && wanted.join() === known.join() ? learnt?.weights[at]?.[step] : undefined
    },
  }
}
