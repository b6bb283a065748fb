// The spike for groups: AWQ codes some weights and touches others. The scales that protect what large activations meet are
// folded into the norm before, and all its other consumers have to be scaled back: a group that reaches beyond the claim.
import {
  defineAlgorithm,
  flag,
  int,
  real,
  refuse,
  type Context,
  type FitContext,
  type Group,
  type Part,
} from '@damson/core'
import {
  Draft,
  memoryTensor,
  weights,
  type Graph,
  type Node,
  type Refusal,
  type Tensor,
  type Weight,
} from '@damson/graph'
import { dequantizeBlocks, quantizeBlocks } from '@damson/numerics'

import {
  baked,
  blockSize,
  floats,
  matMulWeights,
  nearestCodes,
  outputError,
  specOf,
  type Codes,
} from './nearest.ts'

const params = {
  blockSize,
  grid: int({ min: 1, max: 100, default: 10, doc: 'Exponents tried between 0 and 1.' }),
  code: flag({ default: true, doc: 'Whether to code what was scaled.' }),
  floor: real({
    min: 0,
    max: 1,
    default: 1e-4,
    doc: 'Smallest activation that counts, as a share of the largest.',
  }),
}

/** A norm's gain, the value that it makes, and all the matrices that read that value. */
export interface Fold {
  readonly gain: Weight
  readonly value: string
  readonly readers: readonly Weight[]
}

/** x · gain → MatMul, MatMul, …: where every reader of the scaled value is a MatMul with a matrix of its own. */
export function foldsOf(part: Part): readonly Fold[] {
  const { graph } = part
  const matrices = matMulWeights(part)
  return weights(graph).flatMap(gain => {
    const [use, ...others] = gain.uses
    const value = use && others.length === 0 ? gainOutput(gain, use.node) : undefined
    if (value === undefined || graph.isOutput(value)) return []
    // Shape asks for the sizes only, whatever the numbers are.
    const users = graph.users(value).filter(({ node }) => node.op !== 'Shape')
    const readers = matrices.filter(({ uses }) => uses.some(({ node }) => node.inputs[0] === value))
    const isOwn = readers.every(({ uses }) => uses.length === 1)
    return readers.length > 0 && readers.length === users.length && isOwn ? [{ gain, value, readers }] : []
  })
}

function gainOutput({ tensor, scope }: Weight, { op, outputs }: Node): string | undefined {
  const isVector = scope.path === '' && tensor.dtype === 'float32' && tensor.shape.length === 1
  return isVector && op === 'Mul' ? outputs[0] : undefined
}

/** Lin et al. 2023, https://arxiv.org/abs/2306.00978. */
export const awq = defineAlgorithm<typeof params, State>({
  id: '@test/quantizers/awq',
  version: 1,
  summary:
    'Scales up the columns that large activations meet before it rounds, and scales the norm before them down.',
  paper: 'https://arxiv.org/abs/2306.00978',
  contract: {
    needs: ['weight:float32', 'weight:float'],
    takes: ['weight:float'],
    gives: ['weight:coded'],
    changes: true,
  },
  params,
  groups(part, ctx): readonly Group[] | Refusal {
    const folds = foldsOf(part)
    if (folds.length === 0) return refuse('has no norm whose gain can take a scale', part.name)
    // A fold is touched whole as soon as one of its matrices is coded, so the place of the user decides which are.
    const used = folds.filter(({ readers }) => readers.some(weight => ctx.selects({ weight })))
    const coded = used.flatMap(({ readers }) => readers).map(weight => ({ weight }))
    const touched = used.flatMap(({ gain, readers }) => [gain, ...readers]).map(weight => ({ weight }))
    return [
      { sites: coded, needs: ['weight:float32'], takes: ['weight:float'], gives: ['weight:coded'] },
      { sites: touched, needs: ['weight:float'], changes: true },
    ]
  },
  async fit(ctx) {
    const state: Record<string, State[string]> = {}
    for (const part of ctx.parts) state[part] = await fitPart(ctx, ctx.model.part(part))
    return state
  },
  rewrite: (model, ctx, state) =>
    ctx.parts.reduce((made, name) => {
      const { tensors = {}, codes = {} } = state[name] ?? {}
      const scaled = made.withGraph(name, withWeights(made.part(name).graph, tensors))
      return ctx.params.code
        ? baked(scaled, { ...ctx, parts: [name] }, { [name]: codes }, ctx.params.blockSize)
        : scaled
    }, model),
})

