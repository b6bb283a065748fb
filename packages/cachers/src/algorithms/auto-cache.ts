// Which steps should run, and what the others are best made of, is in recorded generations: for every number of full runs the
// schedule and the weights are learnt that move the picture least. What does not run takes a sum of earlier outputs and
// latents, for which no network runs; so the time is that of the full runs, and `speedFactor` of the steps may be full.
import {
  defineAlgorithm, real, type Branch, type FitContext, type Middleware, type Outputs, type TensorData, type Values,
} from '@damson/core' // prettier-ignore
import { DamsonError } from '@damson/graph'
import { combinedTensors } from '../gating/combined-tensors.ts'
import { sameSizes, sizesByName, type Sizes } from '../gating/fed-values.ts'
import { wholeContract, wholeGroups } from '../gating/whole-output.ts'
import { innerProducts } from '../learning/inner-products.ts'
import { learnSchedules } from '../learning/learn-schedules.ts'
import { trajectories } from '../learning/trajectories.ts'
import { forecastWeights } from '../schedule/forecast.ts'
import { byHand, scheduleParam, type CacheSchedule } from '../schedule/schedule.ts'
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

/** One generation. What was learnt holds for as many steps as were recorded; other counts take the schedule stretched. */
function runLearnt(part: string, id: string, given: Given, learnt: LearntCache | undefined): Middleware {
  return ({ controls, steps: total }) => {
    const { speedFactor, steps: hand } = { ...given, ...controls?.[id] }
    const recorded = learnt?.steps ?? 1
    const count = total ?? recorded
    const at = runsAt(speedFactor, recorded) - 1
    const stretched = new Set(learnt?.full[at]?.map(step => Math.round((step * count) / recorded)))
    const isFull = (step: number): boolean => {
      const kind = byHand(hand, step)
      return kind === undefined ? stretched.has(step) || step >= count : kind === 'full'
    }
    const kept = new Map<Branch, Kept>()
    return {
      part,
      around: next => async (feeds, call) => {
        const sizes = sizesByName(feeds)
        const before = kept.get(call.branch)
        const known = before && sameSizes(before.sizes, sizes) ? before : undefined
        if (known && !isFull(call.step)) {
          const isLearnt = count === recorded && byHand(hand, call.step) === undefined && follows(known, learnt?.full[at], call.step) // prettier-ignore
          return made(known, isLearnt ? learnt?.weights[at]?.[call.step] : undefined, call.step, byHand(hand, call.step) === 'reuse') // prettier-ignore
        }
        const outputs = await next(feeds, call)
        const x = feeds[learnt?.sample ?? '']
        const result = { step: call.step, outputs }
        kept.set(call.branch, { sizes, x, results: known ? [result, ...known.results.filter(({ step }) => step !== call.step).slice(0, 1)] : [result] }) // prettier-ignore
        return outputs
      },
    }
  }
}

interface Kept {
  readonly sizes: Sizes
  /** The latents at the last full run. */
  readonly x: TensorData | undefined
  /** The last full runs, the last first. */
  readonly results: readonly { readonly step: number; readonly outputs: Outputs }[]
}

/** True when the full runs were those after which the weights of a step were learnt; a run that began later has others. */
function follows({ results }: Kept, full: readonly number[] | undefined, step: number): boolean {
  const wanted = full?.filter(each => each < step).slice(-2).reverse() // prettier-ignore
  return wanted !== undefined && wanted.join() === results.map(result => result.step).join()
}

/** The outputs of a step that does not run. */
function made(
  { results, x }: Kept,
  weights: readonly number[] | undefined,
  step: number,
  repeat: boolean,
): Outputs {
  const [last, before] = results
  if (!last || repeat) return last?.outputs ?? {}
  const plain = forecastWeights(step, results.map(result => result.step), 1) // prettier-ignore
  const [w0 = 1, w1 = 0, v = 0] = weights ?? [...plain, 0, 0].slice(0, 2)
  return Object.fromEntries(
    Object.entries(last.outputs).map(([name, tensor]) => {
      const earlier = before?.outputs[name]
      const terms: readonly (readonly [number, TensorData])[] = [
        [w0, tensor],
        ...(earlier ? [[w1, earlier] as const] : []),
        ...(x && v !== 0 ? [[v, x] as const] : []),
      ]
      return [name, combinedTensors(terms.map(([weight]) => weight), terms.map(([, each]) => each)) ?? tensor] // prettier-ignore
    }),
  )
}
