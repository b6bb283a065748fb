// How much of the picture is left at each training timestep: ᾱ_t = Π(1 − β_t). diffusers computes it in float32, and 1 − ᾱ
// loses up to 1e-4 of its value where t is small, so every operation here is rounded as torch rounds it.
import { choiceOption, flagOption, numberOption, numbersOption } from './scheduler-options.ts'
import type { SchedulerConfig } from './scheduler.ts'

const { fround } = Math
const schedules = ['linear', 'scaled_linear', 'squaredcos_cap_v2', 'exp', 'laplace', 'sigmoid'] as const

/** ᾱ of each training timestep [num_train_timesteps]. */
export function cumulativeAlphas(config: SchedulerConfig, defaults: SchedulerConfig = {}): Float32Array {
  const all = { ...defaults, ...config }
  const plain = betasOf(all)
  const betas = flagOption(all, 'rescale_betas_zero_snr', false) ? rescaled(plain) : plain
  return cumulativeProduct(betas)
}

function betasOf(config: SchedulerConfig): Float32Array {
  const trained = numbersOption(config, 'trained_betas')
  if (trained) return Float32Array.from(trained)
  const count = numberOption(config, 'num_train_timesteps', 1000)
  const start = numberOption(config, 'beta_start', 0.0001)
  const end = numberOption(config, 'beta_end', 0.02)
  switch (choiceOption(config, 'beta_schedule', schedules, 'linear')) {
    case 'linear':
      return linspace32(start, end, count)
    case 'scaled_linear':
      return linspace32(Math.sqrt(start), Math.sqrt(end), count).map(root => root * root)
    case 'sigmoid':
      return linspace32(-6, 6, count).map(x => fround(fround(1 / (1 + Math.exp(-x))) * (end - start)) + start)
    case 'squaredcos_cap_v2':
      return fromBar(count, t => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2)
    case 'exp':
      return fromBar(count, t => Math.exp(-12 * t))
    case 'laplace':
      return fromBar(count, laplaceBar)
  }
}

function laplaceBar(t: number): number {
  const sign = Object.is(0.5 - t, -0) || t > 0.5 ? -1 : 1
  const snr = Math.exp(-0.5 * sign * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6))
  return Math.sqrt(snr / (1 + snr))
}

/** β from a given ᾱ(t) over t in 0…1, at most 0.999. */
function fromBar(count: number, bar: (t: number) => number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) =>
    Math.min(1 - bar((i + 1) / count) / bar(i / count), 0.999),
  )
}

/** torch.linspace in float32: from both ends to the middle. */
function linspace32(start: number, end: number, count: number): Float32Array {
  const [from, to] = [fround(start), fround(end)]
  const step = fround(fround(to - from) / (count - 1))
  return Float32Array.from({ length: count }, (_, i) =>
    i < count / 2 ? from + step * i : to - step * (count - 1 - i),
  )
}

/** Cumulative product of 1 − β, accumulated in double precision as torch does. */
function cumulativeProduct(betas: Float32Array): Float32Array {
  let product = 1
  return betas.map(beta => (product *= fround(1 - beta)))
}

/** Shifted and scaled so that nothing of the picture is left at the last timestep (Lin et al. 2023, arXiv 2305.08891). */
function rescaled(betas: Float32Array): Float32Array {
  const roots = cumulativeProduct(betas).map(Math.sqrt)
  const [first = 1, last = 0] = [roots[0], roots.at(-1)]
  const factor = fround(first / fround(first - last))
  const bars = roots.map(root => fround(root - last) * factor).map(root => root * root)
  return bars.map((bar, i) => 1 - fround(i === 0 ? bar : bar / (bars[i - 1] ?? 1)))
}
