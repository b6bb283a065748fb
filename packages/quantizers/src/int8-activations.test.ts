// Products in the operators of com.microsoft are those of the standard operators, bit for bit, in every form that they take.
import { modelOf, smash, type Model } from '@damson/core'
import { memoryTensor, onnx, type Graph, type Tensor } from '@damson/graph'
import { encodeFloats } from '@damson/numerics'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs, seededNormal } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { normalTensor } from '../test/normal-tensor.ts'
import { opsOf } from '../test/ops-of.ts'
import { dynamicInt8 } from './algorithms/dynamic-int8.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const tensor = (seed: number, shape: readonly number[]): Tensor => normalTensor(seed, shape)
const half = (seed: number, shape: readonly [number, number]): Tensor =>
  memoryTensor('float16', shape, encodeFloats(seededNormal(seed, shape[0] * shape[1]), 'float16'))

const graphOf = (model: Model): Graph => model.part('model').graph

/** Forms of a product, and the operators that stand in its place. */
const forms: Readonly<Record<string, readonly [Model, readonly string[]]>> = {
  'a MatMul alone': [
    modelOf(onnx`<opset_import: ["" : 17]> g (float[2,n,64] x) => (float[2,n,48] y)
      <float[64,48] w = ${tensor(1, [64, 48])}> { y = MatMul(x, w) }`),
    ['DynamicQuantizeMatMul'],
  ],
  'a Gemm whose bias is a row': [
    modelOf(onnx`<opset_import: ["" : 17]> g (float[n,64] x) => (float[n,48] y)
      <float[48,64] w = ${tensor(2, [48, 64])}, float[48] b = ${tensor(3, [48])}>
      { y = Gemm<transB = 1>(x, w, b) }`),
    ['DynamicQuantizeMatMul'],
  ],
  'a Gemm with transA, alpha and beta': [
    modelOf(onnx`<opset_import: ["" : 17]> g (float[64,n] x) => (float[n,48] y)
      <float[64,48] w = ${tensor(4, [64, 48])}, float[48] b = ${tensor(5, [48])}>
      { y = Gemm<transA = 1, alpha = 0.5, beta = 3.0>(x, w, b) }`),
    ['Transpose', 'Mul', 'Mul', 'DynamicQuantizeMatMul'],
  ],
  'a product with a row added behind it': [
    modelOf(onnx`<opset_import: ["" : 17]> g (float[2,n,64] x) => (float[2,n,48] y)
      <float[64,48] w = ${tensor(18, [64, 48])}, float[48] b = ${tensor(19, [48])}> { m = MatMul(x, w)  y = Add(b, m) }`),
    ['DynamicQuantizeMatMul'],
  ],
  'a vector times a matrix, and a row': [
    modelOf(onnx`<opset_import: ["" : 17]> g (float[64] x) => (float[48] y)
      <float[64,48] w = ${tensor(20, [64, 48])}, float[48] b = ${tensor(21, [48])}> { m = MatMul(x, w)  y = Add(m, b) }`),
    ['DynamicQuantizeMatMul'],
  ],
  'a sum of a product that is read otherwise too': [
    modelOf(onnx`<opset_import: ["" : 17]> g (float[n,64] x) => (float[n,48] y, float[n,48] m)
      <float[64,48] w = ${tensor(22, [64, 48])}, float[48] b = ${tensor(23, [48])}> { m = MatMul(x, w)  y = Add(m, b) }`),
    ['DynamicQuantizeMatMul', 'Add'],
  ],
  'a bias that is one number for all columns': [
    modelOf(onnx`<opset_import: ["" : 17]> g (float[n,64] x) => (float[n,48] y)
      <float[64,48] w = ${tensor(6, [64, 48])}, float[1] b = ${tensor(7, [1])}> { y = Gemm(x, w, b) }`),
    ['DynamicQuantizeMatMul', 'Add'],
  ],
  'a bias that is a column': [
    modelOf(onnx`<opset_import: ["" : 17]> g (float[5,64] x) => (float[5,48] y)
      <float[64,48] w = ${tensor(8, [64, 48])}, float[5,1] b = ${tensor(9, [5, 1])}> { y = Gemm(x, w, b) }`),
    ['DynamicQuantizeMatMul', 'Add'],
  ],
  'three products of one activation': [
    modelOf(onnx`<opset_import: ["" : 17]> g (float[n,64] x) => (float[n,48] q, float[n,48] k, float[n,32] v)
      <float[64,48] a = ${tensor(10, [64, 48])}, float[64,48] b = ${tensor(11, [64, 48])}, float[64,32] c = ${tensor(12, [64, 32])}, float[32] d = ${tensor(13, [32])}>
      { q = MatMul(x, a)  k = MatMul(x, b)  v = Gemm(x, c, d) }`),
    ['DynamicQuantizeLinear', 'MatMulIntegerToFloat', 'MatMulIntegerToFloat', 'MatMulIntegerToFloat'],
  ],
  'a convolution beside a product': [
    modelOf(onnx`<opset_import: ["" : 17]> g (float[1,64,n,16] x) => (float[1,8,n,16] y, float[1,64,n,48] z)
      <float[8,64,1,1] w = ${tensor(14, [8, 64, 1, 1])}, float[16,48] v = ${tensor(15, [16, 48])}>
      { z = MatMul(x, v)  y = Conv(x, w) }`),
    ['DynamicQuantizeLinear', 'ConvInteger', 'Cast', 'Mul', 'Mul', 'MatMulIntegerToFloat'],
  ],
  'float16 weights': [
    modelOf(onnx`<opset_import: ["" : 17]> g (float16[n,64] x) => (float16[n,48] y)
      <float16[64,48] w = ${half(16, [64, 48])}> { y = MatMul(x, w) }`),
    ['Cast', 'DynamicQuantizeMatMul', 'Cast'],
  ],
  'a stack of matrices, which has the standard form alone': [
    modelOf(onnx`<opset_import: ["" : 17]> g (float[n,3,4,64] x) => (float[n,3,4,48] y)
      <float[3,64,48] w = ${tensor(17, [3, 64, 48])}> { y = MatMul(x, w) }`),
    ['DynamicQuantizeLinear', 'MatMulInteger', 'Cast', 'Mul', 'Mul'],
  ],
} // prettier-ignore

