// The noise levels of a run, for the schedulers that step in σ: from timesteps, or respaced and then read back as timesteps.
import { cumulativeAlphas } from './betas.ts'
import { interpolate, respacing, timestepFinder, trainedSigmas } from './noise-levels.ts'
import { choiceOption, flagOption } from './scheduler-options.ts'
import type { Schedule, SchedulerConfig } from './scheduler.ts'
import { linspace, spacedTimesteps, spacingOf, type Spacing } from './timesteps.ts'
import { weightedSum } from './weighted-sum.ts'

export interface SigmaTimes {
  readonly timesteps: readonly number[]
  /** One more than timesteps, in float32. */
  readonly sigmas: readonly number[]
}

/** σ of each training timestep; where the last one is pure noise, the bound of diffusers: ᾱ = 2⁻²⁴. */
export function sigmaTable(config: SchedulerConfig, defaults: SchedulerConfig = {}): Float32Array {
  const sigmas = trainedSigmas(cumulativeAlphas(config, defaults))
  if (flagOption(config, 'rescale_betas_zero_snr', false)) sigmas[sigmas.length - 1] = 2 ** 12
  return sigmas
}

/** Times of the Euler family. */
export function eulerTimes(config: SchedulerConfig, table: Float32Array, steps: number): SigmaTimes {
  const timesteps = spacedTimesteps(config, steps, 'linspace', 'fractional')
  const between = choiceOption(config, 'interpolation_type', ['linear', 'log_linear'], 'linear')
  const [least = 0, most = 0] = [table[0], table.at(-1)]
  const own =
    between === 'linear'
      ? interpolate(table, timesteps)
      : linspace(Math.log(most), Math.log(least), steps + 1).map(Math.exp)
  const respace = respacing(config)
  const spaced = respace ? respace(own[0] ?? 0, own.at(-1) ?? 0, steps) : own
  const times = respace ? spaced.map(timestepFinder(table)) : timesteps
  const last = lastSigma(config, table)
  return { timesteps: times.map(Math.fround), sigmas: [...spaced, last].map(Math.fround) }
}

/** What the last step goes to. */
function lastSigma(config: SchedulerConfig, table: Float32Array): number {
  return choiceOption(config, 'final_sigmas_type', ['zero', 'sigma_min'], 'zero') === 'zero'
    ? 0
    : (table[0] ?? 0)
}

/** The fields of a schedule whose samples are x₀ + σ·ε and whose denoiser is fed x/√(σ² + 1). */
export function scaledSchedule(
  config: SchedulerConfig,
  { timesteps, sigmas }: SigmaTimes,
  standard: Spacing,
): Pick<
  Schedule,
  'timesteps' | 'sigmas' | 'order' | 'startScale' | 'scaleInput' | 'addNoise' | 'needsNoise'
> {
  const largest = Math.max(...sigmas)
  const leads = spacingOf(config, standard) === 'leading'
  return {
    timesteps,
    sigmas,
    order: 1,
    startScale: leads ? Math.sqrt(largest * largest + 1) : largest,
    needsNoise: () => false,
    scaleInput: (sample, index) => weightedSum([1 / Math.sqrt((sigmas[index] ?? 0) ** 2 + 1), sample]),
    addNoise: (clean, noise, index) => weightedSum([1, clean], [sigmas[index] ?? 0, noise]),
  }
}
