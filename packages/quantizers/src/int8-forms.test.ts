// Every form in which a weight meets an operator: what dynamicInt8 makes of it, run by ONNX Runtime against fp32.
import { modelOf, plan, smash, type Model, type Step } from '@damson/core'
import { memoryTensor, onnx, type Graph } from '@damson/graph'
import { encodeFloats } from '@damson/numerics'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce, seededNormal } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { opsOf } from '../test/ops-of.ts'
import { dynamicInt8 } from './algorithms/dynamic-int8.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const numbers = (seed: number, shape: readonly number[]) =>
  seededNormal(seed, shape.reduce((a, b) => a * b, 1)).map(each => each / 4) // prettier-ignore
const tensor = (seed: number, shape: readonly number[]) =>
  memoryTensor('float32', shape, numbers(seed, shape))
const half = (seed: number, shape: readonly number[]) =>
  memoryTensor('float16', shape, encodeFloats(numbers(seed, shape), 'float16'))

async function coded(model: Model, step: Step = dynamicInt8()): Promise<{ graph: Graph; quality: number; left: readonly string[] }> {
  const feeds = feedsFor(model.part('model').graph, { seed: 1, dims: { n: 5 } })
  const want = await runOnce(runtime, model, feeds)
  const left: string[] = []
  const fast = await smash(model, [step], {
    onEvent: event => event.type === 'warning' && event.code === 'left-alone' && left.push(event.message),
  })
  return { graph: fast.part('model').graph, quality: sqnr(await runOnce(runtime, fast, feeds), want), left }
} // prettier-ignore

test('a constant on the left of a product', async () => {
  const model = modelOf(onnx`<opset_import: ["" : 17]> g (float[2,64,n] x) => (float[2,48,n] y)
    <float[48,64] w = ${tensor(1, [48, 64])}> { y = MatMul(w, x) }`)
  const { graph, quality, left } = await coded(model)
  expect(left).toEqual([])
  expect(opsOf(graph)).toContain('MatMulInteger')
  expect(quality).toBeGreaterThan(37)
})

test.each(['uint8', 'int8'] as const)('a stack of matrices, each column of each with a scale: %s', async weights => {
  // The matrices differ by a factor of 100: one scale for a column of all of them would lose the small one.
  const w = Float32Array.from(numbers(2, [3, 64, 48]), (value, at) => value * [1, 10, 100][Math.floor(at / 3072)]!)
  const model = modelOf(onnx`<opset_import: ["" : 17]> g (float[n,3,4,64] x) => (float[n,4,48] y)
    <float[3,64,48] w = ${memoryTensor('float32', [3, 64, 48], w)}, int64 first = {0}>
    { z = MatMul(x, w)  y = Gather<axis = 1>(z, first) }`)
  const { graph, quality, left } = await coded(model, dynamicInt8({ weights }))
  expect(left).toEqual([])
  expect(opsOf(graph)).toContain('MatMulInteger')
  expect(quality).toBeGreaterThan(weights === 'uint8' ? 37 : 33)
}) // prettier-ignore

test('a Gemm with transA, alpha and beta', async () => {
  const model = modelOf(onnx`<opset_import: ["" : 17]> g (float[64,n] x) => (float[n,48] y)
    <float[48,64] w = ${tensor(3, [48, 64])}, float[48] c = ${tensor(4, [48])}>
    { y = Gemm<transA = 1, transB = 1, alpha = 0.5, beta = 3.0>(x, w, c) }`)
  const { graph, quality } = await coded(model)
  expect(opsOf(graph)).not.toContain('Gemm')
  expect(quality).toBeGreaterThan(38)
})

test('a weight that products read through a Transpose', async () => {
  const model = modelOf(onnx`<opset_import: ["" : 17]> g (float[n,64] x) => (float[n,48] y)
    <float[48,64] w = ${tensor(5, [48, 64])}> { t = Transpose<perm = [1, 0]>(w)  y = MatMul(x, t) }`)
  const { graph, quality } = await coded(model)
  expect(opsOf(graph)).not.toContain('Transpose')
  expect(quality).toBeGreaterThan(37)
})

test('a table that is the head too: codes are stored once', async () => {
  const model =
    modelOf(onnx`<opset_import: ["" : 17]> g (int64[n,3] ids) => (float[n,3,300] y, float[n,3,64] h)
    <float[300,64] w = ${tensor(6, [300, 64])}>
    { h = Gather(w, ids)  t = Transpose<perm = [1, 0]>(w)  y = MatMul(h, t) }`)
  const { graph, quality, left } = await coded(model)
  expect(left).toEqual([])
  const big = [...graph.initializers.values()].filter(each => each.tensor.byteLength > 10_000)
  expect(big.map(({ tensor: { dtype, shape } }) => [dtype, shape])).toEqual([['uint8', [300, 64]]])
  expect(quality).toBeGreaterThan(34)
})

test('a weight that is read as it is and turned: one of them reads what is decoded once', async () => {
  const model = modelOf(onnx`<opset_import: ["" : 17]> g (float[n,64] x) => (float[n,64] y, float[n,64] z)
    <float[64,64] w = ${tensor(7, [64, 64])}> { y = MatMul(x, w)  z = Gemm<transB = 1>(x, w) }`)
  const { graph, quality, left } = await coded(model)
  expect(left).toEqual([])
  expect(opsOf(graph)).toContain('Gemm')
  expect(graph.initializers.has('w')).toBe(false)
  expect(quality).toBeGreaterThan(37)
})

