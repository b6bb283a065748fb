// Euler steps that go down further than the next level and come back up with fresh noise (Crowson's k-diffusion).
import { denoisedOfScaled, predictionOf } from './prediction.ts'
import type { Scheduler, SchedulerConfig } from './scheduler.ts'
import { eulerTimes, scaledSchedule, sigmaTable } from './sigma-schedule.ts'
import { needNoise } from './step-noise.ts'
import { weightedSum } from './weighted-sum.ts'

/** `EulerAncestralDiscreteScheduler`. */
export function eulerAncestral(config: SchedulerConfig = {}): Scheduler {
  const table = sigmaTable(config)
  const prediction = predictionOf(config, ['epsilon', 'v_prediction'])
  return {
    name: 'EulerAncestralDiscreteScheduler',
    config,
    schedule({ steps }) {
      const times = eulerTimes(config, table, steps)
      const { sigmas } = times
      return {
        ...scaledSchedule(config, times, 'linspace'),
        needsNoise: index => (sigmas[index + 1] ?? 0) > 0,
        step({ sample, output, index, state, noise }) {
          const [from = 0, to = 0] = [sigmas[index], sigmas[index + 1]]
          const denoised = denoisedOfScaled(prediction, from, sample, output)
          const up = Math.sqrt((to ** 2 * (from ** 2 - to ** 2)) / from ** 2)
          const down = Math.sqrt(Math.max(0, to ** 2 - up ** 2))
          const moved = weightedSum(
            [down / from, sample],
            [1 - down / from, denoised],
            ...(to > 0 ? [[up, needNoise(noise, sample)] as const] : []),
          )
          return { sample: moved, denoised, state: { calls: state.calls + 1, outputs: [] } }
        },
      }
    },
  }
}
