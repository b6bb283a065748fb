// Features move along smooth paths from step to step, so what they will be can be forecast from what they were:
//   F(x) ≈ Σᵢ F⁽ⁱ⁾(x₀)·(x − x₀)ⁱ / i!,    i = 0…order, the derivatives from finite differences between full steps.
// A forecast is linear in the features, so it commutes with the sum of what the blocks of a stream add: one forecast of the
// sum stands for a forecast of each block. Of the whole output it needs no run at all.
import { defineAlgorithm, int, oneOf, type Middleware, type Port, type Values } from '@damson/core'
import { isRefusal } from '@damson/graph'
import { combinedOutputs } from '../gating/combined-tensors.ts'
import { deepGate, deepGates } from '../gating/deep-gates.ts'
import { driveGates } from '../gating/gate-middleware.ts'
import { gatePorts } from '../gating/gate-ports.ts'
import { gateContract, gateGroups, gateModel, type FindGates } from '../gating/gated-step.ts'
import { reuseOutputs, wholeGroups } from '../gating/whole-output.ts'
import { forecastWeights } from '../schedule/forecast.ts'
import { isDue, scheduleParam, stepKind, type StepKind } from '../schedule/schedule.ts'

const params = {
  /** Steps from one full run to the next; 1 never forecasts. */
  interval: int({
    min: 1,
    max: 20,
    default: 4,
    live: true,
    doc: 'Steps from one full run to the next; 1 never forecasts.',
  }),
  /** Derivatives that a forecast uses; 0 repeats the last result. */
  order: int({ min: 0, max: 4, default: 1, doc: 'Derivatives that a forecast uses; 0 repeats the last result.' }), // prettier-ignore
  /** First steps that always run. */
  start: int({ min: 0, max: 1000, default: 2, live: true, doc: 'First steps that always run.' }),
  /** What is forecast. */
  scope: oneOf({
    options: ['features', 'output'],
    default: 'features',
    doc: 'What is forecast: features inside the network, or its whole output, for which nothing runs.',
  }),
  /** Which skip connection of a U-Net. */
  depth: int({
    min: 0,
    max: 99,
    default: 'auto',
    or: ['auto'],
    doc: 'Of a U-Net, the skip connection below which features are forecast: 0 is the shallowest; auto takes that.',
  }),
  /** What each step does, in place of interval and start. */
  steps: scheduleParam,
}
type Given = Values<typeof params>

/** Forecasts what comes out of the deep of a denoiser, or its whole output. */
export const taylorSeer = defineAlgorithm({
  id: '@damson/cachers/taylor-seer',
  version: 1,
  summary: 'Forecasts features of a denoiser, or its whole output, from those of earlier full steps.',
  paper: 'https://arxiv.org/abs/2503.06923',
  contract: gateContract,
  params,
  groups: (part, ctx) =>
    ctx.params.scope === 'output' ? wholeGroups(part) : gateGroups(part, forecastGates(ctx.params), ctx),
  rewrite: (model, ctx) =>
    ctx.params.scope === 'output' ? model : gateModel(model, ctx, forecastGates(ctx.params)),
  wrap: ctx => {
    const part = ctx.parts[0] ?? ''
    return ctx.params.scope === 'output'
      ? forecastOutput(part, ctx.step, ctx.params)
      : forecastFeatures(part, ctx.step, ctx.params, ctx.ports)
  },
})

function forecastGates({ depth, order }: Given): FindGates {
  return (graph, inputs) => {
    const gates = deepGates(depth)(graph, inputs)
    return isRefusal(gates) ? gates : gates.map(gate => ({ ...gate, history: order + 1 }))
  }
}

function kindOf(step: number, { steps, interval, start }: Given): StepKind {
  return stepKind(steps, step, isDue(step, interval, start), 'forecast')
}

/** Of what was kept at earlier steps, the last first. */
function weightsOf(
  kind: StepKind,
  step: number,
  kept: readonly { readonly step: number }[],
  { order }: Given,
): readonly number[] {
  return forecastWeights(step, kept.map(each => each.step), kind === 'reuse' ? 0 : order) // prettier-ignore
}

/** One generation: full steps keep what the gates let through, the others forecast it from the last of them. */
function forecastFeatures(part: string, id: string, given: Given, ports: readonly Port[]): Middleware {
  return ({ controls }) => {
    const now = { ...given, ...controls?.[id] }
    return driveGates({
      part,
      gates: [
        {
          ports: gatePorts(ports, deepGate),
          decide: call => {
            const kind = kindOf(call.step, now)
            if (kind === 'full') return 'run'
            return { weights: weightsOf(kind, call.step, call.kept, given) }
          },
        },
      ],
    })
  }
}

/** One generation: full steps run, the others are made of their outputs. */
function forecastOutput(part: string, id: string, given: Given): Middleware {
  return ({ controls }) => {
    const now = { ...given, ...controls?.[id] }
    return reuseOutputs({
      part,
      history: given.order + 1,
      make: (_feeds, { step }, kept) => {
        const kind = kindOf(step, now)
        if (kind === 'full') return undefined
        return combinedOutputs(weightsOf(kind, step, kept, given), kept.map(({ outputs }) => outputs)) // prettier-ignore
      },
    })
  }
}
