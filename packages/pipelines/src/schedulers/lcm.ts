// Latent consistency models: each call jumps to the finished sample, then noise brings it back to the next level
// (Luo et al. 2023, arXiv 2310.04378, algorithm 3).
import { DamsonError } from '@damson/graph'
import { alphaSchedule, alphaTable, levelOf } from './alpha-levels.ts'
import { cumulativeAlphas } from './betas.ts'
import { denoisedOf, predictionOf } from './prediction.ts'
import { flagOption, numberOption, refuseOptions } from './scheduler-options.ts'
import type { Scheduler, SchedulerConfig } from './scheduler.ts'
import { needNoise } from './step-noise.ts'
import { trainSteps } from './timesteps.ts'
import { clipped, weightedSum } from './weighted-sum.ts'

const defaults = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' }
const sigmaData = 0.5

/** `LCMScheduler`. */
export function lcm(config: SchedulerConfig = {}): Scheduler {
  refuseOptions(config, ['thresholding'])
  const at = alphaTable(config, cumulativeAlphas(config, defaults), true)
  const prediction = predictionOf(config, ['epsilon', 'v_prediction', 'sample'])
  const clip = flagOption(config, 'clip_sample', false)
  const range = numberOption(config, 'clip_sample_range', 1)
  const scaling = numberOption(config, 'timestep_scaling', 10)
  return {
    name: 'LCMScheduler',
    config,
    schedule({ steps, strength = 1 }) {
      const timesteps = distilledTimes(config, steps, strength)
      return {
        ...alphaSchedule(timesteps, at),
        needsNoise: index => index < timesteps.length - 1,
        step({ sample, output, index, state, noise }) {
          const t = timesteps[index] ?? 0
          const raw = denoisedOf(prediction, levelOf(at(t)), sample, output)
          const square = (t * scaling) ** 2 + sigmaData ** 2
          // The boundary condition of consistency models: the sample itself where t is 0.
          const denoised = weightedSum(
            [(t * scaling) / Math.sqrt(square), clip ? clipped(raw, range) : raw],
            [sigmaData ** 2 / square, sample],
          )
          const after = { calls: state.calls + 1, outputs: [] }
          if (index === timesteps.length - 1) return { sample: denoised, denoised, state: after }
          const next = levelOf(at(timesteps[index + 1] ?? 0))
          const moved = weightedSum([next.alpha, denoised], [next.sigma, needNoise(noise, sample)])
          return { sample: moved, denoised, state: after }
        },
      }
    },
  }
}

/** An even choice among the timesteps that the model was distilled at. */
function distilledTimes(config: SchedulerConfig, steps: number, strength: number): readonly number[] {
  const original = numberOption(config, 'original_inference_steps', 50)
  const stride = Math.floor(trainSteps(config) / original)
  const count = Math.floor(original * strength)
  if (!Number.isInteger(steps) || steps < 1 || steps > count) {
    throw new DamsonError(
      'scheduler-option',
      `Expected 1 to ${count} steps (original_inference_steps times strength), got ${steps}.`,
    )
  }
  return Array.from({ length: steps }, (_, i) => (count - Math.floor((i * count) / steps)) * stride - 1)
}
