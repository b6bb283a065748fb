// The spike for `fit`: sequential GPTQ. Each layer is coded on what the layers before it, coded already, feed to it, so the
// fit edits graphs as it goes and asks for statistics over them. Its result is baked: nothing is left to save or replay.
import {
  defineAlgorithm, load, real, save, smash, type FitContext, type Model, type Part, type Runtime, type Sample, type Step,
} from '@damson/core' // prettier-ignore
import {
  Draft,
  memoryFolder,
  memorySink,
  memoryTensor,
  weights,
  type Graph,
  type MemorySink,
  type Tensor,
  type Weight,
} from '@damson/graph'
import { packCodes, type BlockSpec } from '@damson/numerics'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { expectSameOutputs, runOnce } from '../../src/same-outputs.ts'
import {
  baked,
  blockSize,
  claimed,
  codedGroups,
  decoded,
  floats,
  matMulWeights,
  nearest,
  outputError,
  specOf,
  type Coded,
  type Codes,
} from './nearest.ts'

const params = {
  blockSize,
  damp: real({ min: 0, max: 1, default: 0.01, doc: 'Share of the mean diagonal added to XᵀX.' }),
}
/** Frantar et al. 2022, https://arxiv.org/abs/2210.17323. */
const gptq = defineAlgorithm<typeof params, Coded>({
  id: '@test/quantizers/gptq',
  version: 1,
  summary: 'Rounds column by column, passing each error on to the columns that follow.',
  paper: 'https://arxiv.org/abs/2210.17323',
  contract: { needs: ['weight:float32'], takes: ['weight:float'], gives: ['weight:coded'] },
  params,
  groups: codedGroups,
  async fit(ctx) {
    const state: Record<string, Coded[string]> = {}
    for (const part of ctx.parts) state[part] = await fitPart(ctx, ctx.model.part(part))
    return state
  },
  rewrite: (model, ctx, state) => baked(model, ctx, state, ctx.params.blockSize),
})

/** Layer by layer; matrices that read one value (query, key, value) are one stage and share its XᵀX. */
async function fitPart(ctx: FitContext<typeof params>, part: Part): Promise<Coded[string]> {
  const all = claimed(part, ctx)
  const stages = new Map<string, Weight[]>()
  for (const weight of all) {
    const input = weight.uses[0]?.node.inputs[0] ?? ''
    stages.set(input, [...(stages.get(input) ?? []), weight])
  }
  const coded: Record<string, Codes> = {}
  let { graph } = part
  for (const [input, layer] of stages) {
    const gram = (await ctx.statistics(part.name, [{ value: input, kind: 'gram' }], graph)).get(input)?.gram
    if (!gram) throw new Error(`no XᵀX of ${input}`)
    for (const weight of layer) {
      const spec = specOf(weight, ctx.params.blockSize)
      const { codes, values } = roundColumns(await floats(weight.tensor), gram, spec, ctx.params.damp)
      coded[weight.name] = codes
      graph = withWeight(graph, weight.name, memoryTensor('float32', weight.tensor.shape, values))
      ctx.progress(Object.keys(coded).length, all.length)
    }
  }
  return coded
}

function withWeight(graph: Graph, name: string, tensor: Tensor): Graph {
  const draft = new Draft(graph)
  draft.setInitializer(name, tensor)
  return graph.with({ initializers: draft.finish().initializers })
}

