// Keys and values of the text, tables of positions and embeddings of sizes are the same at every step of a generation: they are
// computed at the first step and handed on from there. Nothing is approximated:
//   k = text·Wₖ,  v = text·Wᵥ      once a prompt, in place of once a step
import { defineAlgorithm, refuse, type Feeds, type Group, type Middleware, type Part, type Port, type TensorData } from '@damson/core' // prettier-ignore
import { isRefusal, type Refusal } from '@damson/graph'
import { driveGates } from '../gating/gate-middleware.ts'
import { gatePorts } from '../gating/gate-ports.ts'
import { gateContract, gateModel, type FindGates } from '../gating/gated-step.ts'
import { constantNames, denoiserOf } from '../structure/denoiser-inputs.ts'
import { stepConstant } from '../structure/step-constant.ts'

/** Computes what does not depend on the latents or the time once a generation. */
export const textKv = defineAlgorithm({
  id: '@damson/cachers/text-kv',
  version: 1,
  summary:
    'Computes once a generation what depends neither on the latents nor on the time: keys and values of the text.',
  contract: { ...gateContract, needs: [...gateContract.needs, 'io:source'] },
  params: {},
  groups: part => constantGroups(part),
  rewrite: (model, ctx) => gateModel(model, ctx, constantGate),
  wrap: ctx => keepConstant(ctx.parts[0] ?? '', ctx.ports),
})

const gateName = 'constant'

const constantGate: FindGates = (graph, inputs) => {
  const { nodes, values } = stepConstant(graph, inputs)
  if (nodes.length > 0) return [{ name: gateName, cuts: values.map(value => ({ value })), region: nodes }]
  return inputs.constant.length === 0
    ? refuse('has only inputs that change from step to step; there is nothing that could be computed once')
    : refuse(`computes no product from ${inputs.constant.join(', ')} alone, so nothing is worth being kept`)
}

/** It needs and takes what is constant, so it comes before the other cachers, which take that along without needing it. */
function constantGroups(part: Part): readonly Group[] | Refusal {
  const inputs = denoiserOf(part)
  if (isRefusal(inputs)) return inputs
  const gates = constantGate(part.graph, inputs)
  if (isRefusal(gates)) return gates
  const known = constantNames(Object.values(inputs).flatMap(name => name ?? []))
  if (known.includes(inputs.sample))
    return refuse(
      `calls its latents "${inputs.sample}", so they cannot be told from what is constant`,
      part.name,
    )
  return gates.map(({ region = [] }) => ({
    sites: region.map(node => ({ node })),
    // What is fed is compared, so ports of others come after.
    needs: ['loop:denoise', 'run:always', 'io:source'],
    takes: ['run:always', 'io:source'],
  }))
}

/** One generation: by branch, the constants are computed anew when any of them differs from those that they were made of. */
function keepConstant(part: string, ports: readonly Port[]): Middleware {
  return () => {
    const madeOf = new Map<string, Feeds>()
    return driveGates({
      part,
      gates: [
        {
          ports: gatePorts(ports, gateName),
          decide: ({ branch, feeds }) => (isSame(madeOf.get(branch) ?? {}, constantsOf(feeds)) ? {} : 'run'),
          after: ({ branch }, _outputs, ran, feeds) => {
            if (ran) madeOf.set(branch, constantsOf(feeds))
          },
        },
      ],
    })
  }
}

function constantsOf(feeds: Feeds): Feeds {
  const names = new Set(constantNames(Object.keys(feeds)))
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => names.has(name)))
}

function isSame(before: Feeds, now: Feeds): boolean {
  const names = Object.keys(now)
  return names.length === Object.keys(before).length && names.every(name => isEqual(before[name], now[name]))
}

/** The same tensor, or the same bits in it: NaN equals itself and -0 is not 0. */
function isEqual(a: TensorData | undefined, b: TensorData | undefined): boolean {
  if (a === b) return true
  if (!a || !b || a.dtype !== b.dtype || a.data.length !== b.data.length) return false
  for (let at = 0; at < a.data.length; at++) if (!Object.is(a.data[at], b.data[at])) return false
  return true
}
