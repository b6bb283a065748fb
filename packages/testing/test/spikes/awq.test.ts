// The spike for groups: AWQ codes some weights and touches others. The scales that protect what large activations meet are
// folded into the norm before, and all its other consumers have to be scaled back: a group that reaches beyond the claim.
import {
  defineAlgorithm, flag, int, load, plan, real, refuse, smash, type Context, type FitContext, type Group, type Model,
  type Part, type Sample,
} from '@damson/core' // prettier-ignore
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
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect } from 'vitest'
import { expectSameOutputs, runOnce } from '../../src/same-outputs.ts'
import {
  baked,
  blockSize,
  decoded,
  floats,
  matMulWeights,
  nearest,
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
interface Fold {
  readonly gain: Weight
  readonly value: string
  readonly readers: readonly Weight[]
}

/** x · gain → MatMul, MatMul, …: where every reader of the scaled value is a MatMul with a matrix of its own. */
function foldsOf(part: Part): readonly Fold[] {
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
const awq = defineAlgorithm<typeof params, State>({
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
function scaledRows(W: Float64Array | Float32Array, scales: Float64Array): Float32Array {
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

// ── What it proves ────────────────────────────────────────────────────────────────────────────────────────────────────

const runtime = createRuntime()
afterAll(() => runtime.close())

const dims = { batch_size: 2, sequence_length: 12, past_sequence_length: 4 }
const sampled = (model: Model, seeds: readonly number[]): readonly Sample[] =>
  seeds.map(seed => ({ part: 'model', feeds: feedsFor(model.part('model').graph, { dims, seed }) }))
const at = (...include: string[]) => ({ include })

describe.each(['fixtures/llama-tiny-ts/model.onnx', 'fixtures/llama-tiny-dynamo/model.onnx'])(
  '%s',
  fixture => {
    zooTest(fixture, 'scaling alone changes the norms and the matrices, and no output', async file => {
      const model = await load(file)
      const samples = sampled(model, [1, 2])
      const made = await smash(model, [awq({ code: false })], { samples, runtime })
      const before = foldsOf(model.part('model'))
      const after = new Map(weights(made.part('model').graph).map(each => [each.name, each]))
      // Two layers with a norm before attention and one before the perceptron, and the norm before the head.
      expect(before).toHaveLength(5)
      for (const { gain, readers } of before) {
        for (const { name, tensor, origins } of [gain, ...readers]) {
          expect(after.get(name)?.tensor.key).not.toBe(tensor.key)
          expect(after.get(name)?.origins).toEqual(origins)
        }
      }
      const [sample] = sampled(model, [9])
      await expectSameOutputs(runtime, made, model, { feeds: sample?.feeds ?? {}, atol: 2e-5, rtol: 1e-5 })
    })

    zooTest(fixture, 'coded after scaling is closer than coded as it was', async file => {
      const model = await load(file)
      const samples = sampled(model, [1, 2, 3])
      const place = at(...['q', 'k', 'v', 'gate', 'up'].map(name => `*${name}_proj*`))
      const made = await smash(model, [awq({}, place)], { samples, runtime })
      const rounded = await smash(model, [nearest({}, place)])
      expect(codedNames(made)).toEqual(codedNames(rounded))
      expect(codedNames(made)).toHaveLength(10)
      const folds = foldsOf(model.part('model')).slice(0, 4)
      const grams = await gramsOf(model, folds.map(({ value }) => value), samples) // prettier-ignore
      const ratios = await Promise.all(folds.map(async fold => {
      const gram = grams.get(fold.value)?.gram ?? new Float64Array()
      const [ours, theirs] = [await foldError(fold, made, gram), await foldError(fold, rounded, gram)]
      return ours / theirs
    })) // prettier-ignore
      // No scale at all (α = 0) is among those tried, so no fold gets worse; float32 rounds a little.
      for (const ratio of ratios) expect(ratio).toBeLessThan(1.001)
      expect(Math.min(...ratios)).toBeLessThan(0.98)
    })

    zooTest(
      fixture,
      'on one matrix it leaves its neighbours to others, and goes before whoever codes those',
      async file => {
        const model = await load(file)
        const [q, k] = [at('*layers.0*q_proj*'), at('*layers.0*k_proj*')]
        const steps = [nearest({}, k), awq({}, q)]
        const planned = plan(model, steps)
        expect(planned.conflicts).toEqual([])
        expect(planned.steps.map(({ id }) => id)).toEqual([
          '@test/quantizers/awq',
          '@test/quantizers/nearest',
        ])
        expect(planned.edges.map(({ because }) => because).join()).toMatch(
          /nearest takes weight:float, which .*awq needs/,
        )
        const made = await smash(model, steps, { samples: sampled(model, [1]), runtime })
        const [fold] = foldsOf(model.part('model'))
        const [query, key, value] = fold?.readers ?? []
        expect(codedNames(made)).toEqual([query?.name, key?.name])
        const { initializers } = made.part('model').graph
        expect(initializers.get(`${query?.name}_Q4`)?.origins).toEqual(query?.origins)
        expect(initializers.get(value?.name ?? '')?.tensor.key).not.toBe(value?.tensor.key)
        const [sample] = sampled(model, [9])
        const want = await runOnce(runtime, model, sample?.feeds ?? {})
        expect(sqnr(await runOnce(runtime, made, sample?.feeds ?? {}), want)).toBeGreaterThan(10)
      },
    )

    zooTest(fixture, 'two that code one matrix are a conflict that names both and a way out', async file => {
      const model = await load(file)
      const [conflict, ...others] = plan(model, [
        nearest({}, at('*q_proj*')),
        awq({}, at('*q_proj*')),
      ]).conflicts
      expect(others).toEqual([])
      expect(conflict).toMatchObject({ code: 'conflict', part: 'model' })
      expect(conflict?.steps.toSorted()).toEqual(['@test/quantizers/awq', '@test/quantizers/nearest'])
      expect(plan(model, conflict?.suggestion?.steps ?? []).conflicts).toEqual([])
    })
  },
)

function codedNames(model: Model): readonly string[] {
  const { nodes } = model.part('model').graph
  return nodes
    .filter(({ op }) => op === 'MatMulNBits')
    .map(({ inputs }) => (inputs[1] ?? '').replace(/_Q4$/, ''))
}

function gramsOf(model: Model, values: readonly string[], samples: readonly Sample[]) {
  const feeds = { async *[Symbol.asyncIterator]() { for (const sample of samples) yield sample.feeds } } // prettier-ignore
  return runtime.statistics(model.part('model').graph, values.map(value => ({ value, kind: 'gram' })), feeds) // prettier-ignore
}

/** ‖X(W − Ŵ/s)‖² over the matrices of a fold, with s read off the gain that the model has now. */
async function foldError({ gain, readers }: Fold, model: Model, gram: Float64Array): Promise<number> {
  const now = model.part('model').graph.initializers.get(gain.name)
  const [before, after] = [await floats(gain.tensor), now ? await floats(now.tensor) : new Float64Array()]
  const inverse = after.map((g, k) => g / (before[k] ?? 1))
  const coded = await decoded(model, readers, 32)
  let total = 0
  for (const { name, tensor } of readers) {
    const back = scaledRows(coded.get(name) ?? new Float32Array(), inverse)
    total += outputError(await floats(tensor), back, gram, tensor.shape)
  }
  return total
}
