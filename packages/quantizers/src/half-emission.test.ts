// What half writes: few casts, all bodies, constants in every form, masks, integer products, indices and angles.
import { modelOf, plan, smash, type Model, type Step } from '@damson/core'
import { check, memoryTensor, onnx, tensorOf, walk, type Graph, type Node } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce, seededNormal } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { normalTensor } from '../test/normal-tensor.ts'
import { dynamicInt8 } from './algorithms/dynamic-int8.ts'
import { half } from './algorithms/half.ts'
import { weightOnly } from './algorithms/weight-only.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const matrix = (seed: number, shape: readonly number[], scale = 0.1) => normalTensor(seed, shape, scale)

const graphOf = (model: Model): Graph => model.part('model').graph
const nodesOf = (graph: Graph, op: string): readonly Node[] =>
  [...walk(graph)].map(({ node }) => node).filter(node => node.op === op)
const castsOf = (graph: Graph): readonly string[] =>
  nodesOf(graph, 'Cast').map(
    ({ inputs, attributes }) => `${inputs[0]} to ${String(attributes.get('to')?.value)}`,
  )

/** Arithmetic on halves, whatever the target. */
const halves = (options: Parameters<typeof half>[0] = {}, place: Parameters<typeof half>[1] = {}): Step =>
  half({ compute: 'half', ...options }, place)

async function halved(model: Model, options: Parameters<typeof half>[0] = {}): Promise<Graph> {
  const graph = graphOf(await smash(model, [halves(options)]))
  expect(check(graph)).toEqual([])
  return graph
}

async function qualityOf(model: Model, options: Parameters<typeof half>[0] = {}): Promise<number> {
  const feeds = feedsFor(graphOf(model), { seed: 1, dims: { n: 5 } })
  const want = await runOnce(runtime, model, feeds)
  return sqnr(await runOnce(runtime, await smash(model, [halves(options)]), feeds), want)
}

const layers = (): Model =>
  modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[n,64] x) => (float[n,64] y, float[n,64] z)
    <float[64,64] a = ${matrix(1, [64, 64])}, float[64,64] b = ${matrix(2, [64, 64])}, float[64] c = ${matrix(3, [64])}>
    { p = MatMul(x, a)  q = Relu(p)  r = MatMul(q, b)  y = Add(r, c)  z = Mul(x, q) }`)

describe('casts', () => {
  test('stand where the graph begins and ends, once for all readers', async () => {
    expect(castsOf(await halved(layers()))).toEqual(['x to 10', 'y_float16 to 1', 'z_float16 to 1'])
  })

  test('are none when inputs and outputs become halves too', async () => {
    const graph = await halved(layers(), { io: 'convert' })
    expect(castsOf(graph)).toEqual([])
    expect([...graph.inputs, ...graph.outputs].map(({ type }) => type)).toMatchObject(
      Array.from({ length: 3 }, () => ({ dtype: 'float16' })),
    )
  })

  test('of the model that would give what they get are left out', async () => {
    const model = modelOf(onnx`
      <ir_version: 8, opset_import: ["" : 17]>
      g (float16[n,64] x) => (float16[n,64] y)
      <float[64,64] w = ${matrix(4, [64, 64])}>
      { f = Cast<to = 1>(x)  p = MatMul(f, w)  y = Cast<to = 10>(p) }`)
    const graph = await halved(model)
    expect(castsOf(graph)).toEqual(['p to 10'])
    expect(nodesOf(graph, 'MatMul')[0]?.inputs).toEqual(['x', 'w'])
    expect(await qualityOf(model)).toBeGreaterThan(55)
  })

  test('movement between two nodes that stay is not cast down and up again', async () => {
    const model = modelOf(onnx`
      <ir_version: 8, opset_import: ["" : 17]>
      g (float[n,64] x) => (float[n,64] y)
      <float[64,64] w = ${matrix(5, [64, 64])}, float[64,64] v = ${matrix(16, [64, 64])}, float[1] c = {0.5}>
      { m = MatMul(x, w)  [one] o = Mul(m, c)  t = Transpose<perm = [1, 0]>(o)  [two] u = Mul(t, c)
        s = Transpose<perm = [1, 0]>(u)  y = MatMul(s, v) }`)
    const graph = graphOf(await smash(model, [halves({}, { exclude: ['one', 'two'] })]))
    expect(castsOf(graph)).toEqual(['x to 10', 'm to 1', 'u to 10', 'y_float16 to 1'])
  })
})

const bodies = (): Model =>
  modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    g (bool gate, float[n,64] x) => (float[n,64] y, float[n,64] w)
    <float[64,64] shared = ${matrix(6, [64, 64])}, int64 three = {3}, bool on = {1}>
    {
      h = If (gate) <
        then_branch = t () => (float[n,64] p) <float[64,64] own = ${matrix(7, [64, 64])}> { i = MatMul(x, shared)  p = MatMul(i, own) },
        else_branch = e () => (float[n,64] q) { q = MatMul(x, shared) }
      >
      y, all = Loop (three, on, h) <
        body = l (int64 i, bool c, float[n,64] v) => (bool d, float[n,64] u, float[n,64] s) {
          d = Identity(c)  m = MatMul(v, shared)  u = Tanh(m)  s = Add(u, x)
        }
      >
      axes = Constant<value = int64[1] {0}>()
      w = ReduceSum<keepdims = 0>(all, axes)
    }`)

