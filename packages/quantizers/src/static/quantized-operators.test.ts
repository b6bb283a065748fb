import { modelOf, smash, type Model, type Sample, type SmashEvent } from '@damson/core'
import { onnx, print } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce, tinyMlp } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { staticInt8 } from '../algorithms/static-int8.ts'
import { normalTensor } from '../../test/normal-tensor.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

/** Every kind of node that can run in integers, a Relu and a Clip behind convolutions, and one value that is read in floats too. */
const everyKind = (): Model =>
  modelOf(onnx`<ir_version: 8, opset_import: ["" : 17]>
    kinds (float[n,3,8,8] x) => (float[n,5] y, float[n,8,4,4] seen)
    <float[8,3,3,3] a = ${normalTensor(1, [8, 3, 3, 3], 0.2)}, float[8] a_bias = ${normalTensor(2, [8], 0.3)}, float[8,8,1,1] b = ${normalTensor(3, [8, 8, 1, 1], 0.3)},
     float[8,1,3,3] c = ${normalTensor(4, [8, 1, 3, 3], 0.4)}, float[8,8,1,1] d = ${normalTensor(5, [8, 8, 1, 1], 0.3)}, float[16,8,1,1] e = ${normalTensor(6, [16, 8, 1, 1], 0.3)},
     float[5,16] f = ${normalTensor(7, [5, 16], 0.3)}, float[5] f_bias = ${normalTensor(8, [5], 0.3)}, float low = {0.0}, float high = {6.0}, float half = {0.5},
     float[4] sizes = {1.0, 1.0, 2.0, 2.0}>
    {
      [conv_a] a1 = Conv<pads = [1, 1, 1, 1]>(x, a, a_bias)
      [relu] a2 = Relu(a1)
      [pool] a3 = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(a2)
      [conv_b] b1 = Conv(a3, b)
      [clip] b2 = Clip(b1, low, high)
      [depthwise] c1 = Conv<group = 8, pads = [1, 1, 1, 1]>(b2, c)
      [gate] c2 = Sigmoid(c1)
      [swish] c3 = Mul(c1, c2)
      [residual] seen = Add(b2, c3)
      [halved] d0 = Mul(seen, half)
      [conv_d] d1 = Conv(d0, d)
      [leaky] d2 = LeakyRelu<alpha = 0.1>(d1)
      [both] e0 = Concat<axis = 2>(d2, seen)
      [bigger] e1 = Resize<mode = "nearest">(e0, , sizes)
      [smooth] e2 = AveragePool<kernel_shape = [2, 2]>(e1)
      [conv_e] e3 = Conv(e2, e)
      [whole] e4 = GlobalAveragePool(e3)
      [flat] e5 = Flatten(e4)
      [classify] y = Gemm<transB = 1>(e5, f, f_bias)
    }`)

interface Coded {
  readonly model: Model
  readonly warnings: readonly Extract<SmashEvent, { readonly type: 'warning' }>[]
}

async function coded(source: Model, params: Parameters<typeof staticInt8>[0]): Promise<Coded> {
  const samples = [...source.parts.values()].flatMap(({ name, graph }) =>
    [1, 2].map((seed): Sample => ({ part: name, feeds: feedsFor(graph, { seed }) })),
  )
  const warnings: Coded['warnings'][number][] = []
  const model = await smash(source, [staticInt8({ protect: 0, ...params })], {
    runtime, samples, onEvent: event => void (event.type === 'warning' && warnings.push(event)),
  }) // prettier-ignore
  return { model, warnings }
}

const kernels = ({ warnings }: Coded): unknown =>
  warnings.find(({ code }) => code === 'integer-nodes')?.details
const pairsKept = ({ warnings }: Coded): unknown =>
  warnings.find(({ code }) => code === 'pairs-kept')?.details
const operators = ({ model }: Coded): ReadonlySet<string> =>
  new Set([...model.parts.values()].flatMap(({ graph }) => graph.nodes.map(({ op }) => op)))

/** Decibels between both formats: more than 60 is rounding. */
async function agreement(one: Coded, other: Coded): Promise<number> {
  const [part] = [...one.model.parts.values()]
  if (!part) return 0
  const feeds = feedsFor(part.graph, { seed: 9 })
  const run = ({ model }: Coded) => runOnce(runtime, model, feeds, part.name) // prettier-ignore
  return sqnr(await run(other), await run(one))
}

test.each([
  ['int8', 'channel'],
  ['int8', 'tensor'],
  ['uint8', 'channel'],
] as const)('%s weights by %s: operators give what pairs give', async (weights, per) => {
  const [pairs, direct] = [
    await coded(everyKind(), { weights, per }),
    await coded(everyKind(), { weights, per, format: 'qoperator' }),
  ]
  expect(await agreement(pairs, direct)).toBeGreaterThan(60)
  const ops = operators(direct)
  for (const op of [
    'QLinearConv', 'QGemm', 'QLinearAdd', 'QLinearMul', 'QLinearSigmoid', 'QLinearLeakyRelu', 'QLinearConcat', 'QLinearAveragePool',
    'QLinearGlobalAveragePool',
  ]) expect(ops, op).toContain(op) // prettier-ignore
  for (const op of ['Conv', 'Relu', 'Clip', 'Add', 'Mul', 'Concat', 'Gemm']) expect(ops, op).not.toContain(op)
  expect(pairsKept(direct)).toBeUndefined()
  // All six products run in integers, and ONNX Runtime says so of both forms.
  expect(kernels(direct)).toMatchObject({ integer: 6, float: 0 })
  expect(kernels(pairs)).toMatchObject({ integer: 6, float: 0 })
}) // prettier-ignore

test('matrix products keep a float output', async () => {
  const [pairs, direct] = [await coded(tinyMlp(), {}), await coded(tinyMlp(), { format: 'qoperator' })]
  expect(operators(direct)).toContain('MatMulIntegerToFloat')
  expect(await agreement(pairs, direct)).toBeGreaterThan(60)
  expect(kernels(direct)).toMatchObject({ integer: 2, float: 0 })
})

test('codes that would not saturate as a Relu does keep their pairs, and are named', async () => {
  const overrides = { a2: [-3, 3] as const }
  const direct = await coded(everyKind(), { format: 'qoperator', overrides })
  expect(pairsKept(direct)).toMatchObject({ nodes: ['conv_a'] })
  const graph = direct.model.part('model').graph
  expect(graph.nodes.filter(({ op }) => op === 'Relu').length, print(graph)).toBe(1)
  expect(await agreement(await coded(everyKind(), { overrides }), direct)).toBeGreaterThan(60)
})

test('16-bit activations have no operators: all pairs stay, and that is said', async () => {
  const direct = await coded(tinyMlp(), { format: 'qoperator', activations: 'uint16' })
  expect(operators(direct)).not.toContain('MatMulIntegerToFloat')
  expect(pairsKept(direct)).toMatchObject({ nodes: { length: 2 } })
})

test('int8 activations are refused beside uint8 weights', async () => {
  await expect(coded(tinyMlp(), { activations: 'int8', weights: 'uint8' })).rejects.toThrow(/kernels for int8 weights alone/)
}) // prettier-ignore
