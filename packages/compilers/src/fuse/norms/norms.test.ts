import { encodeElements, onnx, parse, walk, type Graph } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { fuseGraph, missesOf } from '../fuse-graph.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const core = ['layer-norm', 'rms-norm', 'norm-affine']
const fused = (graph: Graph, rules: readonly string[] = core): Graph =>
  fuseGraph(graph, { target: 'cpu', rules, absorb: false }).graph
const ops = (graph: Graph): readonly string[] => [...walk(graph)].map(({ node }) => node.op)
const reason = (graph: Graph, name: string, rules: readonly string[] = core): string | undefined => {
  const options = { target: 'cpu', rules, absorb: false }
  return [...missesOf(graph, options, each => each.name === name).values()][0]?.[0]?.reason
}
const same = async (graph: Graph, after: Graph, atol: number): Promise<void> =>
  expectSameOutputs(runtime, after, graph, { feeds: feedsFor(graph, { seed: 5 }), atol, rtol: 1e-5 })

/** Numbers as ONNX text has them: halves by their bits. */
const text = (type: string, ...values: readonly number[]): string =>
  values
    .map(value =>
      type === 'float16' ? new DataView(encodeElements('float16', [value]).buffer).getUint16(0, true) : value,
    )
    .join()

/** A norm of x [2, 3, 4], its steps as given. */
function norm(steps: string, { opset = 17, type = 'float' } = {}): Graph {
  return parse(`<ir_version: 8, opset_import: ["": ${opset}]> norm (${type}[2,3,4] x) => (${type}[2,3,4] y)
    <${type} eps = {${text(type, 0.5)}}, ${type} two = {${text(type, 2)}}, ${type} one = {${text(type, 1)}}, ${type} half = {${text(type, 0.5)}},
     int64[1] last = {-1}, ${type}[4] g = {${text(type, 1.5, -0.5, 2, 0.25)}}, ${type}[4] b = {${text(type, 0.1, -0.2, 0.3, 0.4)}},
     ${type}[3,1] rows = {${text(type, 1, 2, 3)}}, float fine = {0.5}, float wide = {2}>
    { ${steps} }`)
}
const mean = 'm = ReduceMean<axes = [-1]>(x) d = Sub(x, m)'
const variance = 'q = Pow(d, two) v = ReduceMean<axes = [-1]>(q) e = Add(v, eps)'

