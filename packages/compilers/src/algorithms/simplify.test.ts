// What `simplify` promises: counts, names that hold afterwards, places that are kept, and what it refuses.
import { modelOf, plan, smash, type Model } from '@damson/core'
import { graphToBytes, onnx, tensorOf, walk, weights, type Graph, type Tensor } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { describeAlgorithm, expectSameOutputs, tinyMlp } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { simplify } from './simplify.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const ops = (graph: Graph): string => graph.nodes.map(node => node.op).join(' ')
const simplified = async (graph: Graph, ...given: Parameters<typeof simplify>): Promise<Graph> =>
  (await smash(modelOf(graph), [simplify(...given)], { runtime })).part('model').graph
const float = (shape: readonly number[], seed = 1): Tensor =>
  tensorOf('float32', shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => 1 + Math.sin(seed + 1.7 * at) / 2)) // prettier-ignore

function noOperators(): Model {
  return modelOf(
    onnx`<ir_version: 8, opset_import: ["" : 17]> none (float[batch,4] x) => (float[batch,4] x) { }`,
  )
}

describeAlgorithm(simplify, {
  accepts: { mlp: tinyMlp, normed: () => modelOf(normed()), 'a function': () => modelOf(withFunction()) },
  refuses: {
    'a model without operators': { model: noOperators, reason: /no operators/ },
  },
  expect: { outputs: { sqnr: 100 }, size: 1.01 },
})

/** Weights listed as inputs, a norm, a bias apart, and shape arithmetic. */
function normed(): Graph {
  const [g, b, m, v] = [float([3], 1), float([3], 2), float([3], 3), float([3], 4)]
  return onnx`<ir_version: 4, opset_import: ["" : 13]>
    normed (float[n,2,4,4] x, float[3,2,1,1] w) => (y)
    <float[3,2,1,1] w = ${float([3, 2, 1, 1])}, float[3] g = ${g}, float[3] b = ${b}, float[3] m = ${m}, float[3] v = ${v}, float[3,1,1] c = ${float([3, 1, 1], 7)}> {
      [conv] t = Conv(x, w) [norm] u = BatchNormalization(t, g, b, m, v) [shift] s = Add(u, c)
      [shape] d = Shape(x) [zero] i = Constant<value_ints = [0]>() [size] e = Gather(d, i)
      [rest] r = Constant<value_ints = [-1]>() [target] f = Concat<axis = 0>(e, r) [view] y = Reshape(s, f) }`
}

test('a norm and a shift go into the convolution, shape arithmetic into a constant', async () => {
  const [source, made] = [normed(), await simplified(normed())]
  expect(ops(made)).toBe('Conv Reshape')
  expect(made.inputs.map(({ name }) => name)).toEqual(['x'])
  expect(made.nodes[0]?.origins.toSorted()).toEqual(['conv', 'norm', 'shift'])
  await expectSameOutputs(runtime, made, source, {
    atol: 1e-5,
    rtol: 1e-5,
    feeds: feedsFor(source, { seed: 1 }),
  })
})

test('a second application changes nothing, and two make the same bytes', async () => {
  const made = await simplified(normed())
  expect(await simplified(made)).toBe(made)
  expect(await graphToBytes(made)).toEqual(await graphToBytes(await simplified(normed())))
})

test('sets of rules: what is not asked for stays', async () => {
  expect(ops(await simplified(normed(), { rules: ['sizes', 'constants'] }))).toBe('Conv BatchNormalization Add Reshape') // prettier-ignore
  expect(ops(await simplified(normed(), { rules: ['convolutions'] }))).toBe(
    'Conv Shape Constant Gather Constant Concat Reshape',
  )
})

test('weights of a nested body are folded there, a constant condition chooses its branch', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (bool k, float[2] x) => (y)
    <float[2] a = ${float([2])}, bool yes = ${tensorOf('bool', [], [1])}> {
      [outer] z = If(k) < then_branch = t () => (p) { s = Sqrt(a) p = Add(x, s) }, else_branch = f () => (q) { q = Identity(x) } >
      [inner] y = If(yes) < then_branch = t2 () => (p2) { p2 = Exp(z) }, else_branch = f2 () => (q2) { q2 = Neg(z) } > }`
  const made = await simplified(graph)
  expect(ops(made)).toBe('If Exp')
  expect([...walk(made)].map(({ node }) => node.op).filter(op => op === 'Sqrt')).toEqual([])
  const feeds = feedsFor(graph, { seed: 1 })
  await expectSameOutputs(runtime, made, graph, { atol: 0, rtol: 0, feeds })
})

test('results beyond the limit stay computed', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[4,4] x) => (y) <float[4,4] a = ${float([4, 4])}> { s = Sqrt(a) y = Add(x, s) }`
  expect(ops(await simplified(graph))).toBe('Add')
  expect(ops(await simplified(graph, { foldLimit: 63 }))).toBe('Sqrt Add')
})

/** A function of its own, and 16 bytes that can be computed beforehand. */
function withFunction(): Graph {
  return onnx`<ir_version: 8, opset_import: ["" : 13, "mine" : 1]> g (float[4] x) => (y) <float[4] a = ${float([4])}> {
    s = Sqrt(a) t = Add(x, s) y = mine.Twice(t) }
    <domain: "mine", opset_import: ["" : 13]> Twice (a) => (c) { b = Identity(a) c = Add(b, b) }`
}

