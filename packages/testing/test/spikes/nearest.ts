// Round to nearest into 4-bit MatMulNBits: the yardstick of the spikes, the second quantizer where two meet, and what they
// share with it, from finding the matrices of MatMuls to putting codes in their place.
import {
  defineAlgorithm,
  int,
  refuse,
  type Context,
  type Group,
  type Model,
  type Params,
  type Part,
} from '@damson/core'
import {
  Draft,
  mapBodies,
  memoryTensor,
  numbers,
  weights,
  type Graph,
  type Node,
  type Refusal,
  type Tensor,
  type Weight,
} from '@damson/graph'
import { dequantizeBlocks, quantizeBlocks, type BlockSpec } from '@damson/numerics'

export const blockSize = int({ min: 16, max: 256, default: 32, doc: 'Weights along K that share a scale.' })

/** [N, kBlocks, blob] and [N, kBlocks]. */
export interface Codes {
  readonly packed: Tensor
  readonly scales: Tensor
}

export function specOf({ tensor }: Weight, size: number): BlockSpec {
  const [K = 0, N = 0] = tensor.shape
  return { K, N, layout: 'KN', bits: 4, blockSize: size, symmetric: true }
}

/** Matrices of MatMuls, in the order in which they run; the MatMuls may stand in the branches of an If. */
export function matMulWeights({ graph }: Part): readonly Weight[] {
  const isMatMul = ({ tensor, uses, scope }: Weight): boolean =>
    scope.path === '' && tensor.dtype === 'float32' && tensor.shape.length === 2 && uses.length > 0 &&
    uses.every(({ node, input }) => node.op === 'MatMul' && node.domain === '' && input === 1) // prettier-ignore
  const place = new Map(graph.nodes.map((node, at) => [node, at]))
  const first = ({ uses: [use] }: Weight): number => (use ? (place.get(use.node) ?? Infinity) : 0)
  return weights(graph).filter(isMatMul).sort((a, b) => first(a) - first(b)) // prettier-ignore
}

/** Every matrix of a MatMul is coded. */
export function codedGroups(part: Part): readonly Group[] | Refusal {
  const sites = matMulWeights(part).map(weight => ({ weight }))
  if (sites.length === 0) return refuse('has no MatMul with a float32 matrix', part.name)
  return [{ sites, needs: ['weight:float32'], takes: ['weight:float'], gives: ['weight:coded'] }]
}

type Claims = Pick<Context<Params>, 'groups' | 'parts'>

export function claimed(part: Part, ctx: Claims): readonly Weight[] {
  const ids = new Set(
    ctx.groups(part).flatMap(({ sites }) => sites.flatMap(site => ('weight' in site ? site.weight.id : []))),
  )
  return matMulWeights(part).filter(({ id }) => ids.has(id))
}

/** The codes stand where the weights stood, in the top graph; the MatMuls are rewritten in every body that has one. */
function withCodes(graph: Graph, coded: readonly { weight: Weight; codes: Codes }[], size: number): Graph {
  const byName = new Map(coded.map(({ weight, codes }) => [weight.name, { weight, codes }]))
  const changed = mapBodies(graph, (body, scope) => {
    const draft = new Draft(body, scope)
    for (const node of body.nodes) {
      const [input = '', name = ''] = node.inputs
      const found = node.op === 'MatMul' ? byName.get(name) : undefined
      if (!found) continue
      const inputs = [input, `${name}_Q4`, `${name}_scales`]
      draft.replace(node, {
        op: 'MatMulNBits',
        domain: 'com.microsoft',
        inputs,
        attributes: attributesOf(specOf(found.weight, size)),
      })
    }
    if (scope.path === '') for (const each of byName.values()) exchange(draft, each.weight, each.codes)
    return draft.finish()
  })
  const opsets = new Map(graph.header.opsets).set('com.microsoft', 1)
  return changed.with({ header: { ...graph.header, opsets } })
}

