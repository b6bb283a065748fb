// Rectified flow: samples are (1 − σ)·x₀ + σ·ε, the denoiser predicts ε − x₀, and Euler steps follow it (Esser et al. 2024,
// arXiv 2403.03206). Larger pictures need their levels shifted towards noise.
import { DamsonError } from '@damson/graph'
import { respacing } from './noise-levels.ts'
import { checkSteps, choiceOption, flagOption, numberOption } from './scheduler-options.ts'
import type { Schedule, ScheduleOptions, Scheduler, SchedulerConfig } from './scheduler.ts'
import { needNoise } from './step-noise.ts'
import { linspace, trainSteps } from './timesteps.ts'
import { weightedSum } from './weighted-sum.ts'

const { fround } = Math

/** `FlowMatchEulerDiscreteScheduler`. */
export function flowMatchEuler(config: SchedulerConfig = {}): Scheduler {
  const stochastic = flagOption(config, 'stochastic_sampling', false)
  return {
    name: 'FlowMatchEulerDiscreteScheduler',
    config,
    schedule(options) {
      const { timesteps, sigmas } = flowTimes(config, options)
      const step: Schedule['step'] = ({ sample, output, index, state, noise }) => {
        const [sigma = 0, next = 0] = [sigmas[index], sigmas[index + 1]]
        const denoised = weightedSum([1, sample], [-sigma, output])
        const moved = stochastic
          ? weightedSum([1 - next, denoised], [next, needNoise(noise, sample)])
          : weightedSum([1, sample], [next - sigma, output])
        return { sample: moved, denoised, state: { calls: state.calls + 1, outputs: [] } }
      }
      return {
        timesteps,
        sigmas,
        order: 1,
        startScale: 1,
        needsNoise: () => stochastic,
        scaleInput: sample => sample,
        step,
        addNoise: (clean, noise, index) =>
          weightedSum([1 - (sigmas[index] ?? 0), clean], [sigmas[index] ?? 0, noise]),
      }
    },
  }
}

function flowTimes(
  config: SchedulerConfig,
  { steps, sigmas: given, mu }: ScheduleOptions,
): Pick<Schedule, 'timesteps' | 'sigmas'> {
  const train = trainSteps(config)
  checkSteps(given?.length ?? steps, train)
  const shift = shiftOf(config, mu)
  const even = given?.map(fround) ?? evenLevels(config, steps)
  const shifted = stretched(config, even.map(shift))
  const respaced = respacing(config)?.(shifted[0] ?? 0, shifted.at(-1) ?? 0, shifted.length) ?? shifted
  const inverted = flagOption(config, 'invert_sigmas', false)
  const levels = respaced.map(sigma => fround(inverted ? 1 - fround(sigma) : sigma))
  return {
    timesteps: levels.map(sigma => fround(sigma * train)),
    sigmas: [...levels, inverted ? 1 : 0],
  }
}

/** From the largest to the smallest level of training, which diffusers has already shifted once. */
function evenLevels(config: SchedulerConfig, steps: number): readonly number[] {
  const train = trainSteps(config)
  const shift = flagOption(config, 'use_dynamic_shifting', false) ? 1 : numberOption(config, 'shift', 1)
  const level = (sigma: number): number => fround((shift * sigma) / (1 + (shift - 1) * sigma))
  return linspace(level(1) * train, level(1 / train) * train, steps).map(time => time / train)
}

function shiftOf(config: SchedulerConfig, mu: number | undefined): (sigma: number) => number {
  if (!flagOption(config, 'use_dynamic_shifting', false)) {
    const shift = numberOption(config, 'shift', 1)
    return sigma => (shift * sigma) / (1 + (shift - 1) * sigma)
  }
  if (mu === undefined) {
    throw new DamsonError(
      'scheduler-option',
      'Expected `mu`, the shift of the picture size, because use_dynamic_shifting is on. Pass schedule({ steps, mu }).',
    )
  }
  const kind = choiceOption(config, 'time_shift_type', ['exponential', 'linear'], 'exponential')
  const weight = kind === 'exponential' ? Math.exp(mu) : mu
  return sigma => weight / (weight + (1 / sigma - 1))
}

/** Stretched so that the last level is `shift_terminal`. */
function stretched(config: SchedulerConfig, sigmas: readonly number[]): readonly number[] {
  const terminal = numberOption(config, 'shift_terminal', 0)
  if (terminal === 0) return sigmas
  const scale = (1 - (sigmas.at(-1) ?? 0)) / (1 - terminal)
  return sigmas.map(sigma => 1 - (1 - sigma) / scale)
}