describe('layer norm', () => {
  const forms: Readonly<Record<string, string>> = {
    'Div by the root': `${mean} ${variance} s = Sqrt(e) n = Div(d, s) t = Mul(n, g) y = Add(t, b)`,
    'Reciprocal, operands the other way round': `${mean} ${variance} s = Sqrt(e) r = Reciprocal(s) n = Mul(r, d) t = Mul(g, n) y = Add(b, t)`,
    'one over the root, a square by Mul': `${mean} q = Mul(d, d) v = ReduceMean<axes = [2]>(q) e = Add(eps, v) s = Sqrt(e) r = Div(one, s) n = Mul(d, r) t = Mul(n, g) y = Add(t, b)`,
    'a power for the root': `${mean} ${variance} s = Pow(e, half) n = Div(d, s) t = Mul(n, g) y = Add(t, b)`,
    'subtracted twice': `m = ReduceMean<axes = [-1]>(x) d = Sub(x, m) d2 = Sub(x, m) q = Pow(d2, two) v = ReduceMean<axes = [-1]>(q) e = Add(v, eps) s = Sqrt(e) n = Div(d, s) t = Mul(n, g) y = Add(t, b)`,
  }
  for (const [name, steps] of Object.entries(forms)) {
    test(name, async () => {
      const graph = norm(steps)
      const after = fused(graph)
      expect(ops(after)).toEqual(['LayerNormalization'])
      expect(after.nodes[0]?.inputs).toEqual(['x', 'g', 'b'])
      await same(graph, after, 1e-6)
    })
  }

  test('axes as an input, without scale and shift, over two axes, and ONNX Runtime’s operator below opset 17', async () => {
    const steps =
      'm = ReduceMean(x, last) d = Sub(x, m) q = Pow(d, two) v = ReduceMean(q, last) e = Add(v, eps) s = Sqrt(e) y = Div(d, s)'
    const bare = norm(steps, { opset: 18 })
    expect(ops(fused(bare))).toEqual(['LayerNormalization'])
    await same(bare, fused(bare), 1e-6)
    const both = norm(
      `m = ReduceMean<axes = [1, 2]>(x) d = Sub(x, m) q = Pow(d, two) v = ReduceMean<axes = [-2, -1]>(q) e = Add(v, eps) s = Sqrt(e) y = Div(d, s)`,
      { opset: 14 },
    )
    expect(fused(both).nodes[0]).toMatchObject({ op: 'LayerNormalization', domain: '' })
    await same(both, fused(both), 1e-6)
  })

  test('in halves, computed in float32 between casts or with the squares alone cast', async () => {
    const whole = norm(
      `c = Cast<to = 1>(x) m = ReduceMean<axes = [-1]>(c) d = Sub(c, m) q = Pow(d, wide) v = ReduceMean<axes = [-1]>(q) e = Add(v, fine) s = Sqrt(e) n = Div(d, s) h = Cast<to = 10>(n) t = Mul(h, g) y = Add(t, b)`,
      { type: 'float16' },
    )
    const squares = norm(
      `m = ReduceMean<axes = [-1]>(x) d = Sub(x, m) c = Cast<to = 1>(d) q = Pow(c, wide) v = ReduceMean<axes = [-1]>(q) e = Add(v, fine) s = Sqrt(e) h = Cast<to = 10>(s) n = Div(d, h) t = Mul(n, g) y = Add(t, b)`,
      { type: 'float16' },
    )
    for (const graph of [whole, squares]) {
      expect(ops(fused(graph))).toEqual(['LayerNormalization'])
      await same(graph, fused(graph), 4e-3)
    }
  })

  const wrong: Readonly<Record<string, readonly [steps: string, reason: RegExp]>> = {
    'the mean is over another axis than the variance': [
      `m = ReduceMean<axes = [1]>(x) d = Sub(x, m) ${variance} s = Sqrt(e) y = Div(d, s)`, /not a mean over the last axes/,
    ],
    'ε is added outside the root': [`${mean} q = Pow(d, two) v = ReduceMean<axes = [-1]>(q) s = Sqrt(v) e = Add(s, eps) y = Div(d, e)`, /expected/],
    'the cube instead of the square': [`three = Constant<value_float = 3.0>() ${mean} q = Pow(d, three) v = ReduceMean<axes = [-1]>(q) e = Add(v, eps) s = Sqrt(e) y = Div(d, s)`, /constant 2|expected Mul/],
    'ε by row': [`${mean} q = Pow(d, two) v = ReduceMean<axes = [-1]>(q) e = Add(v, rows) s = Sqrt(e) y = Div(d, s)`, /not one constant number/],
    'something else is subtracted than is divided': [`${mean} z = Sub(m, x) q = Pow(d, two) v = ReduceMean<axes = [-1]>(q) e = Add(v, eps) s = Sqrt(e) y = Div(z, s)`, /same|expected|before/],
  } // prettier-ignore
  for (const [name, [steps, why]] of Object.entries(wrong)) {
    test(`not where ${name}`, () => {
      const graph = norm(steps)
      expect(ops(fused(graph, ['layer-norm']))).not.toContain('LayerNormalization')
      expect(reason(graph, 'layer-norm', ['layer-norm'])).toMatch(why)
    })
  }

  test('not where an inner value is used elsewhere', () => {
    const graph = onnx`<ir_version: 8, opset_import: ["": 17]> norm (float[2,3,4] x) => (float[2,3,4] y, float[2,3,1] v)
      <float eps = {0.5}, float two = {2}> { m = ReduceMean<axes = [-1]>(x) d = Sub(x, m) q = Pow(d, two)
      v = ReduceMean<axes = [-1]>(q) e = Add(v, eps) s = Sqrt(e) y = Div(d, s) }`
    expect(ops(fused(graph))).not.toContain('LayerNormalization')
    expect(reason(graph, 'layer-norm')).toMatch(/v is a graph output/)
  })

  test('a scale by row stays a product, and so does one of another rank', async () => {
    const graph = norm(`${mean} ${variance} s = Sqrt(e) n = Div(d, s) y = Mul(n, rows)`)
    expect(ops(fused(graph))).toEqual(['LayerNormalization', 'Mul'])
    expect(reason(graph, 'norm-affine')).toMatch(/not of the shape of the normalized axes, \[4\]/)
    await same(graph, fused(graph), 1e-6)
  })
})

