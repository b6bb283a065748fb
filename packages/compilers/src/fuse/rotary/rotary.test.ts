// Rotations in all layouts, with equal outputs; and what turns otherwise, each with its reason.
import { parse, walk, type Graph } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { fuseGraph, missesOf } from '../fuse-graph.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const options = { target: 'cpu', rules: ['rotary'], absorb: false }
const fused = (graph: Graph): Graph => fuseGraph(graph, options).graph
const ops = (graph: Graph): readonly string[] => [...walk(graph)].map(({ node }) => node.op)
const reason = (graph: Graph): string | undefined =>
  [...missesOf(graph, options, each => each.kind === 'rotary').values()][0]?.[0]?.reason

interface Layout {
  /** The declaration of x, and of what the angles come from. */
  readonly x?: string
  readonly y?: string
  readonly from?: string
  /** From `from` to `c` and `s`. */
  readonly tables?: string
  /** From x, c and s to y. */
  readonly turn?: string
  readonly opset?: number
}

const angles = `u = Unsqueeze(positions, two) f = Cast<to = 1>(u) a = Mul(f, frequencies)`
const halves = `${angles} aa = Concat<axis = -1>(a, a) cf = Cos(aa) sf = Sin(aa) c = Unsqueeze(cf, one) s = Unsqueeze(sf, one)`
const half = `x1 = Slice(x, zero, four, last) x2 = Slice(x, four, eight, last) n = Neg(x2) r = Concat<axis = -1>(n, x1)
  xc = Mul(x, c) rs = Mul(r, s) y = Add(xc, rs)`

function rotation(layout: Layout = {}): Graph {
  const all = {
    x: 'float[b,3,s,8] x', y: 'float[b,3,s,8] y', from: 'int64[b,s] positions', tables: halves, turn: half, opset: 17, ...layout,
  } // prettier-ignore
  return parse(`<ir_version: 8, opset_import: ["": ${all.opset}]>
    rotation (${all.x}, ${all.from}) => (${all.y})
    <float[4] frequencies = {1.0, 0.5, 0.1, 0.01}, int64[1] zero = {0}, int64[1] one = {1}, int64[1] two = {2}, int64[1] three = {3}, int64[1] four = {4},
     int64[1] six = {6}, int64[1] eight = {8}, int64[1] last = {-1}, int64[1] step = {2}, float scale = {1.5},
     int64[5] pairs = {0, 0, 0, 4, 2}, int64[4] whole = {0, 0, 0, 8}, int64[4] split = {0, 0, 3, 8}, int64[5] parted = {0, 0, 3, 4, 2}>
    { ${all.tables} ${all.turn} }`)
}

const dims = { b: 2, s: 5 }

async function expectFused(graph: Graph, attributes: Readonly<Record<string, number>> = {}): Promise<Graph> {
  const after = fused(graph)
  const node = [...walk(after)].find(each => each.node.op === 'RotaryEmbedding')?.node
  expect(node?.domain).toBe('com.microsoft')
  for (const [name, value] of Object.entries(attributes))
    expect(node?.attributes.get(name)?.value).toBe(BigInt(value))
  expect(ops(after)).not.toContain('Neg')
  expect(fused(after)).toBe(after)
  const unfused = fuseGraph(after, { ...options, direction: 'unfuse' })
  expect(unfused.counts).toEqual({ 'unfuse-rotary': 1 })
  for (const each of [after, unfused.graph]) {
    for (const size of [dims, { b: 1, s: 1 }]) {
      const feeds = feedsFor(graph, { seed: 4, dims: size })
      await expectSameOutputs(runtime, each, graph, { feeds, atol: 1e-6, rtol: 1e-6 })
    }
  }
  return after
}

const interleaved = `${angles} au = Unsqueeze(a, last) ai = Concat<axis = -1>(au, au) flat = Constant<value_ints = [0, 0, 8]>()
  af = Reshape(ai, flat) cf = Cos(af) sf = Sin(af) c = Unsqueeze(cf, one) s = Unsqueeze(sf, one)`
const neighbours = `xp = Reshape(x, pairs) re, im = Split<axis = -1>(xp) n = Neg(im) rp = Concat<axis = -1>(n, re) r = Reshape(rp, whole)
  xc = Mul(x, c) rs = Mul(r, s) y = Add(xc, rs)`

