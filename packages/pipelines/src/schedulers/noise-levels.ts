// Noise levels σ = √((1 − ᾱ)/ᾱ) of training timesteps, and the ways to space a run between them (Karras et al. 2022,
// arXiv 2206.00364, equation 5).
import { flagOption, numberOption, refuseOptions } from './scheduler-options.ts'
import type { SchedulerConfig } from './scheduler.ts'
import { linspace } from './timesteps.ts'

const { fround } = Math

/** σ of each training timestep, in the float32 of diffusers. */
export function trainedSigmas(alphas: Float32Array): Float32Array {
  return alphas.map(alpha => Math.sqrt(fround(fround(1 - alpha) / alpha)))
}

/** Linear interpolation of `table` at fractional positions. */
export function interpolate(table: Float32Array, positions: readonly number[]): readonly number[] {
  return positions.map(position => {
    const low = Math.max(0, Math.min(table.length - 1, Math.floor(position)))
    const [a = 0, b = a] = [table[low], table[low + 1]]
    return a + (b - a) * Math.max(0, Math.min(1, position - low))
  })
}

/** From a noise level to the (fractional) timestep that has it, linear in log σ. `table` ascends. */
export function timestepFinder(table: Float32Array): (sigma: number) => number {
  const logs = table.map(Math.log)
  const last = logs.length - 2
  return sigma => {
    const log = Math.log(Math.max(sigma, 1e-10))
    const above = logs.findIndex(level => level > log)
    const low = above === -1 ? last : Math.max(0, Math.min(last, above - 1))
    const [a = 0, b = 1] = [logs[low], logs[low + 1]]
    return low + Math.max(0, Math.min(1, (a - log) / (a - b)))
  }
}

/** How σ is respaced between the largest and the smallest; undefined when it is not. */
export function respacing(
  config: SchedulerConfig,
): ((largest: number, smallest: number, steps: number) => readonly number[]) | undefined {
  refuseOptions(config, ['use_beta_sigmas', 'use_lu_lambdas'])
  const least = (smallest: number): number => numberOption(config, 'sigma_min', smallest)
  const most = (largest: number): number => numberOption(config, 'sigma_max', largest)
  if (flagOption(config, 'use_karras_sigmas', false))
    return (largest, smallest, steps) => karras(most(largest), least(smallest), steps)
  if (flagOption(config, 'use_exponential_sigmas', false)) {
    return (largest, smallest, steps) =>
      linspace(Math.log(most(largest)), Math.log(least(smallest)), steps).map(Math.exp)
  }
  return undefined
}

const rho = 7

function karras(largest: number, smallest: number, steps: number): readonly number[] {
  const [from, to] = [largest ** (1 / rho), smallest ** (1 / rho)]
  return linspace(0, 1, steps).map(share => (from + share * (to - from)) ** rho)
}
