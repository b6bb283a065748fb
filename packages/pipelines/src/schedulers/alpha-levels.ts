// What DDIM, DDPM, LCM and PNDM share: levels x = √ᾱ·x₀ + √(1 − ᾱ)·ε read by timestep.
import { DamsonError } from '@damson/graph'
import type { Level } from './prediction.ts'
import { flagOption } from './scheduler-options.ts'
import type { Schedule, SchedulerConfig } from './scheduler.ts'
import { weightedSum } from './weighted-sum.ts'

/** ᾱ at a timestep; before the first one it is 1, or that of the first. */
export type AlphaAt = (timestep: number) => number

export function alphaTable(config: SchedulerConfig, alphas: Float32Array, endsAtOne: boolean): AlphaAt {
  const end = flagOption(config, 'set_alpha_to_one', endsAtOne) ? 1 : (alphas[0] ?? 1)
  return timestep => {
    const alpha = timestep < 0 ? end : alphas[timestep]
    if (alpha !== undefined) return alpha
    throw new DamsonError(
      'scheduler-option',
      `Expected timesteps up to ${alphas.length - 1}, got ${timestep}. Take fewer steps, or steps_offset 0.`,
    )
  }
}

export function levelOf(alpha: number): Level {
  return { alpha: Math.sqrt(alpha), sigma: Math.sqrt(1 - alpha) }
}

/** The fields of a schedule that these schedulers have in common. */
export function alphaSchedule(
  timesteps: readonly number[],
  alphaAt: AlphaAt,
): Pick<Schedule, 'timesteps' | 'sigmas' | 'order' | 'startScale' | 'scaleInput' | 'addNoise'> {
  return {
    timesteps,
    sigmas: [],
    order: 1,
    startScale: 1,
    scaleInput: sample => sample,
    addNoise(clean, noise, index) {
      const { alpha, sigma } = levelOf(alphaAt(timesteps[index] ?? -1))
      return weightedSum([alpha, clean], [sigma, noise])
    },
  }
}
