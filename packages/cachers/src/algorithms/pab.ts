// Attention changes less from step to step than the rest of a network, and cross-attention least. Within a window of the
// schedule what an attention gave is broadcast to the steps that follow, by kind:
//   x + g(t)·Aₛ,    s = the last step at which attention of that kind ran,    at most `spatial` or `cross` steps ago
import { defineAlgorithm, int, pair, refuse, type Middleware, type Port, type Values } from '@damson/core'
import { branchGates } from '../gating/branch-gates.ts'
import { driveGates, type GateCall } from '../gating/gate-middleware.ts'
import { gateNames, gatePorts } from '../gating/gate-ports.ts'
import { gateContract, gateGroups, gateModel, type FindGates } from '../gating/gated-step.ts'

const params = {
  /** Steps for which self-attention runs once; 1 never reuses. */
  spatial: int({
    min: 1,
    max: 50,
    default: 2,
    live: true,
    doc: 'Steps for which attention that reads the latents runs once; 1 never reuses.',
  }),
  /** Steps for which cross-attention runs once; 1 never reuses. */
  cross: int({
    min: 1,
    max: 50,
    default: 6,
    live: true,
    doc: 'Steps for which attention whose keys come from the text alone runs once; 1 never reuses.',
  }),
  /** Timesteps, of 1000, between which attention is reused. */
  window: pair({
    of: { kind: 'real', min: 0, max: 1000 },
    default: [100, 800],
    live: true,
    doc: 'Timesteps, of 1000, between which attention is reused; outside every attention runs.',
  }),
}
type Given = Values<typeof params>

/** Broadcasts attention outputs to later steps, each kind of attention with a range of its own. */
export const pab = defineAlgorithm({
  id: '@damson/cachers/pab',
  version: 1,
  summary: 'Broadcasts attention outputs to later steps: self-attention to few, cross-attention to more.',
  paper: 'https://arxiv.org/abs/2408.12588',
  contract: gateContract,
  params,
  groups: (part, ctx) => gateGroups(part, attentionGates, ctx),
  rewrite: (model, ctx) => gateModel(model, ctx, attentionGates),
  wrap: ctx => broadcast(ctx.parts[0] ?? '', ctx.step, ctx.params, ctx.ports),
})

const attentionGates: FindGates = (graph, inputs) => {
  const gates = branchGates(graph, inputs, { self: 'spatial', cross: 'cross' })
  return gates.length > 0 ? gates : refuse('has no attention in a residual branch')
}

/** One generation: a gate stays shut inside the window until its range is over. */
function broadcast(part: string, id: string, given: Given, ports: readonly Port[]): Middleware {
  return ({ controls, steps }) => {
    const now = { ...given, ...controls?.[id] }
    return driveGates({
      part,
      gates: gateNames(ports).map(name => {
        const range = name === 'cross' ? now.cross : now.spatial
        return {
          ports: gatePorts(ports, name),
          decide: call => {
            const since = call.step - (call.kept[0]?.step ?? 0)
            return isWithin(now.window, call, steps) && since < range ? {} : 'run'
          },
        }
      }),
    })
  }
}

/** Models of flow matching are fed 0 to 1; a model that is fed no time has it from the step. */
function isWithin([from, to]: readonly [number, number], call: GateCall, steps: number | undefined): boolean {
  const { time, kept, step } = call
  if (time === undefined) {
    const left = steps === undefined ? (from + to) / 2 : 1000 * (1 - step / steps)
    return from < left && left < to
  }
  const unit = Math.max(time, kept[0]?.time ?? 0) > 1 ? 1 : 1000
  return from < time * unit && time * unit < to
}