describe('bodies', () => {
  test('of If and Loop compute on halves, and what they hand through is a half', async () => {
    const model = bodies()
    const graph = await halved(model)
    expect([...walk(graph)].filter(({ node }) => node.op === 'MatMul')).toHaveLength(4)
    expect(castsOf(graph).toSorted()).toEqual([
      'w_float16 to 1',
      'x to 10',
      'x to 10',
      'x to 10',
      'y_float16 to 1',
    ])
    const loop = nodesOf(graph, 'Loop')[0]?.attributes.get('body')
    expect(loop?.type === 'graph' && loop.value.inputs.map(({ type }) => type)).toMatchObject([
      { dtype: 'int64' },
      { dtype: 'bool' },
      { dtype: 'float16' },
    ])
    expect(await qualityOf(model)).toBeGreaterThan(50)
  })

  test('of functions are put where they are called', async () => {
    const model = modelOf(onnx`
      <ir_version: 8, opset_import: ["" : 17, "own" : 1]>
      g (float[n,64] x) => (float[n,64] y) <float[64,64] w = ${matrix(8, [64, 64])}> { p = MatMul(x, w)  y = own.twice(p) }
      <domain: "own", opset_import: ["" : 17]>
      twice (a) => (b) { k = Constant<value_float = 2.0>()  b = Mul(a, k) }`)
    const graph = await halved(model)
    expect(castsOf(graph)).toEqual(['x to 10', 'y_float16 to 1'])
    expect(await qualityOf(model)).toBeGreaterThan(55)
  })
})

describe('what stays', () => {
  test('weights that fp32 nodes read are stored as halves behind a cast; small ones are left', async () => {
    const model = modelOf(onnx`
      <ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
      g (float[n,64] x) => (float[n,64] y)
      <float[64,64] a = ${matrix(9, [64, 64])}, float[64,64] b = ${matrix(10, [64, 64])}>
      { [one] p = MatMul(x, a)  [two] y = MatMul(p, b) }`)
    const graph = graphOf(await smash(model, [halves({}, { exclude: ['two'] })]))
    expect(castsOf(graph)).toEqual(['x to 10', 'p to 1'])
    expect(graph.initializers.get('a')?.tensor.dtype).toBe('float16')
    expect(graph.initializers.get('b')?.tensor.dtype).toBe('float32')
  })

  test('bfloat16 has no arithmetic but on CUDA', async () => {
    const { conflicts } = plan(layers(), [halves({ type: 'bfloat16' })])
    expect(conflicts.map(({ message }) => message)).toEqual([
      expect.stringMatching(/cpu has no kernels for bfloat16: leave compute at auto/),
    ])
    expect(plan(layers(), [halves({ type: 'bfloat16' })], { target: 'cuda' }).conflicts).toEqual([])
  })

  test('indices and angles keep their digits', async () => {
    const model = modelOf(onnx`
      <ir_version: 8, opset_import: ["" : 17]>
      g (int64[n] t, float[n,64] x) => (float[n,64] y, int64[n] bucket)
      <float[64,64] w = ${matrix(11, [64, 64])}, float[1,64] rates = ${matrix(12, [1, 64], 1)}, float step = {3.0}>
      { f = Cast<to = 1>(t)  one = Constant<value_ints = [1]>()  c = Unsqueeze(f, one)  angle = Mul(c, rates)  s = Sin(angle)
        p = MatMul(x, w)  y = Add(p, s)
        d = Div(f, step)  e = Floor(d)  bucket = Cast<to = 7>(e) }`)
    expect(castsOf(await halved(model)).toSorted()).toEqual([
      'e to 7',
      's to 10',
      't to 1',
      'x to 10',
      'y_float16 to 1',
    ])
    const feeds = {
      ...feedsFor(graphOf(model), { seed: 2, dims: { n: 4 } }),
      t: { dtype: 'int64', shape: [4], data: BigInt64Array.of(5n, 999n, 4099n, 30001n) } as const,
    }
    const want = await runOnce(runtime, model, feeds)
    const got = await runOnce(runtime, await smash(model, [halves()]), feeds)
    expect(got['bucket']).toEqual(want['bucket'])
    expect(sqnr(got, want)).toBeGreaterThan(55)
  })

  test.each(['fused', 'standard'] as const)(
    'integer products keep their scales: dynamicInt8 and half compose: %s',
    async format => {
      const model = layers()
      const feeds = feedsFor(graphOf(model), { seed: 1, dims: { n: 5 } })
      const coded = await smash(model, [dynamicInt8({ format })])
      const both = await smash(model, [dynamicInt8({ format }), halves()])
      const want = await runOnce(runtime, coded, feeds)
      expect(sqnr(await runOnce(runtime, both, feeds), want)).toBeGreaterThan(40)
    },
  )

  test('block codes get scales of 16 bits: weightOnly and half make q4f16, the solver first', async () => {
    const model = layers()
    const both = await smash(model, [halves(), weightOnly({ symmetric: true })])
    const graph = graphOf(both)
    expect(nodesOf(graph, 'MatMulNBits')).toHaveLength(2)
    expect(graph.initializers.get('a_scales')?.tensor.dtype).toBe('float16')
    const feeds = feedsFor(graphOf(model), { seed: 1, dims: { n: 5 } })
    const want = await runOnce(runtime, await smash(model, [weightOnly({ symmetric: true })]), feeds)
    expect(sqnr(await runOnce(runtime, both, feeds), want)).toBeGreaterThan(35)
  })
})

