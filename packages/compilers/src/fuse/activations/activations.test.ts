import { onnx, parse, tensorOf, walk, type Graph, type Tensor } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { fuseGraph, missesOf } from '../fuse-graph.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const options = { target: 'cpu', rules: ['activation'], absorb: false }
const fused = (graph: Graph): Graph => fuseGraph(graph, options).graph
const ops = (graph: Graph): readonly string[] => [...walk(graph)].map(({ node }) => node.op)
const reason = (graph: Graph, name: string): string | undefined =>
  [...missesOf(graph, options, each => each.name === name).values()][0]?.[0]?.reason
const same = async (graph: Graph, atol: number): Promise<void> =>
  expectSameOutputs(runtime, fused(graph), graph, { feeds: feedsFor(graph, { seed: 5 }), atol, rtol: 1e-5 })

/** y of x [2, 3, 4], step by step; √2 = r, √(2/π) = c. */
function activation(steps: string, opset = 17): Graph {
  return parse(`<ir_version: 8, opset_import: ["": ${opset}]> act (float[2,3,4] x) => (float[2,3,4] y)
    <float r = {1.4142135}, float i = {0.70710677}, float one = {1}, float half = {0.5}, float two = {2}, float three = {3}, float six = {6}, float zero = {0},
     float k = {0.044715}, float c = {0.7978845608}, float a = {1.702}, float other = {1.5}, float[1] list = {1.702}, float[4] b = {0.1, -0.2, 0.3, 0.4}, float[3,1] rows = {0.1, 0.2, 0.3}>
    { ${steps} }`)
}

const forms: readonly (readonly [steps: string, operator: string, opset?: number])[] = [
  ['d = Div(x, r) e = Erf(d) p = Add(e, one) t = Mul(x, p) y = Mul(t, half)', 'Gelu'],
  ['d = Mul(i, x) e = Erf(d) p = Add(one, e) h = Mul(half, x) y = Mul(h, p)', 'Gelu'],
  ['d = Div(x, r) e = Erf(d) p = Add(e, one) h = Mul(half, p) y = Mul(x, h)', 'Gelu', 20],
  ['q = Pow(x, three) w = Mul(q, k) s = Add(x, w) u = Mul(s, c) t = Tanh(u) p = Add(t, one) h = Mul(x, half) y = Mul(h, p)', 'FastGelu'],
  ['q0 = Mul(x, x) q = Mul(q0, x) w = Mul(k, q) s = Add(w, x) u = Mul(c, s) t = Tanh(u) p = Add(one, t) m = Mul(x, p) y = Mul(half, m)', 'FastGelu'],
  ['q = Pow(x, two) w = Mul(k, q) s = Add(one, w) z = Mul(x, c) u = Mul(z, s) t = Tanh(u) p = Add(one, t) h = Mul(x, half) y = Mul(h, p)', 'Gelu', 20],
  ['m = Mul(x, a) s = Sigmoid(m) y = Mul(x, s)', 'QuickGelu'],
  ['s = Sigmoid(x) y = Mul(s, x)', 'QuickGelu'],
  ['s = Sigmoid(x) y = Mul(s, x)', 'Swish', 24],
  ['p = Add(x, three) g = Clip(p, zero, six) m = Mul(x, g) y = Div(m, six)', 'HardSwish'],
  ['g = HardSigmoid<alpha = 0.16666667, beta = 0.5>(x) y = Mul(x, g)', 'HardSwish'],
  ['s = Softplus(x) t = Tanh(s) y = Mul(x, t)', 'Mish', 18],
  ['z = Add(b, x) d = Div(z, r) e = Erf(d) p = Add(e, one) t = Mul(z, p) y = Mul(t, half)', 'BiasGelu'],
  ['z = Add(x, b) q = Pow(z, three) w = Mul(q, k) s = Add(z, w) u = Mul(s, c) t = Tanh(u) p = Add(t, one) h = Mul(z, half) y = Mul(h, p)', 'FastGelu'],
] // prettier-ignore

describe('activations', () => {
  for (const [steps, operator, opset] of forms) {
    test(`${operator}: ${steps}`, async () => {
      const graph = activation(steps, opset)
      expect(ops(fused(graph))).toEqual([operator])
      await same(graph, 1e-6)
      expect(fused(fused(graph))).toBe(fused(graph))
    })
  }

  test('in halves', async () => {
    const scalar = (value: number): Tensor => tensorOf('float16', [], [value])
    const graph = onnx`<ir_version: 8, opset_import: ["": 17]> act (float16[2,3,4] x) => (float16[2,3,4] y)
      <float16 r = ${scalar(Math.SQRT2)}, float16 one = ${scalar(1)}, float16 half = ${scalar(0.5)}>
      { d = Div(x, r) e = Erf(d) p = Add(e, one) t = Mul(x, p) y = Mul(t, half) }`
    expect(ops(fused(graph))).toEqual(['Gelu'])
    // Halves are compared by their bits: one step apart.
    await same(graph, 1)
  })

  const wrong: Readonly<Record<string, readonly [steps: string, name: string, reason: RegExp]>> = {
    'another factor before erf': ['d = Div(x, other) e = Erf(d) p = Add(e, one) t = Mul(x, p) y = Mul(t, half)', 'gelu', /constant/],
    'another value outside than inside': ['z = Neg(x) d = Div(z, r) e = Erf(d) p = Add(e, one) t = Mul(x, p) y = Mul(t, half)', 'gelu', /before/],
    'no half': ['d = Div(x, r) e = Erf(d) p = Add(e, one) t = Mul(x, p) y = Mul(t, two)', 'gelu', /constant 0.5|expected/],
    'another cubic': ['q = Pow(x, three) w = Mul(q, c) s = Add(x, w) u = Mul(s, c) t = Tanh(u) p = Add(t, one) h = Mul(x, half) y = Mul(h, p)', 'fast-gelu', /constant|expected/],
    'a gate by row': ['m = Mul(x, rows) s = Sigmoid(m) y = Mul(x, s)', 'quick-gelu', /not one number/],
    'a clip elsewhere': ['p = Add(x, three) g = Clip(p, zero, three) m = Mul(x, g) y = Div(m, six)', 'hard-swish', /constant 6/],
    'tanh of something else': ['s = Softplus(x) n = Neg(s) t = Tanh(n) y = Mul(x, t)', 'mish', /expected|opset/],
  } // prettier-ignore
  for (const [name, [steps, rule, why]] of Object.entries(wrong)) {
    test(`not with ${name}`, () => {
      const graph = activation(steps)
      expect(fuseGraph(graph, { ...options, rules: [rule] }).graph).toBe(graph)
      expect(reason(graph, rule)).toMatch(why)
    })
  }

  test('a bias of another rank stays an Add', async () => {
    const graph = activation(
      'z = Add(x, rows) d = Div(z, r) e = Erf(d) p = Add(e, one) t = Mul(z, p) y = Mul(t, half)',
    )
    expect(ops(fused(graph))).toEqual(['Add', 'Gelu'])
    expect(reason(graph, 'bias-gelu')).toMatch(/not 1-D/)
    await same(graph, 1e-6)
  })
})