describe('root mean square norm', () => {
  test('both exporters’ forms, with a scale of 1 + w', async () => {
    const script = norm(
      `q = Pow(x, two) v = ReduceMean<axes = [-1]>(q) e = Add(v, eps) s = Sqrt(e) r = Div(one, s) n = Mul(x, r) y = Mul(n, g)`,
    )
    const dynamo = norm(
      `q = Pow(x, two) v = ReduceMean(q, last) e = Add(v, eps) s = Sqrt(e) r = Reciprocal(s) n = Mul(x, r) w = Add(g, one) y = Mul(n, w)`,
      { opset: 18 },
    )
    expect(ops(fused(script))).toEqual(['SimplifiedLayerNormalization'])
    expect(ops(fused(dynamo))).toEqual(['SimplifiedLayerNormalization'])
    for (const graph of [script, dynamo]) await same(graph, fused(graph), 1e-6)
  })

  test('halves cast to float32 and back; the standard operator from opset 23 on', async () => {
    const half = norm(
      `c = Cast<to = 1>(x) q = Pow(c, wide) v = ReduceMean<axes = [-1]>(q) e = Add(v, fine) s = Sqrt(e) r = Reciprocal(s) n = Mul(c, r) h = Cast<to = 10>(n) y = Mul(g, h)`,
      { type: 'float16' },
    )
    expect(ops(fused(half))).toEqual(['SimplifiedLayerNormalization'])
    await same(half, fused(half), 4e-3)
    const newer = norm(
      `q = Pow(x, two) v = ReduceMean(q, last) e = Add(v, eps) s = Sqrt(e) n = Div(x, s) y = Mul(n, g)`,
      { opset: 23 },
    )
    expect(ops(fused(newer))).toEqual(['RMSNormalization'])
    await same(newer, fused(newer), 1e-6)
  })

  test('not over another axis, nor of another value', () => {
    const axis = norm(
      `q = Pow(x, two) v = ReduceMean<axes = [1]>(q) e = Add(v, eps) s = Sqrt(e) y = Div(x, s)`,
    )
    expect(fused(axis)).toBe(axis)
    expect(reason(axis, 'rms-norm')).toMatch(/not a mean over the last axes/)
    const other = norm(
      `z = Neg(x) q = Pow(z, two) v = ReduceMean<axes = [-1]>(q) e = Add(v, eps) s = Sqrt(e) y = Div(x, s)`,
    )
    expect(fused(other)).toBe(other)
  })
})