describe('numbers beyond the range', () => {
  const attention = (mask: number): Model =>
    modelOf(onnx`
      <ir_version: 8, opset_import: ["" : 17]>
      g (float[n,64] x, float[n,n] keep) => (float[n,64] y)
      <float[64,64] w = ${matrix(13, [64, 64], 1)}, float one = {1.0}, float never = ${tensorOf('float32', [], [mask])}>
      { q = MatMul(x, w)  k = Transpose<perm = [1, 0]>(x)  s = MatMul(q, k)
        o = Sub(one, keep)  m = Mul(o, never)  t = Add(s, m)  a = Softmax(t)  y = MatMul(a, x) }`)

  test.each([-1e9, -3.4028234663852886e38])(
    'a mask of %d stays finite, also where all is masked',
    async mask => {
      const model = attention(mask)
      const graph = await halved(model)
      expect(graph.initializers.get('never')?.tensor.dtype).toBe('float16')
      const feeds = feedsFor(graphOf(model), { seed: 4, dims: { n: 6 } })
      const keep = {
        dtype: 'float32',
        shape: [6, 6],
        data: Float32Array.from({ length: 36 }, (_, at) => (at % 6 <= at / 6 ? 1 : 0)),
      } as const
      const want = await runOnce(runtime, model, { ...feeds, keep })
      const made = await smash(model, [halves()])
      expect(sqnr(await runOnce(runtime, made, { ...feeds, keep }), want)).toBeGreaterThan(45)
      const none = { ...keep, data: new Float32Array(36) }
      const all = await runOnce(runtime, made, { ...feeds, keep: none })
      expect(all['y']?.data.every(value => Number.isFinite(Number(value)))).toBe(true)
    },
  )

  test('a weight that does not fit keeps its nodes in fp32; without a guard it is cut', async () => {
    const big = Float32Array.from(seededNormal(14, 64 * 64, 1), (value, at) => (at === 5 ? 3e5 : value))
    const model = modelOf(onnx`
      <ir_version: 8, opset_import: ["" : 17]>
      g (float[n,64] x) => (float[n,64] y)
      <float[64,64] a = ${matrix(15, [64, 64])}, float[64,64] b = ${memoryTensor('float32', [64, 64], big)}, float tiny = {0.00001}>
      { p = MatMul(x, a)  q = Mul(p, tiny)  r = MatMul(q, b)  y = Tanh(r) }`)
    const said: unknown[] = []
    await smash(model, [halves()], {
      onEvent: event => event.type === 'warning' && said.push(event.details?.['unfit']),
    })
    expect(said).toEqual([[{ weight: 'b', why: '3.00e+5 is beyond ±65504' }]])
    const graph = await halved(model)
    expect(graph.initializers.get('b')?.tensor.dtype).toBe('float32')
    expect(await qualityOf(model)).toBeGreaterThan(45)
    expect(await qualityOf(model, { guard: 'off' })).toBeLessThan(20)
  })
})
