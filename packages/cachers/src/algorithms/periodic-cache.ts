// The denoiser's whole output is reused between real runs: its prediction changes slowly from step to step. The simplest
// cacher, and the yardstick for those that cache inside the network. Works at run time; the graph stays as it is.
import { defineAlgorithm, int, type Middleware, type Values } from '@damson/core'
import { reuseOutputs, wholeContract, wholeGroups } from '../gating/whole-output.ts'
import { isDue, scheduleParam, stepKind } from '../schedule/schedule.ts'

const params = {
  /** Steps from one real run to the next; 1 never reuses. */
  interval: int({
    min: 1,
    max: 50,
    default: 2,
    live: true,
    doc: 'Steps from one real run to the next; 1 never reuses.',
  }),
  /** First steps that always run. */
  start: int({ min: 0, max: 1000, default: 2, live: true, doc: 'First steps that always run.' }),
  /** What each step does, in place of interval and start. */
  steps: scheduleParam,
}

/** Reuses the denoiser's output for `interval - 1` of every `interval` steps. */
export const periodicCache = defineAlgorithm({
  id: '@damson/cachers/periodic-cache',
  version: 1,
  summary: 'Reuses the whole output of the denoiser between real runs.',
  contract: wholeContract,
  params,
  groups: wholeGroups,
  wrap: ctx => reuseEvery(ctx.parts[0] ?? '', ctx.step, ctx.params),
})

/** Step s runs if s < start or (s - start) is a multiple of the interval; so does every first call of a branch or of other sizes. */
function reuseEvery(part: string, id: string, given: Values<typeof params>): Middleware {
  return ({ controls }) => {
    const { interval, start, steps } = { ...given, ...controls?.[id] }
    return reuseOutputs({
      part,
      make: (_feeds, { step }, [last]) =>
        stepKind(steps, step, isDue(step, interval, start)) === 'full' ? undefined : last?.outputs,
    })
  }
}
