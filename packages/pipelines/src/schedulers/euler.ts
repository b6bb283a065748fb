// Euler's method on the probability flow ODE (Karras et al. 2022, arXiv 2206.00364, algorithm 2 without churn).
import { denoisedOfScaled, predictionOf } from './prediction.ts'
import { choiceOption } from './scheduler-options.ts'
import type { Scheduler, SchedulerConfig } from './scheduler.ts'
import { eulerTimes, scaledSchedule, sigmaTable } from './sigma-schedule.ts'

const { fround } = Math

/** `EulerDiscreteScheduler`. */
export function euler(config: SchedulerConfig = {}): Scheduler {
  const table = sigmaTable(config)
  const prediction = predictionOf(config, ['epsilon', 'v_prediction', 'sample'])
  const continuous =
    choiceOption(config, 'timestep_type', ['discrete', 'continuous'], 'discrete') === 'continuous' &&
    prediction === 'v_prediction'
  return {
    name: 'EulerDiscreteScheduler',
    config,
    schedule({ steps }) {
      const { timesteps, sigmas } = eulerTimes(config, table, steps)
      const times = continuous
        ? sigmas.slice(0, -1).map(sigma => Math.fround(0.25 * Math.log(sigma)))
        : timesteps
      return {
        ...scaledSchedule(config, { timesteps: times, sigmas }, 'linspace'),
        step({ sample, output, index, state }) {
          const [sigma = 0, next = 0] = [sigmas[index], sigmas[index + 1]]
          const denoised = denoisedOfScaled(prediction, sigma, sample, output)
          const moved = sample.map((x, i) => moved32(x, denoised[i] ?? 0, sigma, next))
          return { sample: moved, denoised, state: { calls: state.calls + 1, outputs: [] } }
        },
      }
    },
  }
}

/** x + (x − x₀)/σ · (σ′ − σ), rounded as torch rounds it: from σ = 4096 the sum cancels, and rounding is 1e-5 of what is left. */
function moved32(x: number, denoised: number, sigma: number, next: number): number {
  const slope = fround(fround(x - denoised) / sigma)
  return x + fround(slope * fround(next - sigma))
}
