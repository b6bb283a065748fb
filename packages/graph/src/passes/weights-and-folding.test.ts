// Equal weights, transposed weights, folding, and the refusals of the opset upgrade, on small graphs.
import { describe, expect, test } from 'vitest'
import { runGraph } from '../../test/ort-run.ts'
import { isRefusal } from '../error.ts'
import type { Graph } from '../ir.ts'
import { memoryTensor, tensorOf } from '../tensors/memory-tensor.ts'
import { elements } from '../tensors/elements.ts'
import { onnx } from '../text/template.ts'
import { dedupeWeights } from './dedupe-weights.ts'
import { foldConstants, type Evaluate } from './fold-constants.ts'
import { foldShapes } from './fold-shapes.ts'
import { upgradeOpset } from './opset/upgrade-opset.ts'
import { findTransposedTwins } from './transposed-twins.ts'

const ops = (graph: Graph): string => graph.nodes.map(node => node.op).join(' ')

const tall = memoryTensor(
  'float32',
  [32, 64],
  Float32Array.from({ length: 2048 }, (_, at) => Math.sin(at)),
)
const wide = memoryTensor(
  'float32',
  [64, 32],
  Float32Array.from({ length: 2048 }, (_, at) => Math.sin((at % 32) * 64 + Math.floor(at / 32))),
)

describe('weights', () => {
  test('that are equal become one, across bodies; other types, shapes and outputs stay', async () => {
    const [a, b] = [tensorOf('float32', [2], [1, 2]), tensorOf('float32', [2], [1, 2])]
    const [c, d] = [tensorOf('float32', [1, 2], [1, 2]), tensorOf('float32', [2], [1, 2.5])]
    const graph = onnx`(bool k, float[2] x) => (y, out)
      <float[2] a = ${a}, float[2] b = ${b}, float[1,2] c = ${c}, float[2] d = ${d}, float[2] out = ${b}> {
      s = Sum(a, b, c, d)
      y = If(k) < then_branch = t () => (p) <float[2] e = ${a}> { p = Add(x, e) }, else_branch = f () => (q) { q = Add(s, b) } >
    }`
    const merged = await dedupeWeights(graph)
    expect([...merged.initializers.keys()]).toEqual(['c', 'd', 'out'])
    expect(merged.nodes[0]?.inputs).toEqual(['out', 'out', 'c', 'd'])
    const bodies = [...(merged.nodes[1]?.attributes.values() ?? [])].flatMap(each =>
      each.type === 'graph' ? [each.value] : [],
    )
    expect(bodies.map(body => [body.nodes[0]?.inputs, body.initializers.size])).toEqual([
      [['x', 'out'], 0],
      [['s', 'out'], 0],
    ])
    expect(await dedupeWeights(merged)).toBe(merged)
  })

  test('stored a second time transposed are found, by content', async () => {
    const other = memoryTensor(
      'float32',
      [64, 32],
      Float32Array.from({ length: 2048 }, (_, at) => Math.cos(at)),
    )
    const graph = onnx`(float[n,32] x) => (y) <float[32,64] w = ${tall}, float[64,32] t = ${wide}, float[64,32] o = ${other}> {
      a = MatMul(x, w) b = MatMul(a, t) c = MatMul(b, w) y = MatMul(c, o)
    }`
    const pairs = await findTransposedTwins(graph)
    expect(pairs.map(({ weight, twin }) => [weight.id, twin.id])).toEqual([['w', 't']])
    expect(pairs[0]?.evidence).toMatch(/^[0-9a-f]{32}$/)
  })
})

const evaluate: Evaluate = async graph => {
  const outputs = await runGraph(graph, {})
  return new Map(
    Object.entries(outputs).flatMap(([name, { dims, data }]) =>
      data instanceof Float32Array ? [[name, memoryTensor('float32', dims, data)] as const] : [],
    ),
  )
}