function exchange(draft: Draft, { name, origins }: Weight, { packed, scales }: Codes): void {
  draft.setInitializer(`${name}_Q4`, packed, { origins })
  draft.setInitializer(`${name}_scales`, scales, { origins })
  draft.removeInitializer(name)
}

function attributesOf({ K, N, bits, blockSize }: BlockSpec): Node['attributes'] {
  const numbers = Object.entries({ K, N, bits, block_size: blockSize })
  return new Map(numbers.map(([name, value]) => [name, { type: 'int', value: BigInt(value) }]))
}

export type Coded = Readonly<Record<string, Readonly<Record<string, { packed: Tensor; scales: Tensor }>>>>

export function baked(model: Model, ctx: Claims, state: Coded, size: number): Model {
  return ctx.parts.reduce((made, name) => {
    const part = made.part(name)
    const coded = claimed(part, ctx).flatMap(weight => {
      const codes = state[name]?.[weight.name]
      return codes ? [{ weight, codes }] : []
    })
    return made.withGraph(name, withCodes(part.graph, coded, size))
  }, model)
}

export async function floats(tensor: Tensor): Promise<Float64Array> {
  return Float64Array.from(numbers(memoryTensor(tensor.dtype, tensor.shape, await tensor.read())) ?? [])
}

export const nearest = defineAlgorithm<{ readonly blockSize: typeof blockSize }, Coded>({
  id: '@test/quantizers/nearest',
  version: 1,
  summary: 'Rounds every weight to its nearest code.',
  contract: { needs: ['weight:float32'], takes: ['weight:float'], gives: ['weight:coded'] },
  params: { blockSize },
  groups: codedGroups,
  async fit(ctx) {
    const state: Record<string, Record<string, Codes>> = {}
    for (const part of ctx.parts) {
      const coded: Record<string, Codes> = (state[part] = {})
      for (const weight of claimed(ctx.model.part(part), ctx)) {
        coded[weight.name] = await nearestCodes(weight, specOf(weight, ctx.params.blockSize))
      }
    }
    return state
  },
  rewrite: (model, ctx, state) => baked(model, ctx, state, ctx.params.blockSize),
})

export async function nearestCodes(weight: Weight, spec: BlockSpec): Promise<Codes> {
  const { packed, scales } = quantizeBlocks(Float32Array.from(await floats(weight.tensor)), spec)
  const kBlocks = scales.length / spec.N
  return {
    packed: memoryTensor('uint8', [spec.N, kBlocks, spec.blockSize / 2], packed),
    scales: memoryTensor('float32', [spec.N, kBlocks], scales),
  }
}

/** ‖X(W − Ŵ)‖² = Σ over columns of dᵀ(XᵀX)d. */
export function outputError(
  W: Float64Array,
  coded: Float32Array,
  gram: Float64Array,
  [K = 0, N = 0]: readonly number[],
): number {
  let total = 0
  for (let n = 0; n < N; n++) {
    const d = Float64Array.from({ length: K }, (_, k) => (W[k * N + n] ?? 0) - (coded[k * N + n] ?? 0))
    for (let i = 0; i < K; i++)
      for (let j = 0; j < K; j++) total += (d[i] ?? 0) * (gram[i * K + j] ?? 0) * (d[j] ?? 0)
  }
  return total
}

/** What MatMulNBits multiplies with: [K, N] by the name of the weight. */
export async function decoded(
  model: Model,
  originals: readonly Weight[],
  size: number,
): Promise<ReadonlyMap<string, Float32Array>> {
  const { initializers } = model.part('model').graph
  const made = new Map<string, Float32Array>()
  for (const weight of originals) {
    const [packed, scales] = [
      initializers.get(`${weight.name}_Q4`),
      initializers.get(`${weight.name}_scales`),
    ]
    if (!packed || !scales) throw new Error(`${weight.name} was not coded`)
    const coded = {
      packed: new Uint8Array(await packed.tensor.read()),
      scales: Float32Array.from(await floats(scales.tensor)),
    }
    made.set(weight.name, dequantizeBlocks(coded, specOf(weight, size)))
  }
  return made
}
