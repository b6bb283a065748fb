// half where there is no arithmetic on halves: weights are stored as halves, and every node computes on what it did.
import { modelOf, plan, smash, type Model, type Step } from '@damson/core'
import { check, onnx, walk, type Graph } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { normalTensor } from '../test/normal-tensor.ts'
import { half } from './algorithms/half.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const matrix = (seed: number, shape: readonly number[], scale = 0.1) => normalTensor(seed, shape, scale)
const graphOf = (model: Model): Graph => model.part('model').graph
const castsOf = (graph: Graph): readonly string[] =>
  [...walk(graph)].flatMap(({ node: { op, inputs, attributes } }) =>
    op === 'Cast' ? [`${inputs[0]} to ${String(attributes.get('to')?.value)}`] : [],
  )

const layers = (): Model =>
  modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[n,64] x) => (float[n,64] y, float[n,64] z)
    <float[64,64] a = ${matrix(1, [64, 64])}, float[64,64] b = ${matrix(2, [64, 64])}, float[64] c = ${matrix(3, [64])}>
    { p = MatMul(x, a)  q = Relu(p)  r = MatMul(q, b)  y = Add(r, c)  z = Mul(x, q) }`)

async function qualityOf(model: Model, step: Step): Promise<number> {
  const feeds = feedsFor(graphOf(model), { seed: 1, dims: { n: 5 } })
  const want = await runOnce(runtime, model, feeds)
  return sqnr(await runOnce(runtime, await smash(model, [step]), feeds), want)
}

test.each(['float16', 'bfloat16'] as const)('%s: weights behind a cast, nodes as they were', async type => {
  const model = layers()
  const graph = graphOf(await smash(model, [half({ type })]))
  expect(check(graph)).toEqual([])
  expect(castsOf(graph)).toEqual(['a to 1', 'b to 1'])
  expect(graph.initializers.get('a')?.tensor.dtype).toBe(type)
  expect(graph.nodes.filter(({ op }) => op !== 'Cast').map(({ op }) => op)).toEqual(
    graphOf(model).nodes.map(({ op }) => op),
  )
  const quality = await qualityOf(model, half({ type }))
  expect(quality).toBeGreaterThan(type === 'float16' ? 70 : 45)
  // Activations that become halves too cost more.
  if (type === 'float16') expect(quality).toBeGreaterThan(await qualityOf(model, half({ compute: 'half' })))
})

test.each([
  ['cpu', {}, 2],
  ['cpu:vnni', {}, 2],
  ['wasm', {}, 2],
  ['webgpu', {}, 3],
  ['cuda', {}, 3],
  ['webgpu', { compute: 'float32' }, 2],
  ['cpu', { compute: 'half' }, 3],
  ['cpu', { guard: 'calibrated' }, 3],
  ['cpu', { guard: 'calibrated', compute: 'float32' }, 2],
] as const)('on %s with %o: %d casts', async (target, options, casts) => {
  // Of two weights, or of an input and two outputs.
  const model = layers()
  const samples = [{ part: 'model', feeds: feedsFor(graphOf(model), { seed: 1, dims: { n: 5 } }) }]
  const said: string[] = []
  const made = await smash(model, [half(options)], {
    target, runtime, samples, onEvent: event => event.type === 'warning' && said.push(event.code),
  }) // prettier-ignore
  expect(castsOf(graphOf(made))).toHaveLength(casts)
  // Who has not chosen it is told of it.
  expect(said).toEqual(casts === 2 && !('compute' in options) ? ['storage-only'] : [])
})

/** What each Cast reads. */
const castInputs = (model: Model): readonly string[] =>
  castsOf(graphOf(model)).map(cast => cast.split(' ')[0] ?? '')

test('rows are looked up in halves: they are widened, not their table', async () => {
  const model = modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    g (int64[n] ids) => (float[n,64] y)
    <float[200,64] t = ${matrix(4, [200, 64])}, float[64,64] a = ${matrix(1, [64, 64])}>
    { e = Gather(t, ids)  y = MatMul(e, a) }`)
  const made = await smash(model, [half()])
  expect(check(graphOf(made))).toEqual([])
  const lookUp = graphOf(made).nodes.find(({ op }) => op === 'Gather')
  expect(castInputs(made).toSorted()).toEqual(['a', lookUp?.outputs[0]].toSorted())
  expect(lookUp?.inputs[0]).toBe('t')
  expect(await qualityOf(model, half())).toBeGreaterThan(70)
})

test('a table that is read as a whole too is widened once, for all', async () => {
  const model = modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    g (int64[n] ids) => (float[n,200] y)
    <float[200,64] t = ${matrix(4, [200, 64])}, float[64,64] a = ${matrix(1, [64, 64])}>
    { e = Gather(t, ids)  h = MatMul(e, a)  u = Transpose<perm = [1, 0]>(t)  y = MatMul(h, u) }`)
  const made = await smash(model, [half()])
  expect(castInputs(made)).toEqual(['t', 'a'])
  expect(graphOf(made).nodes.find(({ op }) => op === 'Gather')?.inputs[0]).not.toBe('t')
})

test('a constant that is listed as an input is listed no more, or its cast would never be folded', async () => {
  const listed = modelOf(onnx`
    <ir_version: 3, opset_import: ["" : 17]>
    g (float[n,64] x, float[64,64] a, float[64] c) => (float[n,64] y)
    <float[64,64] a = ${matrix(1, [64, 64])}, float[64] c = ${matrix(3, [64])}>
    { p = MatMul(x, a)  y = Add(p, c) }`)
  const graph = graphOf(await smash(listed, [half()]))
  expect(check(graph)).toEqual([])
  expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'c'])
  expect(graph.header.irVersion).toBe(4)
  expect(castsOf(graph)).toEqual(['a to 1'])
})

test('the smallest constants, a hundredth of all bytes, are not worth a cast', async () => {
  const made = async (rows: number): Promise<readonly string[]> => {
    const model = modelOf(onnx`
      <ir_version: 8, opset_import: ["" : 17]>
      g (float[n,${rows}] x) => (float[n,512] y)
      <float[${rows},512] a = ${matrix(1, [rows, 512])}, float[512] c = ${matrix(3, [512])}>
      { p = MatMul(x, a)  y = Add(p, c) }`)
    return castsOf(graphOf(await smash(model, [half()])))
  }
  expect(await made(64)).toEqual(['a to 1', 'c to 1'])
  expect(await made(256)).toEqual(['a to 1'])
})

test('constants that a cast outweighs are no reason to take the step', () => {
  const model = modelOf(onnx`
    <opset_import: ["" : 17]>
    g (float[4] x) => (float[4] y) <float[4] w = {1.0, 2.0, 3.0, 4.0}> { y = Add(x, w) }`)
  expect(plan(model, [half()]).conflicts).toMatchObject([
    { code: 'no-site', message: expect.stringMatching(/takes less room/) },
  ])
})
