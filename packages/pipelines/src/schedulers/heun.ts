// Heun's method: an Euler step, then the same step again with the mean of the slopes at both ends (Karras et al. 2022,
// arXiv 2206.00364, algorithm 1). Two calls a step, but one for the last.
import { denoisedOfScaled, predictionOf } from './prediction.ts'
import { flagOption, numberOption } from './scheduler-options.ts'
import type { Scheduler, SchedulerConfig, StepInput, StepResult } from './scheduler.ts'
import { eulerTimes, scaledSchedule, sigmaTable } from './sigma-schedule.ts'
import { clipped, weightedSum } from './weighted-sum.ts'

const defaults = { beta_start: 0.00085, beta_end: 0.012 }

/** `HeunDiscreteScheduler`. */
export function heun(config: SchedulerConfig = {}): Scheduler {
  const table = sigmaTable(config, defaults)
  const prediction = predictionOf(config, ['epsilon', 'v_prediction', 'sample'])
  const clip = flagOption(config, 'clip_sample', false)
  const range = numberOption(config, 'clip_sample_range', 1)
  return {
    name: 'HeunDiscreteScheduler',
    config,
    schedule({ steps }) {
      const plain = eulerTimes(config, table, steps)
      const sigmas = twice(plain.sigmas, 1, plain.sigmas.length - 1)
      const times = { timesteps: twice(plain.timesteps, 1, plain.timesteps.length), sigmas }
      return {
        ...scaledSchedule(config, times, 'linspace'),
        order: 2,
        step(input) {
          const raw = denoisedOfScaled(prediction, sigmas[input.index] ?? 0, input.sample, input.output)
          const denoised = clip ? clipped(raw, range) : raw
          return input.state.sample ? secondCall(sigmas, input, denoised) : firstCall(sigmas, input, denoised)
        },
      }
    },
  }
}

/** Each element from `from` to before `to` twice. */
function twice(list: readonly number[], from: number, to: number): readonly number[] {
  return list.flatMap((value, i) => (i >= from && i < to ? [value, value] : [value]))
}

function firstCall(
  sigmas: readonly number[],
  { sample, index, state }: StepInput,
  denoised: Float32Array,
): StepResult {
  const [sigma = 1, next = 0] = [sigmas[index], sigmas[index + 1]]
  const slope = weightedSum([1 / sigma, sample], [-1 / sigma, denoised])
  const moved = weightedSum([1, sample], [next - sigma, slope])
  return { sample: moved, denoised, state: { calls: state.calls + 1, outputs: [slope], sample } }
}

function secondCall(
  sigmas: readonly number[],
  { sample, index, state }: StepInput,
  denoised: Float32Array,
): StepResult {
  const [sigma = 1, next = 1] = [sigmas[index - 1], sigmas[index]]
  const [before = sample, first = sample] = [state.sample, state.outputs[0]]
  const half = (next - sigma) / 2
  const moved = weightedSum([1, before], [half, first], [half / next, sample], [-half / next, denoised])
  return { sample: moved, denoised, state: { calls: state.calls + 1, outputs: [] } }
}