/** W [K, N] row by row along K; U is the upper Cholesky factor of (XᵀX + λI)⁻¹. Scales of a block are set when it begins. */
function roundColumns(weight: Float64Array, gram: Float64Array, spec: BlockSpec, damp: number) {
  const { K, N, blockSize: size } = spec
  const W = weight.slice()
  const U = inverseFactor(gram, K, damp)
  const kBlocks = Math.ceil(K / size)
  const scales = new Float32Array(N * kBlocks)
  const codes = new Uint8Array(N * kBlocks * size).fill(8)
  const values = new Float32Array(K * N)
  for (let k = 0; k < K; k++) {
    const block = Math.floor(k / size)
    for (let n = 0; n < N; n++) {
      const at = n * kBlocks + block
      if (k % size === 0) scales[at] = blockScale(W, n, k, spec)
      const scale = scales[at] ?? 0
      const w = W[k * N + n] ?? 0
      const code = scale === 0 ? 8 : Math.min(15, Math.max(0, Math.round(w / scale) + 8))
      const value = Math.fround(scale * (code - 8))
      codes[at * size + (k % size)] = code
      values[k * N + n] = value
      const error = (w - value) / (U[k * K + k] ?? 1)
      for (let j = k + 1; j < K; j++) W[j * N + n] = (W[j * N + n] ?? 0) - error * (U[k * K + j] ?? 0)
    }
  }
  const packed = memoryTensor('uint8', [N, kBlocks, size / 2], packCodes(codes, 4))
  return { codes: { packed, scales: memoryTensor('float32', [N, kBlocks], scales) }, values }
}

/** MatMulNBits' symmetric rule: the number of largest magnitude becomes code 0, −8 steps. */
function blockScale(W: Float64Array, n: number, from: number, { K, N, blockSize: size }: BlockSpec): number {
  let peak = 0
  for (let k = from; k < Math.min(K, from + size); k++) {
    const w = W[k * N + n] ?? 0
    if (Math.abs(w) > Math.abs(peak)) peak = w
  }
  return peak / -8
}

/** U [K, K] with (H + λI)⁻¹ = UᵀU. Factoring H with its order reversed, H = RRᵀ with R upper, gives U = R⁻¹ at once. */
function inverseFactor(H: Float64Array, K: number, damp: number): Float64Array {
  let trace = 0
  for (let k = 0; k < K; k++) trace += H[k * K + k] ?? 0
  const lambda = (damp * trace) / K || 1
  const R = new Float64Array(K * K)
  for (let j = K - 1; j >= 0; j--) {
    for (let i = j; i >= 0; i--) {
      let sum = (H[i * K + j] ?? 0) + (i === j ? lambda : 0)
      for (let m = j + 1; m < K; m++) sum -= (R[i * K + m] ?? 0) * (R[j * K + m] ?? 0)
      R[i * K + j] = i === j ? Math.sqrt(sum) : sum / (R[j * K + j] ?? 1)
    }
  }
  const U = new Float64Array(K * K)
  for (let j = 0; j < K; j++) {
    U[j * K + j] = 1 / (R[j * K + j] ?? 1)
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0
      for (let m = i + 1; m <= j; m++) sum += (R[i * K + m] ?? 0) * (U[m * K + j] ?? 0)
      U[i * K + j] = -sum / (R[i * K + i] ?? 1)
    }
  }
  return U
}

// ── What it proves ────────────────────────────────────────────────────────────────────────────────────────────────────

const runtime = createRuntime()
afterAll(() => runtime.close())

const dims = { batch_size: 2, sequence_length: 16 }
const sampled = (model: Model, seeds: readonly number[]): readonly Sample[] =>
  seeds.map(seed => ({ part: 'model', feeds: feedsFor(model.part('model').graph, { dims, seed }) }))
const calibration = [1, 2, 3, 4, 5, 6, 7, 8]
const evaluation = [101, 102]

/** Runs as the runtime does, and notes what statistics are asked of: the values, and how many weights differ by then. */
function watched(model: Model, log: string[]): Runtime {
  const before = new Map(weights(model.part('model').graph).map(({ name, tensor }) => [name, tensor.key]))
  return {
    ...runtime,
    statistics(graph, requests, samples, options) {
      const changed = weights(graph).filter(({ name, tensor }) => before.get(name) !== tensor.key)
      log.push(`${requests.length} after ${changed.length}`)
      return runtime.statistics(graph, requests, samples, options)
    },
  }
}