describe('folding', () => {
  test('of shape arithmetic needs no evaluator', () => {
    const graph = onnx`(float[n,6] x, float[2,3] z) => (y) {
      s = Shape(z) two = Constant<value_ints = [2]>() d = Mul(s, two) free = Constant<value_ints = [-1]>()
      first = Constant<value_ints = [0]>() one = Gather(d, first) t = Concat<axis = 0>(free, one) y = Reshape(x, t)
    }`
    const folded = foldShapes(graph)
    expect(ops(folded)).toBe('Reshape')
    const target = folded.initializers.get('t')?.tensor
    expect(target && elements(target)).toEqual([-1n, 4n])
    expect(foldShapes(folded)).toBe(folded)
    expect(ops(foldShapes(graph, { limitBytes: 8 }))).toBe('Constant Concat Reshape')
  })

  test('of anything else asks the evaluator, but not for random, quantized or large results', async () => {
    const w = tensorOf('float32', [2], [1, 4])
    const graph = onnx`(float[2] x) => (y) <float[2] w = ${w}, float s = ${tensorOf('float32', [], [0.5])}> {
      a = Sqrt(w) b = Erf(a) r = RandomNormalLike(b) q = QuantizeLinear(w, s) k = DequantizeLinear(q, s)
      n = Constant<value_ints = [100, 1000]>() big = Expand(s, n) m = ReduceMean<keepdims = 0>(big) y = Sum(x, b, r, k, m)
    }`
    const named = graph.with({
      initializers: new Map(
        [...graph.initializers].map(([name, each]) => [name, { ...each, origins: [name] }]),
      ),
    })
    const folded = await foldConstants(named, { evaluate })
    expect(ops(folded)).toBe(
      'RandomNormalLike QuantizeLinear DequantizeLinear Constant Expand ReduceMean Sum',
    )
    expect(folded.initializers.get('b')?.origins).toEqual(['w'])
    expect(await foldConstants(folded, { evaluate })).toBe(folded)
  })

  test('leaves alone what a caller may feed', async () => {
    const w = tensorOf('float32', [2], [1, 4])
    const graph = onnx`<ir_version: 8, opset_import: ["": 17]> g (float[2] w) => (y) <float[2] w = ${w}> { a = Sqrt(w) y = Neg(a) }`
    expect(await foldConstants(graph, { evaluate })).toBe(graph)
  })
})

describe('upgradeOpset', () => {
  const at = (opset: number, graph: Graph): Graph =>
    graph.with({ header: { ...graph.header, irVersion: 7, opsets: new Map([['', opset]]) } })

  test('turns attributes into inputs and shares the constants', () => {
    const graph = at(
      11,
      onnx`(float[2,1,3] x, float[2,1,3] z) => (y) { a = Squeeze<axes = [1]>(x) b = Squeeze<axes = [1]>(z) y = Add(a, b) }`,
    )
    const upgraded = upgradeOpset(graph, 17)
    if (isRefusal(upgraded)) return expect.fail(upgraded.refused)
    expect(upgraded.nodes.map(node => node.inputs)).toEqual([
      ['x', 'a_axes'],
      ['z', 'a_axes'],
      ['a', 'b'],
    ])
    expect([upgraded.opset(), upgraded.header.irVersion]).toEqual([17, 8])
    expect(upgradeOpset(upgraded, 17)).toBe(upgraded)
  })

  test('refuses what has no successor, and says where', () => {
    const spatial = onnx`(float[1,2,3,3] x, float[2] s) => (y) { y = BatchNormalization<spatial = 0>(x, s, s, s, s) }`
    expect(upgradeOpset(at(8, spatial), 13)).toEqual({
      refused: 'BatchNormalization with spatial = 0 has no successor',
      at: '',
    })
    const random = onnx`() => (y) { y = RandomNormal<shape = [2]>() }`
    expect(upgradeOpset(at(13, random), 21)).not.toHaveProperty('refused')
    expect(upgradeOpset(at(13, random), 22)).toHaveProperty(
      'refused',
      'ONNX Runtime runs RandomNormal at opset 13, but not at 22',
    )
    expect(upgradeOpset(at(6, random), 13)).toHaveProperty('refused')
    const gone = onnx`(float[2] x) => (y) { y = ScaledTanh(x) }`
    expect(upgradeOpset(at(9, gone), 13)).toHaveProperty(
      'refused',
      'ScaledTanh changed at opset 10 and nothing says how to follow',
    )
  })

  test('follows nodes of bodies and functions', () => {
    const graph = onnx`<ir_version: 8, opset_import: ["": 11, "l": 1]> g (bool c, float[2,1] x) => (y) {
      v = l.F(x)
      y = If(c) < then_branch = t () => (p) { p = Squeeze<axes = [1]>(v) }, else_branch = e () => (q) { q = Squeeze<axes = [1]>(x) } >
    }
    <opset_import: ["": 11], domain: "l"> F(s) => (u) { m = ReduceSum<axes = [0], keepdims = 1>(s) u = Add(m, s) }`
    const upgraded = upgradeOpset(graph, 21)
    if (isRefusal(upgraded)) return expect.fail(upgraded.refused)
    const [, branch] = upgraded.nodes
    const bodies = [...(branch?.attributes.values() ?? [])].flatMap(each =>
      each.type === 'graph' ? [each.value] : [],
    )
    expect(bodies.map(body => [body.nodes[0]?.inputs.length, body.initializers.size])).toEqual([
      [2, 1],
      [2, 1],
    ])
    expect(upgraded.header.functions[0]?.nodes.map(node => node.op)).toEqual(['Constant', 'ReduceSum', 'Add'])
    expect(upgraded.header.functions[0]?.opsets.get('')).toBe(21)
  })
})
