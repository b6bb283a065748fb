// Euler's method on the probability flow ODE (Karras et al. 2022, arXiv 2206.00364, algorithm 2 without churn).
import { denoisedOfScaled, predictionOf } from './prediction.ts'
import { choiceOption } from './scheduler-options.ts'
import type { Scheduler, SchedulerConfig } from './scheduler.ts'
import { eulerTimes, scaledSchedule, sigmaTable } from './sigma-schedule.ts'
import { weightedSum } from './weighted-sum.ts'

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
          // x + (x − x₀)/σ · (σ′ − σ)
          const moved = weightedSum([next / sigma, sample], [1 - next / sigma, denoised])
          return { sample: moved, denoised, state: { calls: state.calls + 1, outputs: [] } }
        },
      }
    },
  }
}
