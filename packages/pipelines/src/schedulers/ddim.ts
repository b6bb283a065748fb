// DDIM: an implicit step through the same marginals as DDPM, without noise at eta 0 (Song et al. 2020, arXiv 2010.02502).
import { alphaSchedule, alphaTable, levelOf } from './alpha-levels.ts'
import { cumulativeAlphas } from './betas.ts'
import { denoisedOf, noiseOf, predictionOf } from './prediction.ts'
import { flagOption, numberOption, refuseOptions } from './scheduler-options.ts'
import type { Scheduler, SchedulerConfig } from './scheduler.ts'
import { needNoise } from './step-noise.ts'
import { spacedTimesteps, trainSteps } from './timesteps.ts'
import { clipped, weightedSum } from './weighted-sum.ts'

/** `DDIMScheduler`. */
export function ddim(config: SchedulerConfig = {}): Scheduler {
  refuseOptions(config, ['thresholding'])
  const at = alphaTable(config, cumulativeAlphas(config), true)
  const prediction = predictionOf(config, ['epsilon', 'v_prediction', 'sample'])
  const clip = flagOption(config, 'clip_sample', true)
  const range = numberOption(config, 'clip_sample_range', 1)
  return {
    name: 'DDIMScheduler',
    config,
    schedule({ steps, eta = 0 }) {
      const timesteps = spacedTimesteps(config, steps, 'leading')
      const stride = Math.floor(trainSteps(config) / steps)
      return {
        ...alphaSchedule(timesteps, at),
        needsNoise: () => eta > 0,
        step({ sample, output, index, state, noise }) {
          const t = timesteps[index] ?? 0
          const [now, next] = [at(t), at(t - stride)]
          const level = levelOf(now)
          const raw = denoisedOf(prediction, level, sample, output)
          const denoised = clip ? clipped(raw, range) : raw
          const variance = ((1 - next) / (1 - now)) * (1 - now / next)
          const spread = eta * Math.sqrt(Math.max(0, variance))
          const moved = weightedSum(
            [Math.sqrt(next), denoised],
            [Math.sqrt(Math.max(0, 1 - next - spread * spread)), noiseOf(prediction, level, sample, output)],
            ...(eta > 0 ? [[spread, needNoise(noise, sample)] as const] : []),
          )
          return { sample: moved, denoised, state: { calls: state.calls + 1, outputs: [] } }
        },
      }
    },
  }
}