test('float16 weights: products in integers, casts around them', async () => {
  const model = modelOf(onnx`<opset_import: ["" : 17]> g (float16[n,64] x, int64[n] ids) => (float16[n,48] y, float16[n,96] e)
    <float16[64,48] w = ${half(8, [64, 48])}, float16[48,48] v = ${half(9, [48, 48])}, float16[48] b = ${half(10, [48])}, float16[200,96] t = ${half(11, [200, 96])}>
    { h = MatMul(x, w)  y = Gemm(h, v, b)  e = Gather(t, ids) }`)
  const { graph, quality, left } = await coded(model)
  expect(left).toEqual([])
  expect(opsOf(graph).filter(op => op === 'DynamicQuantizeMatMul')).toHaveLength(2)
  expect(quality).toBeGreaterThan(34)
}) // prettier-ignore

const lstm = (): Model =>
  modelOf(onnx`<opset_import: ["" : 17]> g (float[n,2,40] x) => (float[2,2,24] h)
    <float[2,96,40] W = ${tensor(12, [2, 96, 40])}, float[2,96,24] R = ${tensor(13, [2, 96, 24])}, float[2,192] B = ${tensor(14, [2, 192])}>
    { _, h, _c = LSTM<hidden_size = 24, direction = "bidirectional">(x, W, R, B) }`)

test.each(['uint8', 'int8'] as const)('an LSTM, both directions: %s', async weights => {
  const { graph, quality } = await coded(lstm(), dynamicInt8({ weights }))
  expect(opsOf(graph)).toContain('DynamicQuantizeLSTM')
  expect(graph.initializers.get('W_quantized')?.tensor.shape).toEqual([2, 40, 96])
  expect(quality).toBeGreaterThan(weights === 'uint8' ? 36 : 28)
}) // prettier-ignore

test('an LSTM of which a weight may not be coded keeps its operator: the other weight is decoded', async () => {
  const { graph, quality } = await coded(lstm(), dynamicInt8({}, { exclude: ['R'] }))
  expect(opsOf(graph)).toContain('LSTM')
  expect(graph.initializers.has('R')).toBe(true)
  expect(graph.initializers.has('W')).toBe(false)
  expect(quality).toBeGreaterThan(38)
})

test('a GRU has no integer operator: its weights are decoded when a session is made', async () => {
  const model = modelOf(onnx`<opset_import: ["" : 17]> g (float[n,2,64] x) => (float[1,2,48] h)
    <float[1,144,64] W = ${tensor(15, [1, 144, 64])}, float[1,144,48] R = ${tensor(16, [1, 144, 48])}>
    { _, h = GRU<hidden_size = 48>(x, W, R) }`)
  const { graph, quality, left } = await coded(model)
  expect(left).toEqual([])
  expect(opsOf(graph)).toContain('GRU')
  expect([...graph.initializers.keys()].toSorted().filter(name => /^[WR]/.test(name))).toHaveLength(6)
  expect(quality).toBeGreaterThan(40)
})

const attention = (): Model =>
  modelOf(onnx`<opset_import: ["" : 17, "com.microsoft" : 1]> g (float[n,7,32] x) => (float[n,7,32] y)
    <float[32,96] w = ${tensor(17, [32, 96])}, float[96] b = ${tensor(18, [96])}>
    { y = com.microsoft.Attention<num_heads = 4>(x, w, b) }`)

test('Attention becomes QAttention', async () => {
  const { graph, quality, left } = await coded(attention())
  expect(left).toEqual([])
  expect(opsOf(graph)).toEqual(['DynamicQuantizeLinear', 'QAttention'])
  expect(quality).toBeGreaterThan(35)
})

test('Attention of unequal widths has no integer operator', () => {
  const model =
    modelOf(onnx`<opset_import: ["" : 17, "com.microsoft" : 1]> g (float[n,7,32] x) => (float[n,7,32] y)
    <float[32,96] w = ${tensor(17, [32, 96])}, float[96] b = ${tensor(18, [96])}>
    { y = com.microsoft.Attention<num_heads = 4, qkv_hidden_sizes = [32, 32, 32]>(x, w, b) }`)
  const [conflict] = plan(model, [dynamicInt8()]).conflicts
  expect(conflict?.message ?? JSON.stringify(conflict)).toMatch(/qkv_hidden_sizes/)
})

test('a Constant node is a weight like any other', async () => {
  const model = modelOf(onnx`<opset_import: ["" : 17]> g (float[n,64] x) => (float[n,48] y)
    { w = Constant<value = ${tensor(19, [64, 48])}>()  y = MatMul(x, w) }`)
  const { graph, quality } = await coded(model)
  expect(opsOf(graph)).not.toContain('Constant')
  expect(quality).toBeGreaterThan(37)
})

test('filters of zeros do not move the zero point of the others', async () => {
  const f = Float32Array.from(numbers(20, [16, 8, 3, 3]), (value, at) => (at < 72 ? 0 : value))
  const model = modelOf(onnx`<opset_import: ["" : 17]> g (float[n,8,9,9] x) => (float[n,16,7,7] y)
    <float[16,8,3,3] f = ${memoryTensor('float32', [16, 8, 3, 3], f)}> { y = Conv(x, f) }`)
  const { quality } = await coded(model, dynamicInt8({ ops: ['Conv'] }))
  expect(quality).toBeGreaterThan(37)
})
