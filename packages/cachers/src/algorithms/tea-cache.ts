// What the first attention of a transformer reads, the stream after norm and modulation, moves from step to step as the output
// does, and costs next to nothing. Its changes are summed up; while the sum is small the blocks are not run:
//   aₛ = a₍ₛ₋₁₎ + p(mean|mₛ − m₍ₛ₋₁₎| / mean|m₍ₛ₋₁₎|)      aₛ < threshold:  xₙ = x₀ + (xₙ − x₀)_full,    else run, and a = 0
// p is a polynomial from changes of m to changes of the output, fitted on recorded runs; without samples p(x) = x.
import { defineAlgorithm, real, refuse, type Branch, type Middleware, type Port, type TensorData, type Values } from '@damson/core' // prettier-ignore
import { inferTypes, isRefusal, type Graph, type Refusal } from '@damson/graph'
import { addChangeTest, testPorts } from '../gating/change-test.ts'
import { deepGate, stackGates } from '../gating/deep-gates.ts'
import { driveGates } from '../gating/gate-middleware.ts'
import { gatePorts } from '../gating/gate-ports.ts'
import type { WantedGate } from '../gating/gate-region.ts'
import { gateContract, gateGroups, gateModel } from '../gating/gated-step.ts'
import { fitPolynomial } from '../learning/polynomial.ts'
import { recordedChanges } from '../learning/recorded-changes.ts'
import { ordered } from '../structure/between.ts'
import { denoiserInputs, type DenoiserInputs } from '../structure/denoiser-inputs.ts'
import { dependents } from '../structure/dependence.ts'
import { modulatedInput } from '../structure/modulated-input.ts'
import { skipLevels } from '../structure/skip-levels.ts'
import { stacks } from '../structure/stacks.ts'

const params = {
  /** Summed relative change of the output since the last full step below which the blocks are not run; 0 never reuses. */
  threshold: real({
    min: 0,
    max: 100,
    default: 0.25,
    live: true,
    doc: 'Summed relative change since the last full step below which the blocks are not run; 0 never reuses.',
  }),
}

/** Reuses what the blocks of a transformer add while the sum of changes of its first modulated input is small. */
export const teaCache = defineAlgorithm({
  id: '@damson/cachers/tea-cache',
  version: 1,
  summary:
    'Reuses what the blocks of a transformer add while the changes of what they read sum up to little.',
  paper: 'https://arxiv.org/abs/2411.19108',
  contract: gateContract,
  params,
  groups: (part, ctx) => gateGroups(part, blockGates, ctx),
  async fit(ctx): Promise<Fitted> {
    const found: Record<string, readonly number[]> = {}
    for (const name of ctx.parts) {
      const graph = inferTypes(ctx.model.part(name).graph)
      const inputs = denoiserInputs(graph)
      const watched = inputs && watchedOf(graph, inputs)
      if (!watched || isRefusal(watched)) continue
      const changes = await recordedChanges(ctx, name, watched.value)
      found[name] = fitPolynomial(changes, degree) ?? []
    }
    return found
  },
  rewrite: (model, ctx, fitted) =>
    gateModel(model, ctx, blockGates, (graph, inputs, part) => {
      const watched = watchedOf(graph, inputs)
      const polynomial = fitted[part] ?? []
      const through = polynomial.length > 0 ? { polynomial } : {}
      return isRefusal(watched)
        ? undefined
        : addChangeTest(graph, { name: testName, value: watched.value, ...through })
    }),
  kept: (): Fitted => ({}),
  wrap: ctx => reuseBlocks(ctx.parts[0] ?? '', ctx.step, ctx.params, ctx.ports),
})

/** By part: coefficients c₀, c₁, … of p; none where p(x) = x. */
type Fitted = Readonly<Record<string, readonly number[]>>

const testName = 'input'
/** Source: TeaCache fits degree 4. */
const degree = 4

interface Watched {
  /** What the first attention reads. */
  readonly value: string
  readonly gates: readonly WantedGate[]
}

function blockGates(graph: Graph, inputs: DenoiserInputs): readonly WantedGate[] | Refusal {
  const found = watchedOf(graph, inputs)
  return isRefusal(found) ? found : found.gates
}

function watchedOf(graph: Graph, { sample }: DenoiserInputs): Watched | Refusal {
  const samples = dependents(graph, [sample])
  if (skipLevels(ordered(graph), samples).length > 0)
    return refuse('is a U-Net: its transformer blocks stand apart, and the input of the first says little of the others') // prettier-ignore
  const found = stacks(graph, sample)
  const picture = found[0]?.find(({ start }) => samples.has(start))
  const value = picture && modulatedInput(graph, picture)
  if (value === undefined) return refuse('has no stack of transformer blocks')
  const gates = stackGates(found).map(gate => ({ ...gate, keep: [value] }))
  return { value, gates }
}

/** One generation: by branch, what was read at the call before, and the sum of changes since the last full step. */
function reuseBlocks(
  part: string,
  id: string,
  given: Values<typeof params>,
  ports: readonly Port[],
): Middleware {
  // prettier-ignore
  return ({ controls, steps }) => {
    const { threshold } = { ...given, ...controls?.[id] }
    const test = testPorts(ports, testName)
    const before = new Map<Branch, { readonly value: TensorData; readonly sum: number }>()
    return driveGates({
      part,
      gates: [
        {
          ports: gatePorts(ports, deepGate),
          decide: ({ branch, step }) => {
            const last = before.get(branch)
            if (!last || threshold === 0 || (steps !== undefined && step === steps - 1)) return 'run'
            return { feeds: test.ask(last.value, threshold - last.sum), ran: test.ran }
          },
          after: ({ branch }, outputs, ran) => {
            const value = test.watched(outputs)
            const sum = ran ? 0 : (before.get(branch)?.sum ?? 0) + test.change(outputs)
            if (value) before.set(branch, { value, sum })
          },
        },
      ],
    })
  }
}
