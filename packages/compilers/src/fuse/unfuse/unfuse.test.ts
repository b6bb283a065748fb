import { parse, walk, type Graph } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { fuseGraph, missesOf } from '../fuse-graph.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const options = { target: 'cpu', rules: 'all', absorb: false, direction: 'unfuse' } as const
const apart = (graph: Graph): Graph => fuseGraph(graph, options).graph
const same = async (graph: Graph, after: Graph): Promise<void> =>
  expectSameOutputs(runtime, after, graph, { feeds: feedsFor(graph, { seed: 5 }), atol: 1e-5, rtol: 1e-5 })

const model = (steps: string, opset = 17): Graph =>
  parse(`<ir_version: 8, opset_import: ["": ${opset}, "com.microsoft": 1]> m (float[2,3,4] x, float[2,3,4] s) => (float[2,3,4] y, float[2,3,4] z)
    <float[4] g = {1.5, -0.5, 2, 0.25}, float[4] b = {0.1, -0.2, 0.3, 0.4}, float[4] c = {1, 2, 3, 4}> { ${steps} }`)

const operators: readonly (readonly [steps: string, opset?: number])[] = [
  ['y = com.microsoft.SkipLayerNormalization<epsilon = 0.01>(x, s, g, b) z = Relu(y)'],
  ['y, "", "", z = com.microsoft.SkipLayerNormalization<epsilon = 0.01>(x, s, g, b, c)'],
  ['y, "", "", z = com.microsoft.SkipSimplifiedLayerNormalization<epsilon = 0.01>(x, s, g)', 14],
  ['y = com.microsoft.SkipSimplifiedLayerNormalization<epsilon = 0.01>(x, s, g, c) z = Relu(y)'],
  [
    'y = SimplifiedLayerNormalization<epsilon = 0.01, axis = -1>(x, g) z = LayerNormalization<epsilon = 0.01>(s, g, b)',
    14,
  ],
  ['y = com.microsoft.Gelu(x) z = com.microsoft.BiasGelu(s, b)'],
  ['y = com.microsoft.Gelu(x) z = com.microsoft.BiasGelu(s, b)', 20],
  ['y = com.microsoft.FastGelu(x) z = com.microsoft.FastGelu(s, b)'],
  ['y = com.microsoft.QuickGelu(x) z = com.microsoft.QuickGelu<alpha = 1.0>(s)'],
]

for (const [steps, opset] of operators) {
  test(`${steps}${opset ? ` (opset ${opset})` : ''}`, async () => {
    const graph = model(steps, opset)
    const after = apart(graph)
    const left = [...walk(after)].map(({ node: { domain, op } }) => `${domain}:${op}`)
    expect(left.filter(name => !name.startsWith(':'))).toEqual([])
    expect(left).not.toContain(':SimplifiedLayerNormalization')
    if (opset === 14) expect(left).not.toContain(':LayerNormalization')
    await same(graph, after)
    expect(apart(after)).toBe(after)
  })
}

test('what nothing standard says stays, with the reason', () => {
  const graph = model('y = com.microsoft.FusedMatMul<transBatchA = 1, transBatchB = 1>(x, s) z = Relu(x)')
  expect(apart(graph)).toBe(graph)
  const misses = [...missesOf(graph, options, each => each.name === 'unfuse-product').values()].flat()
  expect(misses[0]?.reason).toBe('turns its batch axes')
})

test('a group norm that no CPU runs comes apart into what it was made of', async () => {
  const graph = parse(`<ir_version: 10, opset_import: ["": 17]> group (float[2,4,3,5] x) => (float[2,4,3,5] y)
    <int64[3] to = {0, 2, -1}, float[2] ones = {1, 1}, float[2] zeros = {0, 0}, float[4,1,1] g = {1.5, -0.5, 2, 0.25}, float[4,1,1] b = {0.1, -0.2, 0.3, 0.4}>
    { r = Reshape(x, to) i = InstanceNormalization<epsilon = 0.01>(r, ones, zeros) s = Shape(x) k = Reshape(i, s) t = Mul(k, g) a = Add(t, b) z = Sigmoid(a) y = Mul(a, z) }`)
  const fused = fuseGraph(graph, { target: 'cuda', rules: 'all', absorb: false }).graph
  expect([...walk(fused)].some(({ node }) => node.op === 'GroupNorm')).toBe(true)
  await same(graph, apart(fused))
})