describe('norm of a sum', () => {
  const skip = (norm: string, shape = '2,3,4', opset = 17): Graph =>
    parse(`<ir_version: 8, opset_import: ["": ${opset}]> skip (float[2,3,4] x, float[${shape}] s) => (float[2,3,4] y, float[2,3,4] z)
      <float[4] g = {1.5, -0.5, 2, 0.25}, float[4] b = {0.1, -0.2, 0.3, 0.4}> { r = Add(x, s) y = ${norm} z = Relu(r) }`)

  test('the sum is given out where others read it', async () => {
    for (const [text, operator] of [
      ['LayerNormalization(r, g, b)', 'SkipLayerNormalization'],
      ['LayerNormalization<epsilon = 0.1>(r, g)', 'SkipLayerNormalization'],
      ['SimplifiedLayerNormalization<epsilon = 0.1>(r, g)', 'SkipSimplifiedLayerNormalization'],
    ] as const) {
      const graph = skip(text)
      const after = fused(graph, ['skip-norm'])
      expect(ops(after)).toEqual([operator, 'Relu'])
      expect(after.nodes[0]?.outputs).toEqual(['y', '', '', 'r'])
      await same(graph, after, 1e-6)
    }
  })

  test('of the root mean square norm of opset 23 too', async () => {
    const graph = skip('RMSNormalization<epsilon = 0.1>(r, g)', '2,3,4', 23)
    const after = fused(graph, ['skip-norm'])
    expect(ops(after)).toEqual(['SkipSimplifiedLayerNormalization', 'Relu'])
    await same(graph, after, 1e-6)
  })

  test('not where the sum broadcasts or the norm is over more axes', () => {
    const broadcast = skip('LayerNormalization(r, g, b)', '1,3,4')
    expect(fused(broadcast, ['skip-norm'])).toBe(broadcast)
    expect(reason(broadcast, 'skip-norm', ['skip-norm'])).toMatch(/not surely of the shape/)
    const axes = parse(`<ir_version: 8, opset_import: ["": 17]> skip (float[2,3,4] x) => (float[2,3,4] y)
      <float[3,4] g = {1,1,1,1, 2,2,2,2, 3,3,3,3}> { r = Add(x, x) y = LayerNormalization<axis = 1>(r, g) }`)
    expect(reason(axes, 'skip-norm', ['skip-norm'])).toMatch(/not over the last axis alone/)
  })
})

describe('group norm', () => {
  const group = (opset: number, groups = '0, 2, -1', behind = ''): Graph =>
    parse(`<ir_version: 10, opset_import: ["": ${opset}]> group (float[n,4,h,w] x) => (float[n,4,h,w] y)
      <int64[3] to = {${groups}}, float[2] ones = {1, 1}, float[2] zeros = {0, 0}, float[4,1,1] g = {1.5, -0.5, 2, 0.25}, float[4,1,1] b = {0.1, -0.2, 0.3, 0.4}>
      { r = Reshape(x, to) i = InstanceNormalization<epsilon = 0.01>(r, ones, zeros) s = Shape(x) k = Reshape(i, s) t = Mul(k, g) ${behind === '' ? 'y = Add(t, b)' : `a = Add(t, b) ${behind}`} }`)

  test('ONNX’s operator from opset 21 on, when it is asked for', async () => {
    const graph = group(21)
    const after = fused(graph, ['group-normalization'])
    expect(ops(after)).toEqual(['GroupNormalization'])
    await same(graph, after, 1e-5)
    expect(fuseGraph(graph, { target: 'cpu', rules: 'all', absorb: false }).counts).toEqual({})
    expect(reason(group(17), 'group-normalization', ['group-normalization'])).toMatch(/opset 17/)
  })

  test('ONNX Runtime’s own on CUDA, with the activation behind it', () => {
    const after = fuseGraph(group(17, '0, 2, -1', 'z = Sigmoid(a) y = Mul(a, z)'), {
      target: 'cuda',
      rules: 'all',
      absorb: false,
    }).graph
    expect(ops(after)).toEqual(['Transpose', 'GroupNorm', 'Transpose'])
    expect(after.nodes[1]?.attributes.get('activation')).toEqual({ type: 'int', value: 1n })
  })

  test('not of groups that the channels do not fill', () => {
    const graph = group(21, '0, 4, 1')
    expect(reason(graph, 'group-normalization', ['group-normalization'])).toMatch(
      /not a reshape to \[0, groups, -1\]/,
    )
  })
})