describe('layouts', () => {
  test('halves, tables computed from positions', async () => {
    const after = await expectFused(rotation(), { interleaved: 0, num_heads: 3 })
    expect(ops(after)).not.toContain('Transpose')
  })
  test('the sum and its products the other way round, and tables scaled', () =>
    expectFused(rotation({
      tables: halves.replace('cf = Cos(aa)', 'c0 = Cos(aa) cf = Mul(scale, c0)').replace('sf = Sin(aa)', 's0 = Sin(aa) sf = Mul(s0, scale)'),
      turn: half.replace('Mul(x, c)', 'Mul(c, x)').replace('Add(xc, rs)', 'Add(rs, xc)'),
    })).then(() => undefined)) // prettier-ignore
  test('neighbours', () =>
    expectFused(rotation({ tables: interleaved, turn: neighbours }), { interleaved: 1 }).then(
      () => undefined,
    ))
  test('neighbours by strides, positions first', async () => {
    const turn = `re = Slice(x, zero, eight, last, step) im = Slice(x, one, eight, last, step) n = Neg(im) nu = Unsqueeze(n, last) ru = Unsqueeze(re, last)
      rp = Concat<axis = -1>(nu, ru) r = Reshape(rp, whole) xc = Mul(x, c) rs = Mul(r, s) y = Add(xc, rs)`
    const tables = interleaved
      .replace('Unsqueeze(cf, one)', 'Unsqueeze(cf, two)')
      .replace('Unsqueeze(sf, one)', 'Unsqueeze(sf, two)')
    await expectFused(rotation({ x: 'float[b,s,3,8] x', y: 'float[b,s,3,8] y', tables, turn }), {
      interleaved: 1,
      num_heads: 3,
    })
  })
  test('real and imaginary parts, heads still merged', async () => {
    const turn = `xp = Reshape(x, parted) re1, im1 = Split<axis = -1>(xp) re = Squeeze(re1, last) im = Squeeze(im1, last)
      rc = Mul(re, c) is = Mul(im, s) rs = Mul(re, s) ic = Mul(im, c) yr = Sub(rc, is) yi = Add(rs, ic)
      ru = Unsqueeze(yr, last) iu = Unsqueeze(yi, last) yp = Concat<axis = -1>(ru, iu) y = Reshape(yp, split)`
    const tables = `${angles} c0 = Cos(a) s0 = Sin(a) c = Unsqueeze(c0, two) s = Unsqueeze(s0, two)`
    await expectFused(rotation({ x: 'float[b,s,24] x', y: 'float[b,s,3,8] y', tables, turn }), {
      interleaved: 1,
      num_heads: 3,
    })
  })
  test('halves put together of sums and differences', async () => {
    const turn = `x1, x2 = Split<axis = -1>(x) ac = Mul(x1, c) bs = Mul(x2, s) bc = Mul(x2, c) as = Mul(x1, s) y1 = Sub(ac, bs) y2 = Add(bc, as) y = Concat<axis = -1>(y1, y2)`
    const tables = `${angles} c0 = Cos(a) s0 = Sin(a) c = Unsqueeze(c0, one) s = Unsqueeze(s0, one)`
    await expectFused(rotation({ tables, turn }), { interleaved: 0 })
  })
  test('the first lanes of each head alone', async () => {
    const turn = `${half.replaceAll('(x,', '(t,').replaceAll('four', 'two').replaceAll('eight', 'four').replace('y = Add', 'ty = Add')}
      rest = Slice(x, four, eight, last) y = Concat<axis = -1>(ty, rest)`
    const tables = `${halves.replace('frequencies', 'few').replace('u =', 'few = Slice(frequencies, zero, two, zero) t = Slice(x, zero, four, last) u =')}`
    await expectFused(rotation({ tables, turn }), { rotary_embedding_dim: 4 })
  })
  test('one table for all rows of the batch, given from outside', async () => {
    const from = 'float[s,4] angles'
    const tables = 'aa = Concat<axis = -1>(angles, angles) c = Cos(aa) s = Sin(aa)'
    expect(ops(await expectFused(rotation({ from, tables })))).not.toContain('Range')
  })
  test('rows of constant tables, halves equal number by number', async () => {
    const values = (f: (x: number) => number): string =>
      Array.from({ length: 8 * 8 }, (_, at) => f(Math.floor(at / 8) / ((at % 4) + 1)).toFixed(6)).join()
    const tables = `cd = Constant<value = float[8,8] {${values(Math.cos)}}>() sd = Constant<value = float[8,8] {${values(Math.sin)}}>()
      cf = Gather<axis = 0>(cd, positions) sf = Gather<axis = 0>(sd, positions) c = Unsqueeze(cf, one) s = Unsqueeze(sf, one)`
    await expectFused(rotation({ tables }))
  })
})

