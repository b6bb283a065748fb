// What the blocks of a transformer add to their stream changes slowly from step to step. On full steps it is computed and kept,
// in between it is added as it was:
//   block:      xₙ = x₀ + Σᵢ fᵢ(xᵢ)              reuse:  xₙ = x₀ + (Σᵢ fᵢ)_last
//   attention:  x + g(t)·Attention(norm(x, t))    reuse:  x + g(t)·Attention_last        (mlp likewise)
import { defineAlgorithm, int, oneOf, refuse, type Middleware, type Port, type Values } from '@damson/core'
import { branchGates } from '../gating/branch-gates.ts'
import { stackGates } from '../gating/deep-gates.ts'
import { driveGates } from '../gating/gate-middleware.ts'
import { gateNames, gatePorts } from '../gating/gate-ports.ts'
import { gateContract, gateGroups, gateModel, type FindGates } from '../gating/gated-step.ts'
import { isDue, scheduleParam, stepKind } from '../schedule/schedule.ts'
import { stacks } from '../structure/stacks.ts'

const params = {
  /** Steps from one full run to the next; 1 never reuses. */
  interval: int({
    min: 1,
    max: 20,
    default: 2,
    live: true,
    doc: 'Steps from one full run to the next; 1 never reuses.',
  }),
  /** First steps that always run. */
  start: int({ min: 0, max: 1000, default: 2, live: true, doc: 'First steps that always run.' }),
  /** What is reused. */
  scope: oneOf({
    options: ['block', 'attention', 'mlp'],
    default: 'block',
    doc: 'What is reused: what whole stacks of blocks added, or what their attentions or their feed-forwards gave.',
  }),
  /** What each step does, in place of interval and start. */
  steps: scheduleParam,
}
type Given = Values<typeof params>

/** Reuses what transformer blocks, or their attentions or feed-forwards, add to the stream. */
export const fora = defineAlgorithm({
  id: '@damson/cachers/fora',
  version: 1,
  summary: 'Reuses what transformer blocks, or their attentions or feed-forwards, add to the stream.',
  paper: 'https://arxiv.org/abs/2407.01425',
  contract: gateContract,
  params,
  groups: (part, ctx) => gateGroups(part, gatesOf(ctx.params.scope), ctx),
  rewrite: (model, ctx) => gateModel(model, ctx, gatesOf(ctx.params.scope)),
  wrap: ctx => reuseBlocks(ctx.parts[0] ?? '', ctx.step, ctx.params, ctx.ports),
})

function gatesOf(scope: Given['scope']): FindGates {
  return (graph, inputs) => {
    const gates =
      scope === 'block'
        ? stackGates(stacks(graph, inputs.sample))
        : branchGates(graph, inputs, scope === 'mlp' ? { mlp: 'mlp' } : { self: 'attention', cross: 'attention' }) // prettier-ignore
    if (gates.length > 0) return gates
    return refuse(
      scope === 'block'
        ? 'has no transformer blocks: no chain of residual additions with attention in it'
        : `has no residual branches of the kind ${scope} in transformer blocks`,
    )
  }
}

/** One generation: all gates open on full steps and stay shut in between. */
function reuseBlocks(part: string, id: string, given: Given, ports: readonly Port[]): Middleware {
  return ({ controls }) => {
    const { interval, start, steps } = { ...given, ...controls?.[id] }
    return driveGates({
      part,
      gates: gateNames(ports).map(name => ({
        ports: gatePorts(ports, name),
        decide: ({ step }) => (stepKind(steps, step, isDue(step, interval, start)) === 'full' ? 'run' : {}),
      })),
    })
  }
}
