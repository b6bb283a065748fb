// The denoiser's whole output is reused between real runs: its prediction changes slowly from step to step. The simplest
// cacher, and the yardstick for those that cache inside the network. Works at run time; the graph stays as it is.
import {
  defineAlgorithm,
  int,
  refuse,
  type Branch,
  type Middleware,
  type Outputs,
  type Values,
} from '@damson/core'

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
}

/** Reuses the denoiser's output for `interval - 1` of every `interval` steps. */
export const periodicCache = defineAlgorithm({
  id: '@damson/cachers/periodic-cache',
  version: 1,
  summary: 'Reuses the whole output of the denoiser between real runs.',
  contract: { needs: ['loop:denoise', 'run:always'], takes: ['run:always'] },
  params,
  groups: part =>
    part.role === 'denoiser'
      ? [{ sites: [{ part }], needs: ['loop:denoise', 'run:always'], takes: ['run:always'] }]
      : refuse(`has the role "${part.role}"; only a denoiser is run once a step`, part.name),
  wrap: ctx => reuseEvery(ctx.parts[0] ?? '', ctx.step, ctx.params),
})

interface Kept {
  readonly outputs: Outputs
  readonly rows: number
}

/** Step s runs if s < start or (s - start) is a multiple of the interval; so does every first call of a branch or batch size. */
function reuseEvery(part: string, step: string, given: Values<typeof params>): Middleware {
  return ({ controls }) => {
    const { interval, start } = { ...given, ...controls?.[step] }
    const kept = new Map<Branch, Kept>()
    return {
      part,
      around: next => async (feeds, call) => {
        const due = call.step < start || (call.step - start) % interval === 0
        const last = kept.get(call.branch)
        if (!due && last?.rows === call.rows) return last.outputs
        const outputs = await next(feeds, call)
        kept.set(call.branch, { outputs, rows: call.rows })
        return outputs
      },
    }
  }
}