describe('at operator set 23', () => {
  const domains = (graph: Graph): readonly string[] =>
    [...walk(graph)].flatMap(({ node }) => (node.op === 'RotaryEmbedding' ? [node.domain] : []))

  test('ONNX’s own operator on processors, where each row of the batch has tables', async () => {
    const merged = {
      x: 'float[b,s,3,8] x',
      y: 'float[b,s,3,8] y',
      tables: halves.replace('Unsqueeze(cf, one)', 'Unsqueeze(cf, two)').replace('Unsqueeze(sf, one)', 'Unsqueeze(sf, two)'),
    } // prettier-ignore
    for (const layout of [{}, merged]) {
      const graph = rotation({ ...layout, opset: 23 })
      expect(domains(fused(graph))).toEqual([''])
      expect(ops(fused(graph))).not.toContain('Range')
      for (const size of [dims, { b: 1, s: 1 }]) {
        const feeds = feedsFor(graph, { seed: 4, dims: size })
        await expectSameOutputs(runtime, fused(graph), graph, { feeds, atol: 1e-6, rtol: 1e-6 })
      }
    }
  })

  test('ONNX Runtime’s on WebGPU, and where one table serves all rows', async () => {
    expect(domains(fuseGraph(rotation({ opset: 23 }), { ...options, target: 'webgpu' }).graph)).toEqual([
      'com.microsoft',
    ])
    const from = 'float[s,4] angles'
    const tables = 'aa = Concat<axis = -1>(angles, angles) c = Cos(aa) s = Sin(aa)'
    await expectFused(rotation({ from, tables, opset: 23 }))
  })
})

describe('what is none', () => {
  const near: readonly (readonly [title: string, layout: Layout, reason: RegExp])[] = [
    ['halves by other angles', { tables: halves.replace('Concat<axis = -1>(a, a)', 'Concat<axis = -1>(a, b2)').replace('aa =', 'b2 = Mul(a, scale) aa =') }, /different angles/],
    ['the other way round', { turn: half.replace('Neg(x2)', 'Identity(x2)').replace('Concat<axis = -1>(n, x1)', 'Concat<axis = -1>(x2, m)').replace('r =', 'm = Neg(x1) r =') }, /the other way/],
    ['no turn at all', { turn: 'xc = Mul(x, c) rs = Mul(x, s) y = Add(xc, rs)' }, /does not turn|turn in pairs/],
    ['halves not swapped', { turn: half.replace('Concat<axis = -1>(n, x1)', 'Concat<axis = -1>(x1, n)') }, /does not turn|different angles/],
    ['angles of their own for each head', { from: 'float[b,3,s,4] angles', tables: 'aa = Concat<axis = -1>(angles, angles) c = Cos(aa) s = Sin(aa)' }, /heads from positions|for another batch/],
    ['cosines that differ between halves', { from: 'float[b,1,s,8] c, float[b,1,s,8] s', tables: '' }, /different angles/],
    ['one row that the tables make more of', { x: 'float[1,3,s,8] x' }, /made more of/],
    ['a product that is given away', { y: 'float[b,3,s,8] y, float[b,3,s,8] xc' }, /used elsewhere/],
    ['the last lanes alone', { turn: `${half.replaceAll('(x,', '(t,').replaceAll('four', 'two').replaceAll('eight', 'four').replace('y = Add', 'ty = Add')} y = Concat<axis = -1>(rest, ty)`, tables: `${halves.replace('frequencies', 'few').replace('u =', 'few = Slice(frequencies, zero, two, zero) rest = Slice(x, zero, four, last) t = Slice(x, four, eight, last) u =')}` }, /first lanes|turns with/],
  ] // prettier-ignore
  for (const [title, layout, expected] of near) {
    test(title, () => {
      const graph = rotation(layout)
      expect(ops(fused(graph))).not.toContain('RotaryEmbedding')
      expect(reason(graph)).toMatch(expected)
    })
  }
})
