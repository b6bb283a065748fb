// Scales that move from the rows of weights into what makes their inputs change no output, whatever makes them.
import { modelOf, type Model } from '@damson/core'
import { onnx, type Tensor } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs, seededRandom } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { readModel } from '../test/read-model.ts'
import { normalTensor } from '../test/normal-tensor.ts'
import { foldedScales } from './folded-scales.ts'
import { withTensors, type Learnt } from './learnt-codes.ts'
import { foldsOf, type Fold } from './scale-folds.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

/** Every fold taken, with scales between a quarter and four. */
async function folded(model: Model, folds: readonly Fold[]): Promise<Model> {
  let learnt: Learnt = { codes: {}, tensors: {} }
  for (const [seed, fold] of folds.entries()) {
    const random = seededRandom(seed + 1)
    const s = Float64Array.from({ length: fold.readers[0]?.K ?? 0 }, () =>
      Math.fround(4 ** (2 * random() - 1)),
    )
    const { tensors } = await foldedScales(fold, s, new Set(), learnt)
    learnt = { codes: {}, tensors: { ...learnt.tensors, ...tensors } }
  }
  const graph = withTensors(model.part('model').graph, learnt.tensors)
  for (const name of Object.keys(learnt.tensors))
    expect(graph.initializers.get(name)?.tensor.key).not.toBe(
      model.part('model').graph.initializers.get(name)?.tensor.key,
    )
  return model.withGraph('model', graph)
}

const w = (seed: number, ...shape: number[]): Tensor => normalTensor(seed, shape, 0.2)

const graphs = {
  'a norm with gain and bias': onnx`<opset_import: ["" : 17]> g (float[n,16] x) => (float[n,8] y, float[n,8] z)
    <float[16] gain = ${w(1, 16)}, float[16] bias = ${w(2, 16)}, float[16,8] a = ${w(3, 16, 8)}, float[8,16] b = ${w(4, 8, 16)}>
    { v = LayerNormalization(x, gain, bias) y = MatMul(v, a) z = Gemm<transB = 1>(v, b) }`,
  'a norm written out': onnx`<opset_import: ["" : 17]> g (float[n,16] x) => (float[n,8] y)
    <float[16] gain = ${w(1, 16)}, float[16] bias = ${w(2, 16)}, float[16,8] a = ${w(3, 16, 8)}>
    { p = Mul(gain, x) v = Add(p, bias) s = Shape(v) y = MatMul(v, a) }`,
  'a product with bias and ReLU': onnx`<opset_import: ["" : 17]> g (float[n,16] x) => (float[n,8] y)
    <float[16,12] a = ${w(1, 16, 12)}, float[12] bias = ${w(2, 12)}, float[12,8] b = ${w(3, 12, 8)}>
    { p = MatMul(x, a) q = Add(bias, p) v = Relu(q) y = MatMul(v, b) }`,
  'a Gemm with transB and bias': onnx`<opset_import: ["" : 17]> g (float[n,16] x) => (float[n,8] y)
    <float[12,16] a = ${w(1, 12, 16)}, float[12] bias = ${w(2, 12)}, float[12,8] b = ${w(3, 12, 8)}>
    { v = Gemm<transB = 1>(x, a, bias) y = MatMul(v, b) }`,
  'a gated product': onnx`<opset_import: ["" : 17]> g (float[n,16] x) => (float[n,8] y)
    <float[16,12] up = ${w(1, 16, 12)}, float[16,12] gate = ${w(2, 16, 12)}, float[12,8] down = ${w(3, 12, 8)}>
    { u = MatMul(x, up) g = MatMul(x, gate) h = Sigmoid(g) i = Mul(g, h) v = Mul(i, u) y = MatMul(v, down) }`,
}

describe.each(Object.entries(graphs))('%s', (_, graph) => {
  test('takes scales without a trace in the outputs', async () => {
    const model = modelOf(graph)
    const folds = foldsOf(graph)
    expect(folds).toHaveLength(1)
    const feeds = feedsFor(graph, { seed: 1, dims: { n: 5 } })
    await expectSameOutputs(runtime, await folded(model, folds), model, { feeds, atol: 1e-5, rtol: 1e-5 })
  })
})

const closed = {
  'read by something else too': onnx`<opset_import: ["" : 17]> g (float[n,16] x) => (float[n,8] y, float[n,16] r)
    <float[16] gain = ${w(1, 16)}, float[16] bias = ${w(2, 16)}, float[16,8] a = ${w(3, 16, 8)}>
    { v = LayerNormalization(x, gain, bias) y = MatMul(v, a) r = Add(v, x) }`,
  'an output': onnx`<opset_import: ["" : 17]> g (float[n,16] x) => (float[n,8] y, float[n,16] v)
    <float[16] gain = ${w(1, 16)}, float[16] bias = ${w(2, 16)}, float[16,8] a = ${w(3, 16, 8)}>
    { v = LayerNormalization(x, gain, bias) y = MatMul(v, a) }`,
  'a gain that serves two norms': onnx`<opset_import: ["" : 17]> g (float[n,16] x) => (float[n,8] y, float[n,16] z)
    <float[16] gain = ${w(1, 16)}, float[16] bias = ${w(2, 16)}, float[16,8] a = ${w(3, 16, 8)}>
    { v = LayerNormalization(x, gain, bias) y = MatMul(v, a) z = Mul(x, gain) }`,
  'behind what is not homogeneous': onnx`<opset_import: ["" : 17]> g (float[n,16] x) => (float[n,8] y)
    <float[16,12] a = ${w(1, 16, 12)}, float[12,8] b = ${w(3, 12, 8)}>
    { p = MatMul(x, a) v = Tanh(p) y = MatMul(v, b) }`,
}

test.each(Object.entries(closed))('%s: takes none', (_, graph) => {
  expect(foldsOf(graph)).toEqual([])
})

const decoders: readonly (readonly [string, number])[] = [
  // Two layers with a norm before attention and one before the perceptron, the product in its middle, the norm of the head.
  ['fixtures/llama-tiny-ts/model.onnx', 7],
  ['fixtures/llama-tiny-dynamo/model.onnx', 7],
  ['models/use_lite.onnx', 6],
]
for (const [path, count] of decoders) {
  zooTest(path, 'takes scales in every norm and product', async file => {
    const model = await readModel(file)
    const folds = foldsOf(model.part('model').graph)
    expect(folds).toHaveLength(count)
    const feeds = feedsFor(model.part('model').graph, { seed: 1 })
    await expectSameOutputs(runtime, await folded(model, folds), model, { feeds, atol: 1e-5, rtol: 1e-4 })
  })
}
