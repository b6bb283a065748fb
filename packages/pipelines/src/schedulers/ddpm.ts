// DDPM: ancestral steps down the chain that the model was trained on (Ho et al. 2020, arXiv 2006.11239, equation 7).
import { alphaSchedule, alphaTable, levelOf } from './alpha-levels.ts'
import { cumulativeAlphas } from './betas.ts'
import { denoisedOf, predictionOf } from './prediction.ts'
import { choiceOption, flagOption, numberOption, refuseOptions } from './scheduler-options.ts'
import type { Scheduler, SchedulerConfig } from './scheduler.ts'
import { needNoise } from './step-noise.ts'
import { spacedTimesteps } from './timesteps.ts'
import { clipped, weightedSum } from './weighted-sum.ts'

const variances = ['fixed_small', 'fixed_small_log', 'fixed_large'] as const

/** `DDPMScheduler`; variances that the model predicts are refused. */
export function ddpm(config: SchedulerConfig = {}): Scheduler {
  refuseOptions(config, ['thresholding'])
  const at = alphaTable({ set_alpha_to_one: true }, cumulativeAlphas(config), true)
  const prediction = predictionOf(config, ['epsilon', 'v_prediction', 'sample'])
  const variance = choiceOption(config, 'variance_type', variances, 'fixed_small')
  const clip = flagOption(config, 'clip_sample', true)
  const range = numberOption(config, 'clip_sample_range', 1)
  return {
    name: 'DDPMScheduler',
    config,
    schedule({ steps }) {
      const timesteps = spacedTimesteps(config, steps, 'leading')
      return {
        ...alphaSchedule(timesteps, at),
        needsNoise: index => (timesteps[index] ?? 0) > 0,
        step({ sample, output, index, state, noise }) {
          const t = timesteps[index] ?? 0
          const [now, next] = [at(t), at(timesteps[index + 1] ?? -1)]
          const raw = denoisedOf(prediction, levelOf(now), sample, output)
          const denoised = clip ? clipped(raw, range) : raw
          const beta = 1 - now / next
          const small = Math.max(1e-20, ((1 - next) / (1 - now)) * beta)
          const spread = Math.sqrt(variance === 'fixed_large' ? beta : small)
          const moved = weightedSum(
            [(Math.sqrt(next) * beta) / (1 - now), denoised],
            [(Math.sqrt(now / next) * (1 - next)) / (1 - now), sample],
            ...(t > 0 ? [[spread, needNoise(noise, sample)] as const] : []),
          )
          return { sample: moved, denoised, state: { calls: state.calls + 1, outputs: [] } }
        },
      }
    },
  }
}
