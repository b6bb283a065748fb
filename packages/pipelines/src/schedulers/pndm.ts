// PNDM: linear multistep over predicted noise, begun with Runge-Kutta steps or, as Stable Diffusion does, with one repeated
// step (Liu et al. 2022, arXiv 2202.09778).
import { alphaSchedule, alphaTable, levelOf, type AlphaAt } from './alpha-levels.ts'
import { cumulativeAlphas } from './betas.ts'
import { denoisedOf, noiseOf, predictionOf, type Prediction } from './prediction.ts'
import { flagOption } from './scheduler-options.ts'
import type { Scheduler, SchedulerConfig, SchedulerState, StepInput, StepResult } from './scheduler.ts'
import { spacedTimesteps, trainSteps } from './timesteps.ts'
import { weightedSum } from './weighted-sum.ts'

interface Solver {
  readonly at: AlphaAt
  readonly prediction: Prediction
  readonly stride: number
  readonly timesteps: readonly number[]
  /** How many Runge-Kutta calls come first. */
  readonly rungeKutta: number
}

/** `PNDMScheduler`. */
export function pndm(config: SchedulerConfig = {}): Scheduler {
  const at = alphaTable(config, cumulativeAlphas(config), false)
  const prediction = predictionOf(config, ['epsilon', 'v_prediction'])
  const skips = flagOption(config, 'skip_prk_steps', false)
  return {
    name: 'PNDMScheduler',
    config,
    schedule({ steps }) {
      const spaced = spacedTimesteps(config, steps, 'leading')
      const stride = Math.floor(trainSteps(config) / steps)
      const first = skips ? [] : rungeKuttaTimes(spaced, Math.floor(stride / 2))
      const rest = skips ? [spaced[0] ?? 0, ...spaced.slice(1, 2), ...spaced.slice(1)] : spaced.slice(3)
      const timesteps = [...first, ...rest]
      const solver = { at, prediction, stride, timesteps, rungeKutta: first.length }
      return {
        ...alphaSchedule(timesteps, at),
        needsNoise: () => false,
        step: input =>
          input.state.calls < first.length ? rungeKuttaStep(solver, input) : multistep(solver, input),
      }
    },
  }
}

/** Four calls for each of the first three steps: at its start, twice in its middle, at its end. */
function rungeKuttaTimes(spaced: readonly number[], half: number): readonly number[] {
  const ascending = spaced.slice(0, 4).reverse()
  const halves = ascending.flatMap(t => [t, t + half])
  return halves
    .slice(0, -1)
    .flatMap(t => [t, t])
    .slice(1, -1)
    .reverse()
}

const shares = [1 / 6, 1 / 3, 1 / 3, 1 / 6]

function rungeKuttaStep(solver: Solver, { sample, output, index, state }: StepInput): StepResult {
  const { timesteps, stride } = solver
  const phase = state.calls % 4
  const base = timesteps[index - phase] ?? 0
  const next = (timesteps[index] ?? 0) - (state.calls % 2 === 1 ? 0 : Math.floor(stride / 2))
  const share = [shares[phase] ?? 0, output] as const
  const sum = state.sum && phase > 0 ? weightedSum([1, state.sum], share) : weightedSum(share)
  const outputs = phase === 0 ? [...state.outputs, output] : state.outputs
  const start = phase === 0 ? sample : (state.sample ?? sample)
  const moved = transfer(solver, start, base, next, phase === 3 ? sum : output)
  return {
    ...moved,
    state: { calls: state.calls + 1, outputs, sample: start, ...(phase === 3 ? {} : { sum }) },
  }
}

function multistep(solver: Solver, { sample, output, index, state }: StepInput): StepResult {
  const t = solver.timesteps[index] ?? 0
  if (state.calls === 1) {
    // The repeated step: back to where the first began, with the mean of the noise at both ends.
    const mean = weightedSum([0.5, output], [0.5, state.outputs[0] ?? output])
    const moved = transfer(solver, state.sample ?? sample, t + solver.stride, t, mean)
    return { ...moved, state: { calls: 2, outputs: state.outputs } }
  }
  const outputs = [...state.outputs.slice(-3), output]
  const moved = transfer(solver, sample, t, t - solver.stride, adamsBashforth(outputs))
  const held: Pick<SchedulerState, 'sample'> = state.calls === 0 ? { sample } : {}
  return { ...moved, state: { calls: state.calls + 1, outputs, ...held } }
}

/** Weights of the newest and the older outputs, by how many there are. */
const weights = [[1], [3 / 2, -1 / 2], [23 / 12, -16 / 12, 5 / 12], [55 / 24, -59 / 24, 37 / 24, -9 / 24]]

function adamsBashforth(outputs: readonly Float32Array[]): Float32Array {
  const newestFirst = [...outputs].reverse()
  const row = weights[outputs.length - 1] ?? []
  return weightedSum(...newestFirst.map((output, i) => [row[i] ?? 0, output] as const))
}

/** From timestep t to timestep `next` along an output (the paper's equation 11). */
function transfer(
  { at, prediction }: Solver,
  sample: Float32Array,
  t: number,
  next: number,
  output: Float32Array,
): Pick<StepResult, 'sample' | 'denoised'> {
  const [now, then] = [at(t), at(next)]
  const level = levelOf(now)
  const divisor = now * Math.sqrt(1 - then) + Math.sqrt(now * (1 - now) * then)
  const noise = noiseOf(prediction, level, sample, output)
  return {
    sample: weightedSum([Math.sqrt(then / now), sample], [-(then - now) / divisor, noise]),
    denoised: denoisedOf(prediction, level, sample, output),
  }
}