describe.each(Object.entries(forms))('%s', (_, [model, operators]) => {
  const step = (params: Parameters<typeof dynamicInt8>[0]) => dynamicInt8({ ops: ['MatMul', 'Gemm', 'Conv'], ...params })

  test('fewest operators', async () => {
    expect(opsOf(graphOf(await smash(model, [step({})]))).toSorted()).toEqual(operators.toSorted())
  })

  test.each([
    { weights: 'uint8' },
    { weights: 'uint8', per: 'tensor' },
    { weights: 'int8' },
    { weights: 'int8', per: 'tensor', symmetric: true },
  ] as const)('the same bits as in standard operators: %o', async params => {
    for (const n of [1, 7]) {
      const feeds = feedsFor(graphOf(model), { seed: n, dims: { n } })
      const [fused, standard] = [
        await smash(model, [step(params)]),
        await smash(model, [step({ ...params, format: 'standard' })]),
      ]
      expect(opsOf(graphOf(standard))).toContain('MatMulInteger')
      await expectSameOutputs(runtime, fused, standard, { feeds, atol: 0, rtol: 0 })
    }
  })
}) // prettier-ignore

const summed = (): Model =>
  modelOf(onnx`<opset_import: ["" : 17]> g (float[n,64] x) => (float[n,48] y)
    <float[64,48] w = ${tensor(24, [64, 48])}, float[48] b = ${tensor(25, [48])}> { [product] m = MatMul(x, w)  [sum] y = Add(m, b) }`)

test('a sum that is not in the place of the step stays', async () => {
  for (const on of [{ exclude: ['sum'] }, { include: ['product', 'w'] }]) {
    const made = graphOf(await smash(summed(), [dynamicInt8({}, on)]))
    expect(opsOf(made)).toEqual(['DynamicQuantizeMatMul', 'Add'])
  }
})

test('a product that takes in a sum is both of them to steps that follow', async () => {
  const [node] = graphOf(await smash(summed(), [dynamicInt8()])).nodes
  expect(node).toMatchObject({ op: 'DynamicQuantizeMatMul', origins: ['product', 'sum'] })
})
