import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { assertValid, check } from '../check/check.ts'
import { graphToBytes } from '../file/write.ts'
import type { Graph } from '../ir.ts'
import { print } from '../text/print.ts'
import { onnx } from '../text/template.ts'
import { gate, type Gated } from './gate.ts'
import { regionBetween } from './region.ts'

type Feeds = Record<string, Tensor>

/** Runs a graph at the optimization level that fuses Q/DQ and constants, but not beyond. */
async function run(graph: Graph, feeds: Feeds): Promise<Record<string, number[]>> {
  const session = await InferenceSession.create(await graphToBytes(graph), {
    graphOptimizationLevel: 'basic',
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  try {
    const outputs = await session.run(feeds)
    return Object.fromEntries(
      Object.entries(outputs).map(([name, each]) => [name, Array.from(each.data, Number)]),
    )
  } finally {
    await session.release()
  }
}

const floats = (...values: number[]): Tensor =>
  new Tensor('float32', Float32Array.from(values), [values.length])
const bool = (value: boolean): Tensor => new Tensor('bool', Uint8Array.of(value ? 1 : 0), [])
const opsOf = (gated: Gated, branch: string): readonly string[] => {
  const value = gated.node.attributes.get(branch)
  return value?.type === 'graph' ? value.value.nodes.map(node => node.op) : []
}

const graph = onnx`(float[2] x) => (float[2] y, float[2] b)
<float[2] w = {0.3, -0.7}, float[2] v = {1.7, 2.1}, float[2] a, float[2] d> {
  [first] a = Mul(x, w)
  [second] b = Sin(a)
  [third] d = Mul(b, v)
  [last] y = Add(d, x)
}`

describe('a region between values', () => {
  const gated = gate(graph, regionBetween(graph, ['a'], ['d']), {
    when: { input: 'full' },
    otherwise: ({ name }) => ({ input: `cached_${name}` }),
  })

  test('is the same with the condition true, and the replacement with it false', async () => {
    assertValid(gated.graph)
    const x = floats(0.5, -1.25)
    const cached = { cached_b: floats(10, 20), cached_d: floats(30, 40) }
    const whole = await run(graph, { x })
    expect(await run(gated.graph, { x, full: bool(true), ...cached })).toEqual(whole)
    expect(await run(gated.graph, { x, full: bool(false), ...cached })).toEqual({
      b: [10, 20],
      y: [30.5, 38.75],
    })
  })

  test('keeps outer names, origins, and every weight once and outside', () => {
    expect(gated.outputs.map(info => info.name)).toEqual(['b', 'd'])
    expect(gated.inputs).toEqual(['a', 'v'])
    expect(gated.added.map(info => info.name)).toEqual(['full', 'cached_b', 'cached_d'])
    expect([...gated.graph.initializers.keys()]).toEqual(['w', 'v'])
    expect(gated.node.origins).toEqual([])
    const branch = gated.node.attributes.get('then_branch')
    const inner = branch?.type === 'graph' ? branch.value : undefined
    expect(inner?.nodes.map(node => node.origins)).toEqual([['second'], ['third']])
    expect(inner?.initializers.size).toBe(0)
  })

  test('reads as it should', () => {
    expect(print(gated.graph, { header: false, types: false })).toMatchInlineSnapshot(`
      "graph (float[2] x, bool full, float[2] cached_b, float[2] cached_d) => (float[2] y, float[2] b)
      <
        float[2] w = {0.3, -0.7},
        float[2] v = {1.7, 2.1}
      > {
        [first] a = Mul(x, w)
        [gate] b, d = If(full) <then_branch: graph = run () => (float[2] b_then, float[2] d_then) {
          [second] b_then = Sin(a)
          [third] d_then = Mul(b_then, v)
        }, else_branch: graph = skip () => (float[2] b_else, float[2] d_else) {
          [skip_1] b_else = Identity(cached_b)
          [skip_2] d_else = Identity(cached_d)
        }>
        [last] y = Add(d, x)
      }
      "
    `)
  })

  test('may be gated again, inside and around', async () => {
    const inside = gate(gated.graph, innerNodes(gated), {
      when: { input: 'inner' },
      otherwise: () => 'zeros',
      path: 'gate/then_branch',
      name: 'inner_gate',
    })
    const around = gate(inside.graph, regionBetween(inside.graph, ['x'], ['y']), {
      when: { input: 'outer' },
      otherwise: () => ({ value: 'x' }),
      name: 'outer_gate',
    })
    assertValid(around.graph)
    expect(check(around.graph)).toEqual([])
    const x = floats(0.5, -1.25)
    const feeds = { x, cached_b: floats(1, 1), cached_d: floats(1, 1), inner: bool(true), full: bool(true) }
    expect(await run(around.graph, { ...feeds, outer: bool(true) })).toEqual(await run(graph, { x }))
    expect(await run(around.graph, { ...feeds, outer: bool(true), inner: bool(false) })).toMatchObject({
      y: [0.5, -1.25],
    })
    expect(await run(around.graph, { ...feeds, outer: bool(false) })).toEqual({
      y: [0.5, -1.25],
      b: [0.5, -1.25],
    })
  })
})

function innerNodes(gated: Gated) {
  const branch = gated.node.attributes.get('then_branch')
  return branch?.type === 'graph' ? branch.value.nodes.slice(0, 1) : []
}

test('a region inside a nested body, with the condition a value', async () => {
  const nested = onnx`(float[2] x, bool c, bool go) => (float[2] y) {
    [if] y = If(c) <
      then_branch: graph = yes () => (float[2] r) { [n1] p = Sin(x) [n2] q = Cos(p) [n3] r = Add(q, x) },
      else_branch: graph = no () => (float[2] s) { s = Neg(x) }>
  }`
  const branch = nested.nodes[0]?.attributes.get('then_branch')
  const nodes = branch?.type === 'graph' ? branch.value.nodes.slice(0, 2) : []
  const { graph: gated } = gate(nested, nodes, {
    when: 'go',
    otherwise: () => ({ value: 'x' }),
    path: 'if/then_branch',
  })
  assertValid(gated)
  const feeds = { x: floats(1, 2), c: bool(true) }
  expect(await run(gated, { ...feeds, go: bool(true) })).toEqual(
    await run(nested, { ...feeds, go: bool(true) }),
  )
  expect(await run(gated, { ...feeds, go: bool(false) })).toEqual({ y: [2, 4] })
})

describe('Q/DQ stay with their nodes', () => {
  const quantized = onnx`(float[2] x) => (float[2] y)
  <float s = {0.05}, uint8 z = {128}, int8[2,2] wq = {10, -20, 30, 40}, float ws = {0.1}, int8 wz = {0},
   float[2] a, float[2] m, uint8[2] aq, float[2] ad> {
    [a] a = Sin(x)
    [q1] aq = QuantizeLinear(a, s, z)
    [dq1] ad = DequantizeLinear(aq, s, z)
    [dqw] w = DequantizeLinear(wq, ws, wz)
    [mm] m = MatMul(ad, w)
    [q2] mq = QuantizeLinear(m, s, z)
    [dq2] md = DequantizeLinear(mq, s, z)
    [y] y = Add(md, ad)
  }`
  const byName = (...names: string[]) => quantized.nodes.filter(node => names.includes(node.name))
  const options = { when: { input: 'full' }, otherwise: () => ({ input: 'cached' }) }

  test('the cut lies between a QuantizeLinear and its DequantizeLinear, on both sides', async () => {
    const gated = gate(quantized, byName('mm'), options)
    assertValid(gated.graph)
    expect(opsOf(gated, 'then_branch')).toEqual([
      'DequantizeLinear',
      'DequantizeLinear',
      'MatMul',
      'QuantizeLinear',
    ])
    expect(gated.outputs).toEqual([{ name: 'mq', type: { kind: 'tensor', dtype: 'uint8', shape: [2] } }])
    // dq1 serves the Add outside as well, so it stays there, and the region has a copy.
    expect(gated.graph.nodes.map(node => node.op)).toEqual(
      ['Sin', 'QuantizeLinear', 'DequantizeLinear', 'If', 'DequantizeLinear', 'Add'], // prettier-ignore
    )
    const x = floats(0.5, 1.5)
    const cached = new Tensor('uint8', Uint8Array.of(128, 138), [2])
    expect(await run(gated.graph, { x, full: bool(true), cached })).toEqual(await run(quantized, { x }))
    const skipped = await run(gated.graph, { x, full: bool(false), cached })
    expect(skipped['y']?.map(each => Math.round(each * 100))).toEqual([50, 150])
  })

  test('pairs that were given on the wrong side go back', () => {
    const exact = gate(quantized, byName('mm', 'q2'), options)
    const wide = gate(quantized, byName('q1', 'dq1', 'dqw', 'mm', 'q2', 'dq2'), options)
    expect(opsOf(wide, 'then_branch')).toEqual(opsOf(exact, 'then_branch'))
    expect(wide.outputs).toEqual(exact.outputs)
  })

  test('a scale that is computed keeps its pair where it was', () => {
    const dynamic = onnx`(float[2] x) => (float[2] y) <float[2] a> {
      a = Sin(x)
      mx = ReduceMax<keepdims = 0>(a)
      q = QuantizeLinear(a, mx)
      y = DequantizeLinear(q, mx)
    }`
    const gated = gate(dynamic, dynamic.nodes.slice(0, 1), options)
    expect(opsOf({ ...gated }, 'then_branch')).toEqual(['Sin'])
  })
})

describe('refusals say why', () => {
  const nodes = regionBetween(graph, ['a'], ['d'])
  const otherwise = () => 'zeros' as const

  test.each([
    ['the last and the first, with others between', () => gate(graph, [graph.nodes[0], graph.nodes[2]].flatMap(node => node ?? []), { when: { input: 'c' }, otherwise }), 'second (Sin) needs it and is needed by it'],
    ['no nodes', () => gate(graph, [], { when: { input: 'c' }, otherwise }), 'none of those given is among its nodes'],
    ['a float as condition', () => gate(graph, nodes, { when: 'x', otherwise }), 'Expected a bool to decide whether the region runs, but "x" is float32.'],
    ['a condition that nothing makes', () => gate(graph, nodes, { when: 'q', otherwise }), 'nothing there is called "q"'],
    ['a condition that depends on the region', () => gate(conditional, conditional.nodes.slice(0, 1), { when: 'c', otherwise }), 'need'],
    ['a replacement that nothing makes', () => gate(graph, nodes, { when: { input: 'c' }, otherwise: () => ({ value: 'q' }) }), 'nothing there is called "q"'],
    ['zeros of a shape that is not known', () => gate(dynamic, dynamic.nodes.slice(0, 1), { when: { input: 'c' }, otherwise }), 'Expected a known shape for zeros in place of "t", but it is [N].'],
    ['an input of a type that is not known', () => gate(untyped, untyped.nodes.slice(0, 1), { when: { input: 'c' }, otherwise: () => ({ input: 'cached' }) }), 'Expected a known type for the new graph input "cached"'],
    ['a body that is not there', () => gate(graph, nodes, { when: { input: 'c' }, otherwise, path: 'If_0/then_branch' }), 'Expected the path of a body, but got "If_0/then_branch"'],
  ])('%s', (_, attempt, message) => {
    expect(attempt).toThrow(message)
  }) // prettier-ignore
})

const conditional = onnx`(float[] x) => (float[] y) <float k = {0}, float[] t> { t = Sin(x) c = Greater(t, k) y = Neg(t) }`
const dynamic = onnx`(float[N] x) => (float[N] y) <float[N] t> { t = Sin(x) y = Neg(t) }`
const untyped = onnx`(float[N] x) => (float[N] y) { t = Sin(x) y = Neg(t) }`