test('functions are kept with simpler bodies, or inlined; the operator set is raised where asked', async () => {
  const graph = withFunction()
  const kept = await simplified(graph)
  expect(kept.header.functions[0]?.nodes.map(node => node.op)).toEqual(['Add'])
  const inlined = await simplified(graph, { functions: 'inline', opset: 17 })
  expect([ops(inlined), inlined.header.functions.length, inlined.opset('')]).toEqual(['Add Add', 0, 17])
  const feeds = feedsFor(graph, { seed: 1 })
  await expectSameOutputs(runtime, inlined, graph, { atol: 0, rtol: 0, feeds })
})

const chains = (): Graph => onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2,3] x) => (y) {
  [a_one] a = Identity(x) [a_two] b = Neg(a) [a_three] c = Neg(b) [b_one] d = Identity(c) [b_two] e = Neg(d) [b_three] y = Neg(e) }`

test('a place keeps it away from other nodes', async () => {
  const made = await simplified(chains(), {}, { include: ['a_*'] })
  expect(made.nodes.map(node => node.name)).toEqual(['b_one', 'b_two', 'b_three'])
  const rest = await simplified(chains(), {}, { exclude: ['a_two'] })
  expect(rest.nodes.map(node => node.name)).toEqual(['a_two', 'b_three'])
})

test('as a whole only: an operator set for a few nodes is refused', () => {
  const { conflicts } = plan(modelOf(chains()), [simplify({ opset: 18 }, { include: ['a_*'] })])
  expect(conflicts[0]?.suggestion ?? JSON.stringify(conflicts[0])).toMatch(/only as a whole/)
})

test('a merged node answers to all of its names together, and to one of them with a refusal that names it', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2,3] x) => (y) <float[3,4] w = ${float([3, 4])}, float[4] c = ${float([4])}> {
    [product] t = MatMul(x, w) [bias] y = Add(t, c) }`
  const model = await smash(modelOf(graph), [simplify()], { runtime })
  const conflictsOf = (...include: readonly string[]): string => JSON.stringify(plan(model, [simplify({}, { include })]).conflicts) // prettier-ignore
  expect(ops(model.part('model').graph)).toBe('Gemm')
  expect(conflictsOf('product', 'bias')).toBe('[]')
  expect(conflictsOf('product')).toMatch(/bias|partial/)
})

test('a matrix stored a second time transposed is stored once', async () => {
  const columns = 600
  const table = float([columns, 32])
  const turned = tensorOf('float32', [32, columns], Array.from({ length: columns * 32 }, (_, at) => 1 + Math.sin(1 + 1.7 * ((at % columns) * 32 + Math.floor(at / columns))) / 2)) // prettier-ignore
  const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (int64[n,s] ids, float[n,32] p) => (y, z)
    <float[600,32] table = ${table}, float[32,600] head = ${turned}> { h = Gather(table, ids) y = MatMul(h, head) z = Gemm(p, head) }`
  const made = await simplified(graph)
  expect(ops(made)).toBe('Gather Transpose MatMul Gemm')
  expect(weights(made).map(({ name, origins }) => [name, origins])).toEqual([['table', ['table', 'head']]])
  const feeds = { ...feedsFor(graph, { seed: 1 }), ids: { dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(1n, 40n) } as const } // prettier-ignore
  await expectSameOutputs(runtime, made, graph, { atol: 1e-4, rtol: 0, feeds })
})

test('codes are not decoded beforehand', async () => {
  const codes = tensorOf(
    'int8',
    [128],
    Array.from({ length: 128 }, (_, at) => at - 64),
  )
  const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[128] x) => (y) <int8[128] q = ${codes}> { w = Cast<to = 1>(q) y = Add(x, w) }`
  expect(ops(await simplified(graph))).toBe('Cast Add')
})

test('without a runtime, and where ONNX Runtime has no kernel, constants stay computed, said once', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (y) <float[2] a = ${float([2])}> {
    s = Exp(a) t = Identity(x) y = Add(t, s) }`
  const said: string[] = []
  const onEvent: NonNullable<Parameters<typeof smash>[2]>['onEvent'] = event => {
    if (event.type === 'warning') said.push(event.code)
  }
  const bare = await smash(modelOf(graph), [simplify()], { onEvent })
  expect([ops(bare.part('model').graph), said]).toEqual(['Exp Add', ['no-runtime']])
  said.length = 0
  const odd = onnx`<ir_version: 8, opset_import: ["" : 17]> g (bfloat16[2] x, float[2] z) => (y, o)
    <bfloat16[2] a = ${tensorOf('bfloat16', [2], [1, 2])}, float[2] b = ${float([2])}> { s = Exp(a) y = Add(x, s) e = Exp(b) o = Add(z, e) }`
  const kept = await smash(modelOf(odd), [simplify()], { runtime, onEvent })
  expect([ops(kept.part('model').graph), said]).toEqual(['Exp Add Add', ['not-folded']])
})
