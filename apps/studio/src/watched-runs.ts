// How often the network is really run: a step behind all others, so that it sees only calls that reach the session.
import { defineAlgorithm, refuse, type Step } from '@damson/core'

/** A step that calls back for each run of the denoiser, with the step of the loop. It changes nothing. */
export function watchRuns(onRun: (step: number) => void): Step {
  return defineAlgorithm({
    id: '@damson/studio/watch-runs',
    version: 1,
    summary: 'Tells of each run of the denoiser.',
    contract: {},
    params: {},
    groups: part =>
      part.role === 'denoiser'
        ? [{ sites: [{ part }] }]
        : refuse(`has the role "${part.role}"; only a denoiser is watched`, part.name),
    wrap:
      ({ parts: [part = ''] }) =>
      () => ({
        part,
        around: next => (feeds, call) => {
          onRun(call.step)
          return next(feeds, call)
        },
      }),
  })()
}