type State = Readonly<Record<string, {
  readonly tensors: Readonly<Record<string, Tensor>>
  readonly codes: Readonly<Record<string, { packed: Tensor; scales: Tensor }>>
}>> // prettier-ignore

async function fitPart(ctx: FitContext<typeof params>, part: Part): Promise<State[string]> {
  const coded = idsOf(ctx, part, true)
  const touched = idsOf(ctx, part, false)
  const folds = foldsOf(part).filter(({ gain }) => touched.has(gain.id))
  const requests = folds.flatMap(({ value }) => [
    { value, kind: 'moments', axis: -1 } as const,
    { value, kind: 'gram' } as const,
  ])
  const statistics = await ctx.statistics(part.name, requests)
  const tensors: Record<string, Tensor> = {}
  const codes: Record<string, Codes> = {}
  for (const [at, fold] of folds.entries()) {
    const {
      sumOfAbsolutes = new Float64Array(),
      counts = sumOfAbsolutes,
      gram = new Float64Array(),
    } = statistics.get(fold.value) ?? {}
    const activation = sumOfAbsolutes.map((sum, k) => sum / (counts[k] || 1))
    const loaded = await Promise.all(
      fold.readers.map(async weight => ({ weight, W: await floats(weight.tensor) })),
    )
    const scored = loaded.filter(({ weight }) => coded.has(weight.id) || !ctx.params.code)
    const scales = bestScales(scored, activation, gram, ctx.params)
    tensors[fold.gain.name] = vector((await floats(fold.gain.tensor)).map((g, k) => g / (scales[k] ?? 1)))
    for (const { weight, W } of loaded) {
      const scaled = memoryTensor('float32', weight.tensor.shape, scaledRows(W, scales))
      tensors[weight.name] = scaled
      if (coded.has(weight.id))
        codes[weight.name] = await nearestCodes(
          { ...weight, tensor: scaled },
          specOf(weight, ctx.params.blockSize),
        )
    }
    ctx.progress(at + 1, folds.length)
  }
  return { tensors, codes }
}

/** Ids of the weights in the groups that code, or in those that only change. */
function idsOf(ctx: Context<typeof params>, part: Part, codes: boolean): ReadonlySet<string> {
  const chosen = ctx.groups(part).filter(({ takes }) => (takes !== undefined) === codes)
  return new Set(
    chosen.flatMap(({ sites }) => sites.flatMap(site => ('weight' in site ? [site.weight.id] : []))),
  )
}

interface Matrix {
  readonly weight: Weight
  /** [K, N] */
  readonly W: Float64Array
}

/** s = mean|x|^α over the square root of its extremes' product, for the α whose ‖X(W − Q(sW)/s)‖² is least. */
function bestScales(
  matrices: readonly Matrix[],
  activation: Float64Array,
  gram: Float64Array,
  {
    grid,
    floor,
    blockSize: size,
  }: { readonly grid: number; readonly floor: number; readonly blockSize: number },
): Float64Array {
  const peak = Math.max(...activation)
  let best = { error: Infinity, scales: activation.map(() => 1) }
  for (let step = 0; step <= grid; step++) {
    const raw = activation.map(x => Math.max(x, floor * peak) ** (step / grid))
    const middle = Math.sqrt(Math.max(...raw) * Math.min(...raw)) || 1
    const scales = raw.map(s => s / middle)
    const error = matrices.reduce((sum, { weight, W }) => {
      const spec = specOf(weight, size)
      const coded = dequantizeBlocks(quantizeBlocks(scaledRows(W, scales), spec), spec)
      const back = scaledRows(coded, scales.map(s => 1 / s)) // prettier-ignore
      return sum + outputError(W, back, gram, weight.tensor.shape)
    }, 0)
    if (error < best.error) best = { error, scales }
  }
  return best.scales
}

/** Row k of W [K, N] times s[k]. */
export function scaledRows(W: Float64Array | Float32Array, scales: Float64Array): Float32Array {
  const N = W.length / scales.length
  return Float32Array.from(W, (w, at) => w * (scales[Math.floor(at / N)] ?? 1))
}

function vector(values: Float64Array): Tensor {
  return memoryTensor('float32', [values.length], Float32Array.from(values))
}

function withWeights(graph: Graph, tensors: Readonly<Record<string, Tensor>>): Graph {
  const draft = new Draft(graph)
  for (const [name, tensor] of Object.entries(tensors)) draft.setInitializer(name, tensor)
  return graph.with({ initializers: draft.finish().initializers })
}