async function worstSqnr(model: Model, original: Model): Promise<number> {
  const each: number[] = []
  for (const { feeds } of sampled(original, evaluation)) {
    each.push(sqnr(await runOnce(runtime, model, feeds), await runOnce(runtime, original, feeds)))
  }
  return Math.min(...each)
}

async function saved(model: Model): Promise<MemorySink['files']> {
  const sink = memorySink()
  await save(model, sink)
  return sink.files
}

const fixture = 'fixtures/bert-tiny-ts/model.onnx'

zooTest(fixture, 'GPTQ codes each layer on the layers coded before it, better than rounding', async file => {
  const model = await load(file)
  const samples = sampled(model, calibration)
  const log: string[] = []
  const made = await smash(model, [gptq()], { samples, runtime: watched(model, log) })
  // Two layers of query, key and value together, then the dense ones: 12 matrices in 8 stages.
  expect(log).toEqual([0, 3, 4, 5, 6, 9, 10, 11].map(count => `1 after ${count}`))

  const rounded = await smash(model, [nearest()])
  const originals = matMulWeights(model.part('model'))
  expect(originals).toHaveLength(12)
  const [fine, coarse] = [await decoded(made, originals, 32), await decoded(rounded, originals, 32)]
  // Inputs of each layer in the finished model: what came before a layer is what the fit saw there.
  const inputs = [...new Set(originals.map(({ uses: [use] }) => use?.node.inputs[0] ?? ''))]
  const feeds = { async *[Symbol.asyncIterator]() { for (const sample of samples) yield sample.feeds } } // prettier-ignore
  const grams = await runtime.statistics(made.part('model').graph, inputs.map(value => ({ value, kind: 'gram' })), feeds)
  for (const { name, tensor, uses: [use] } of originals) {
    const gram = grams.get(use?.node.inputs[0] ?? '')?.gram ?? new Float64Array()
    const W = await floats(tensor)
    const error = outputError(W, fine.get(name) ?? new Float32Array(), gram, tensor.shape)
    const yardstick = outputError(W, coarse.get(name) ?? new Float32Array(), gram, tensor.shape)
    expect(error / yardstick, name).toBeLessThan(0.95)
    expect(error, name).toBeGreaterThan(0)
  }
  const [ours, theirs] = [await worstSqnr(made, model), await worstSqnr(rounded, model)]
  expect(ours).toBeGreaterThan(theirs)
  expect(ours).toBeGreaterThan(10)
}) // prettier-ignore

zooTest(fixture, 'same samples, same bytes; what is saved needs neither state nor algorithm', async file => {
  const model = await load(file)
  const samples = sampled(model, calibration.slice(0, 2))
  const place = { include: ['/encoder/layer.0/attention/*'] }
  const make = (step: Step): Promise<Model> => smash(model, [step], { samples, runtime })
  const [first, second] = [await make(gptq({}, place)), await make(gptq({}, place))]
  const files = await saved(first)
  expect(await saved(second)).toEqual(files)
  expect([...files.keys()].some(path => path.includes('state'))).toBe(false)
  expect(first.part('model').graph.nodes.filter(({ op }) => op === 'MatMulNBits')).toHaveLength(4)
  const again = await load(memoryFolder(files, 'model'))
  expect(again.applied.map(({ id }) => id)).toEqual(['@test/quantizers/gptq'])
  const [sample] = sampled(model, evaluation)
  await expectSameOutputs(runtime, again, first, { feeds: sample?.feeds ?? {}, atol: 0, rtol: 0 })
})

zooTest(fixture, 'samples that can be gone through only once are refused', async file => {
  const model = await load(file)
  const samples = sampled(model, [1]).values()
  await expect(smash(model, [gptq()], { samples, runtime })).rejects.toMatchObject({
    code: 'one-shot-samples',
  })
})
