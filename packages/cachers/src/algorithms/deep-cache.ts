// A U-Net's deep half changes slowly from step to step, its shallow half carries the detail. Between full steps only what lies
// above one skip connection runs; what would have come up from below is that of the last full step:
//   full:   y = up(concat(skip, d)), d = deep(skip, t)          reuse:   y = up(concat(skip, d_last))
import { defineAlgorithm, int, oneOf, type Middleware, type Port, type Values } from '@damson/core'
import { deepGate, levelGate } from '../gating/deep-gates.ts'
import { driveGates } from '../gating/gate-middleware.ts'
import { gatePorts } from '../gating/gate-ports.ts'
import { gateContract, gateGroups, gateModel } from '../gating/gated-step.ts'
import { scheduleParam, stepKind } from '../schedule/schedule.ts'
import { fullSteps } from '../schedule/full-steps.ts'

const params = {
  /** Steps from one full run to the next; 1 never reuses. */
  interval: int({
    min: 1,
    max: 10,
    default: 2,
    live: true,
    doc: 'Steps from one full run to the next; 1 never reuses.',
  }),
  /** Which skip connection: 0 is the shallowest, where least is left to run. */
  depth: int({
    min: 0,
    max: 99,
    default: 'auto',
    or: ['auto'],
    doc: 'The skip connection above which everything runs: 0 is the shallowest and skips most; auto takes that.',
  }),
  /** Full steps evenly spaced, or closer together around the middle of a generation. */
  schedule: oneOf({
    options: ['uniform', 'power'],
    default: 'uniform',
    live: true,
    doc: 'Full steps evenly spaced, or (power) closer together early in the generation; power needs the number of steps.',
  }),
  /** What each step does, in place of interval and schedule. */
  steps: scheduleParam,
}

/** Reuses what comes up from the deep levels of a U-Net. */
export const deepCache = defineAlgorithm({
  id: '@damson/cachers/deep-cache',
  version: 1,
  summary: 'Reuses what comes up from the deep levels of a U-Net between full steps.',
  paper: 'https://arxiv.org/abs/2312.00858',
  contract: gateContract,
  params,
  groups: (part, ctx) => gateGroups(part, levelGate(ctx.params.depth), ctx),
  rewrite: (model, ctx) => gateModel(model, ctx, levelGate(ctx.params.depth)),
  wrap: ctx => reuseDeep(ctx.parts[0] ?? '', ctx.step, ctx.params, ctx.ports),
})

/** One generation: the gate is open on full steps, on every first call of a branch, and whenever sizes change. */
function reuseDeep(
  part: string,
  id: string,
  given: Values<typeof params>,
  ports: readonly Port[],
): Middleware {
  return ({ controls, steps: total }) => {
    const { interval, schedule, steps } = { ...given, ...controls?.[id] }
    const isFull = fullSteps({ kind: schedule, interval }, total)
    return driveGates({
      part,
      gates: [
        {
          ports: gatePorts(ports, deepGate),
          decide: ({ step }) => (stepKind(steps, step, isFull(step)) === 'full' ? 'run' : {}),
        },
      ],
    })
  }
}
