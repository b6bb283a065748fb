// How much the first block of a transformer adds changes from step to step as what all of them add does. So the first block
// always runs; when its residual hardly moved since the last full step, that step's sum stands for what the others would add:
//   r = x₁ − x₀,  change = mean|r − r_full| / mean|r_full|        change < threshold:  xₙ = x₁ + (xₙ − x₁)_full
// Source: FBCache of ParaAttention.
import { defineAlgorithm, real, refuse, type Branch, type Middleware, type Port, type TensorData, type Values } from '@damson/core' // prettier-ignore
import { isRefusal, type Graph, type Refusal } from '@damson/graph'
import { addChangeTest, testPorts } from '../gating/change-test.ts'
import { streamGate } from '../gating/deep-gates.ts'
import { driveGates } from '../gating/gate-middleware.ts'
import { gatePorts } from '../gating/gate-ports.ts'
import type { WantedGate } from '../gating/gate-region.ts'
import { gateContract, gateGroups, gateModel } from '../gating/gated-step.ts'
import { ordered } from '../structure/between.ts'
import type { DenoiserInputs } from '../structure/denoiser-inputs.ts'
import { dependents } from '../structure/dependence.ts'
import { skipLevels } from '../structure/skip-levels.ts'
import { blocks, stacks } from '../structure/stacks.ts'

const params = {
  /** Relative change of the first block's residual below which the others are reused; 0 never reuses. */
  threshold: real({
    min: 0,
    max: 10,
    default: 0.08,
    live: true,
    doc: "Relative change of the first block's residual below which the others are reused; 0 never reuses.",
  }),
}

/** Reuses all blocks but the first while what the first one adds hardly changes. */
export const firstBlock = defineAlgorithm({
  id: '@damson/cachers/first-block',
  version: 1,
  summary: 'Reuses what the blocks of a transformer add while what the first one adds hardly changes.',
  contract: gateContract,
  params,
  groups: (part, ctx) => gateGroups(part, restGates, ctx),
  rewrite: (model, ctx) =>
    gateModel(model, ctx, restGates, (graph, inputs) => {
      const found = firstOf(graph, inputs)
      return isRefusal(found) ? undefined : addChangeTest(graph, { name: testName, ...found.residual })
    }),
  wrap: ctx => reuseRest(ctx.parts[0] ?? '', ctx.step, ctx.params, ctx.ports),
})

const testName = 'first'
const gateName = 'rest'

interface FirstBlock {
  /** What the first block added to the picture. */
  readonly residual: { readonly value: string; readonly base: string }
  readonly gates: readonly WantedGate[]
}

function restGates(graph: Graph, inputs: DenoiserInputs): readonly WantedGate[] | Refusal {
  const found = firstOf(graph, inputs)
  return isRefusal(found) ? found : found.gates
}

/** The first block of the first stack, in all of its streams, and gates around all that follows. */
function firstOf(graph: Graph, { sample }: DenoiserInputs): FirstBlock | Refusal {
  const samples = dependents(graph, [sample])
  if (skipLevels(ordered(graph), samples).length > 0)
    return refuse('is a U-Net: its transformer blocks stand apart, and the first says little of the others')
  const [first, ...later] = stacks(graph, sample)
  const picture = first?.find(({ start }) => samples.has(start))
  const ends = (first ?? []).map(chain => ({ end: chain.end, start: blocks(chain)[0]?.at(-1)?.sum ?? chain.end })) // prettier-ignore
  const value = picture && blocks(picture)[0]?.at(-1)?.sum
  if (!picture || value === undefined) return refuse('has no stack of transformer blocks')
  const left = ends.filter(({ start, end }) => start !== end)
  const gates = [
    ...(left.length > 0 ? [{ ...streamGate(gateName, left), keep: ends.map(({ start }) => start) }] : []),
    ...later.map(chains => streamGate(gateName, chains)),
  ]
  return gates.length > 0
    ? { residual: { value, base: picture.start }, gates }
    : refuse('has one transformer block; there are no others that could be reused')
}

/** One generation: by branch, the residual of the last full step is what later ones are compared with. */
function reuseRest(
  part: string,
  id: string,
  given: Values<typeof params>,
  ports: readonly Port[],
): Middleware {
  // prettier-ignore
  return ({ controls }) => {
    const { threshold } = { ...given, ...controls?.[id] }
    const test = testPorts(ports, testName)
    const residuals = new Map<Branch, TensorData>()
    return driveGates({
      part,
      gates: [
        {
          ports: gatePorts(ports, gateName),
          decide: ({ branch }) => {
            const before = residuals.get(branch)
            return before && threshold > 0 ? { feeds: test.ask(before, threshold), ran: test.ran } : 'run'
          },
          after: ({ branch }, outputs, ran) => {
            const residual = test.watched(outputs)
            if (ran && residual) residuals.set(branch, residual)
          },
        },
      ],
    })
  }
}
