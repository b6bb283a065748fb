// What the steps write: shared activations, transposed and half-precision weights, bodies of an If, and what is left alone.
import { modelOf, smash, type Model, type Step } from '@damson/core'
import { memoryTensor, onnx, type Graph } from '@damson/graph'
import { encodeFloats, quantizeLinear } from '@damson/numerics'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce, seededNormal } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { opsOf } from '../test/ops-of.ts'
import { normalTensor } from '../test/normal-tensor.ts'
import { dynamicInt8 } from './algorithms/dynamic-int8.ts'
import { weightOnly } from './algorithms/weight-only.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const matrix = (seed: number, shape: readonly number[]) => normalTensor(seed, shape)

const graphOf = (model: Model): Graph => model.part('model').graph
const count = (graph: Graph, op: string): number => opsOf(graph).filter(each => each === op).length

async function qualityOf(model: Model, step: Step): Promise<number> {
  const feeds = feedsFor(graphOf(model), { seed: 1, dims: { n: 5 } })
  const want = await runOnce(runtime, model, feeds)
  return sqnr(await runOnce(runtime, await smash(model, [step]), feeds), want)
}

const twoConsumers = (): Model =>
  modelOf(onnx`
    <opset_import: ["" : 17]>
    g (float[n,64] x) => (float[n,48] a, float[n,80] b)
    <float[64,48] w = ${matrix(1, [64, 48])}, float[80,64] v = ${matrix(2, [80, 64])}, float[80] c = ${matrix(3, [80])}>
    { a = MatMul(x, w)  b = Gemm<transB = 1>(x, v, c) }`)

const branches = (): Model =>
  modelOf(onnx`
    <opset_import: ["" : 17]>
    g (bool gate, float[n,64] x) => (float[n,64] y)
    <float[64,64] shared = ${matrix(4, [64, 64])}>
    {
      y = If (gate) <
        then_branch = t () => (float[n,64] p) <float[64,64] own = ${matrix(5, [64, 64])}> { h = MatMul(x, shared)  p = MatMul(h, own) },
        else_branch = e () => (float[n,64] q) { q = MatMul(x, shared) }
      >
    }`)

describe('dynamicInt8', () => {
  test.each([
    ['fused', 'MatMulIntegerToFloat'],
    ['standard', 'MatMulInteger'],
  ] as const)('codes an activation once for all its consumers: %s', async (format, product) => {
    const graph = graphOf(await smash(twoConsumers(), [dynamicInt8({ format })]))
    expect(count(graph, 'DynamicQuantizeLinear')).toBe(1)
    expect(count(graph, product)).toBe(2)
  })

  test('transposes the weight of a Gemm while coding it: the codes are those of the weight, turned', async () => {
    const model = twoConsumers()
    const graph = graphOf(
      await smash(model, [dynamicInt8({ weights: 'int8', symmetric: true, reduceRange: false })]),
    )
    const codes = await graph.initializers.get('v_quantized')?.tensor.read()
    const source = matrix(2, [80, 64])
    const bytes = await source.read()
    const plain = quantizeLinear(
      new Float32Array(bytes.buffer, bytes.byteOffset, 80 * 64),
      { shape: [80, 64], axis: 0 },
      { type: 'int8', symmetric: true },
    )
    expect(graph.initializers.get('v_quantized')?.tensor.shape).toEqual([64, 80])
    expect(codes?.every((code, at) => code === plain.codes[(at % 80) * 64 + Math.floor(at / 80)])).toBe(true)
    expect(await qualityOf(model, dynamicInt8())).toBeGreaterThan(36)
  })

  test('works in the bodies of an If, on their own weights and on those from outside', async () => {
    const graph = graphOf(await smash(branches(), [dynamicInt8()]))
    expect(count(graph, 'MatMul')).toBe(0)
    expect(count(graph, 'DynamicQuantizeMatMul')).toBe(3)
    expect(graph.opset('com.microsoft')).toBe(1)
    expect([...graph.initializers.keys()].toSorted()).toEqual([
      'shared_quantized',
      'shared_scale',
      'shared_zero_point',
    ])
    expect(await qualityOf(branches(), dynamicInt8())).toBeGreaterThan(34)
  })

  test('is refused for webgpu, which has no integer products', async () => {
    await expect(smash(twoConsumers(), [dynamicInt8()], { target: 'webgpu' })).rejects.toThrow(
      /MatMulInteger/,
    )
  })

  test('warns of int8 products that may saturate, and not of others', async () => {
    const codesOf = async (step: Step): Promise<readonly string[]> => {
      const codes: string[] = []
      await smash(twoConsumers(), [step], {
        onEvent: event => event.type === 'warning' && codes.push(event.code),
      })
      return codes
    }
    expect(await codesOf(dynamicInt8({ weights: 'int8', reduceRange: false }))).toEqual(['may-saturate'])
    expect(await codesOf(dynamicInt8({ weights: 'int8', reduceRange: true }))).toEqual([])
    expect(await codesOf(dynamicInt8({ weights: 'int8' }))).toEqual([])
    expect(await codesOf(dynamicInt8())).toEqual([])
  })
})

describe('weightOnly', () => {
  test('codes half-precision weights with half-precision scales', async () => {
    const half = memoryTensor('float16', [64, 48], encodeFloats(seededNormal(6, 64 * 48), 'float16'))
    const model = modelOf(onnx`
      <opset_import: ["" : 17]>
      g (float16[n,64] x) => (float16[n,48] y) <float16[64,48] w = ${half}> { y = MatMul(x, w) }`)
    const graph = graphOf(await smash(model, [weightOnly()]))
    expect(graph.initializers.get('w_scales')?.tensor.dtype).toBe('float16')
    expect(await qualityOf(model, weightOnly({ bits: 8 }))).toBeGreaterThan(30)
  })

  test('works in the bodies of an If', async () => {
    const graph = graphOf(await smash(branches(), [weightOnly()]))
    expect(count(graph, 'MatMulNBits')).toBe(3)
    expect(await qualityOf(branches(), weightOnly({ bits: 8 }))).toBeGreaterThan(34)
  })
})

test('what stays is said, with the reason and the bytes', async () => {
  const model = modelOf(onnx`
    <opset_import: ["" : 17]>
    g (float[n,64] x, float[1,3,8,8] i) => (float[n,48] y, float[1,8,6,6] o)
    <float[64,48] w = ${matrix(7, [64, 48])}, float[8,3,3,3] f = ${matrix(8, [8, 3, 3, 3])}>
    { y = MatMul(x, w)  o = Conv(i, f) }`)
  const said: unknown[] = []
  for (const step of [dynamicInt8(), weightOnly()])
    await smash(model, [step], {
      onEvent: event => event.type === 'warning' && said.push([event.code, event.details]),
    })
  expect(said).toEqual([
    [
      'left-alone',
      {
        part: 'model',
        bytes: 864,
        reasons: [
          {
            reason: 'belongs to a Conv, which is slower in integers on this target',
            bytes: 864,
            weights: ['f'],
          },
        ],
      },
    ],
    [
      'left-alone',
      {
        part: 'model',
        bytes: 864,
        reasons: [{ reason: 'belongs to a convolution, and convs are off', bytes: 864, weights: ['f'] }],
      },
    ],
  ])
})
