// What is written for `wasm` runs in onnxruntime-web as in onnxruntime-node: every operator that a quantizer leaves to it,
// with the codes that it has there. Node runs onnxruntime-web as browsers do, on one thread.
import { modelOf, plan, smash, type Model, type Step } from '@damson/core'
import { memoryTensor, onnx, walk } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce, seededNormal } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { binary, bnb4, dynamicInt8, float8, half, llmInt8, weightOnly } from './index.ts'

const target = 'wasm'
const [web, node] = [createRuntime({ target }), createRuntime()]
afterAll(async () => {
  await web.close()
  await node.close()
})

const tensor = (seed: number, shape: readonly number[]) =>
  memoryTensor('float32', shape, seededNormal(seed, shape.reduce((a, b) => a * b, 1)).map(each => each / 4)) // prettier-ignore

const models: Readonly<Record<string, () => Model>> = {
  'products and a table that is the head too': () => modelOf(onnx`
    <opset_import: ["" : 17]> g (int64[n,3] ids) => (float[n,3,300] y, float[n,3,48] z)
    <float[300,64] t = ${tensor(1, [300, 64])}, float[64,64] w = ${tensor(2, [64, 64])}, float[64,48] v = ${tensor(3, [64, 48])}>
    { e = Gather(t, ids)  h = MatMul(e, w)  z = MatMul(h, v)  u = Transpose<perm = [1, 0]>(t)  y = MatMul(h, u) }`),
  'a constant on the left and a stack': () => modelOf(onnx`
    <opset_import: ["" : 17]> g (float[2,64,n] x, float[n,3,4,64] s) => (float[2,48,n] y, float[n,3,4,48] z)
    <float[48,64] w = ${tensor(4, [48, 64])}, float[3,64,48] v = ${tensor(5, [3, 64, 48])}> { y = MatMul(w, x)  z = MatMul(s, v) }`),
  'convolutions': () => modelOf(onnx`
    <opset_import: ["" : 17]> g (float[n,16,9,9] x, float[n,8,5,6,7] v) => (float[n,64,5,5] y, float[n,16,3,4,5] z)
    <float[64,16,3,3] f = ${tensor(6, [64, 16, 3, 3])}, float[64] b = ${tensor(7, [64])}, float[64,1,3,3] d = ${tensor(8, [64, 1, 3, 3])}, float[16,8,3,3,3] c = ${tensor(9, [16, 8, 3, 3, 3])}>
    { a = Conv<pads = [1, 1, 1, 1], strides = [2, 2]>(x, f, b)  y = Conv<group = 64, pads = [1, 1, 1, 1]>(a, d)  z = Conv(v, c) }`),
  'LSTM and GRU': () => modelOf(onnx`
    <opset_import: ["" : 17]> g (float[n,2,40] x) => (float[2,2,24] h, float[1,2,48] u)
    <float[2,96,40] W = ${tensor(12, [2, 96, 40])}, float[2,96,24] R = ${tensor(13, [2, 96, 24])}, float[1,144,40] V = ${tensor(15, [1, 144, 40])}, float[1,144,48] S = ${tensor(16, [1, 144, 48])}>
    { _, h, _c = LSTM<hidden_size = 24, direction = "bidirectional">(x, W, R)  _g, u = GRU<hidden_size = 48>(x, V, S) }`),
  'Attention': () => modelOf(onnx`
    <opset_import: ["" : 17, "com.microsoft" : 1]> g (float[n,7,32] x) => (float[n,7,32] y)
    <float[32,96] w = ${tensor(17, [32, 96])}, float[96] b = ${tensor(18, [96])}> { y = com.microsoft.Attention<num_heads = 4>(x, w, b) }`),
} // prettier-ignore

// accuracyLevel 1 where both would choose otherwise: int8 activations are a matter of the processor.
const exact = { accuracyLevel: 1, convs: true } as const
const steps: Readonly<Record<string, Step>> = {
  'dynamicInt8': dynamicInt8(),
  'dynamicInt8, all operators': dynamicInt8({ ops: ['MatMul', 'Gemm', 'Conv', 'Gather', 'LSTM', 'GRU', 'Attention'] }),
  'llmInt8': llmInt8(),
  'weightOnly, 4 bits': weightOnly(exact),
  'weightOnly, 2 bits': weightOnly({ ...exact, bits: 2 }),
  'weightOnly, qdq': weightOnly({ format: 'qdq', symmetric: true, embeddings: false }),
  'binary': binary(exact),
  'bnb4': bnb4(),
  'float8': float8(),
  'half': half(),
  'half, arithmetic': half({ compute: 'half' }),
} // prettier-ignore

/**
 * Decibels between the two: where activations are rounded, another order of sums rounds some of them the other way, and
 * DequantizeLinear becomes a product of int8 activations on x86 only.
 */
const floors: Readonly<Record<string, number>> = {
  'dynamicInt8': 45, 'dynamicInt8, all operators': 45, 'llmInt8': 45, 'weightOnly, qdq': 40, 'half': 60, 'half, arithmetic': 60,
} // prettier-ignore

describe.each(Object.entries(models))('%s', (_, make) => {
  test.each(Object.entries(steps))('%s', async (name, step) => {
    const model = make()
    if (plan(model, [step], { target }).conflicts.length > 0) return
    const coded = await smash(model, [step], { target, runtime: web })
    const feeds = feedsFor(model.part('model').graph, { seed: 1, dims: { n: 5 } })
    const quality = sqnr(await runOnce(web, coded, feeds), await runOnce(node, coded, feeds))
    expect(quality).toBeGreaterThan(floors[name] ?? 100)
  })
})

test('an LSTM is decoded when a session is made, unless it is asked for: one sequence at a time would be slower', async () => {
  const model = models['LSTM and GRU']?.() ?? modelOf(onnx`g () => () {}`)
  const opsWith = async (step: Step): Promise<readonly string[]> =>
    [...walk((await smash(model, [step], { target })).part('model').graph)].map(({ node }) => node.op)
  expect(await opsWith(dynamicInt8())).toContain('LSTM')
  expect(await opsWith(dynamicInt8({ ops: ['LSTM'] }))).toContain('DynamicQuantizeLSTM')
})
