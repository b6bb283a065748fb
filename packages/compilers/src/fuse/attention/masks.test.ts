// Masks of all forms, with rows that are hidden wholly: outputs stay as they were, by each operator that may be chosen.
import { parse, walk, type Graph } from '@damson/graph'
import type { Feeds } from '@damson/core'
import { createRuntime, feedsFor } from '@damson/runtime'
import { differences, runOnce } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { fuseGraph } from '../fuse-graph.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const fused = (graph: Graph): Graph =>
  fuseGraph(graph, { target: 'cpu', rules: ['attention'], absorb: false }).graph
const ops = (graph: Graph): readonly string[] => [...walk(graph)].map(({ node }) => node.op)

interface Masked {
  readonly mask: string
  readonly type: string
  readonly guard?: boolean
  readonly opset?: number
}

/** Attention of four heads; `masked` makes `a` of the scores `m1` and the input `m`. */
function graphOf({ mask, type, guard = false, opset = 17 }: Masked): Graph {
  const weights = guard
    ? 'p0 = Softmax<axis = -1>(a) n = IsNaN(p0) p = Where(n, zero, p0)'
    : 'p = Softmax<axis = -1>(a)'
  return parse(`<ir_version: 8, opset_import: ["": ${opset}]>
    masked (float[b,s,32] q, float[b,t,32] k, float[b,t,32] v, ${type} m) => (float[b,s,32] y)
    <int64[4] split = {0, 0, 4, 8}, int64[3] merge = {0, 0, 32}, float scale = {0.3}, float zero = {0}, float one = {1},
     float infinite = {-inf}, float low = {-3.4028234663852886e38}, float billion = {-1000000000}, int64[2] rows = {1, 2}>
    { qr = Reshape(q, split) kr = Reshape(k, split) vr = Reshape(v, split) qt = Transpose<perm = [0, 2, 1, 3]>(qr)
      kt = Transpose<perm = [0, 2, 3, 1]>(kr) vt = Transpose<perm = [0, 2, 1, 3]>(vr) m0 = MatMul(qt, kt) m1 = Mul(m0, scale)
      ${mask} ${weights} o = MatMul(p, vt) ot = Transpose<perm = [0, 2, 1, 3]>(o) y = Reshape(ot, merge) }`)
}

/** Feeds with a mask of ones and zeros of which the first row is all zeros. */
function feeds(graph: Graph, batch = 2): Feeds {
  const all = feedsFor(graph, { seed: 3, dims: { b: batch, s: 3, t: 5 } })
  const mask = all['m']
  if (!mask) throw new Error('expected an input m')
  const last = mask.shape.at(-1) ?? 1
  const bits = Array.from({ length: mask.shape.reduce((a, b) => a * b, 1) }, (_, at) =>
    at < last || at % 4 === 1 ? 0 : 1,
  )
  const { shape } = mask
  return mask.dtype === 'float32'
    ? { ...all, m: { dtype: 'float32', shape, data: Float32Array.from(bits) } }
    : { ...all, m: { dtype: 'bool', shape, data: Uint8Array.from(bits) } }
}

async function expectSame(graph: Graph): Promise<void> {
  const after = fused(graph)
  for (const batch of [1, 2]) {
    const given = feeds(graph, batch)
    const [got, want] = [await runOnce(runtime, after, given), await runOnce(runtime, graph, given)]
    expect(differences(got, want, { atol: 2e-6, rtol: 1e-5 })).toEqual([])
  }
}

const adding = (floor: string): string => `bias = Where(m, zero, ${floor}) a = Add(m1, bias)`

describe('MultiHeadAttention', () => {
  const cases: Readonly<Record<string, Masked>> = {
    'as numbers, [s, t]': { type: 'float[s,t]', mask: 'a = Add(m, m1)' },
    'as numbers, a head each': { type: 'float[1,4,s,t]', mask: 'a = Add(m1, m)' },
    'as numbers, [4, s, t]': { type: 'float[4,s,t]', mask: 'a = Add(m1, m)' },
    'as numbers, of keys alone': { type: 'float[b,1,1,t]', mask: 'a = Add(m1, m)' },
    'least numbers': { type: 'bool[b,1,s,t]', mask: adding('low') },
    'least numbers, guarded': { type: 'bool[b,1,s,t]', mask: adding('low'), guard: true },
    'infinite, guarded': { type: 'bool[b,1,s,t]', mask: adding('infinite'), guard: true },
    'infinite, guarded, of keys alone': { type: 'bool[b,1,1,t]', mask: adding('infinite'), guard: true },
    'infinite, guarded, operator set 18': { type: 'bool[s,t]', mask: adding('infinite'), guard: true, opset: 18 },
    'unguarded, infinite: NaN stays NaN': { type: 'bool[b,1,s,t]', mask: adding('infinite') },
    'numbers of unknown depth, guarded': { type: 'float[b,1,s,t]', mask: 'deep = Log(m) a = Add(m1, deep)', guard: true },
    'a choice of scores': { type: 'bool[b,1,s,t]', mask: 'a = Where(m, m1, infinite)', guard: true },
    'a choice the other way round': { type: 'bool[s,t]', mask: 'n = Not(m) a = Where(n, low, m1)' },
    'one minus the mask, times a billion': { type: 'float[b,t]', mask: 'i = Sub(one, m) f = Mul(i, billion) u = Unsqueeze(f, rows) a = Add(m1, u)' },
    'two masks': { type: 'bool[b,1,s,t]', mask: 'bias = Where(m, zero, low) more = Where(m, one, zero) a0 = Add(more, m1) a = Add(a0, bias)' },
  } // prettier-ignore
  for (const [title, masked] of Object.entries(cases)) {
    test(title, async () => {
      const graph = graphOf(masked)
      const after = ops(fused(graph))
      expect(after).toContain('MultiHeadAttention')
      expect(after).not.toContain('Softmax')
      await expectSame(graph)
    })
  }

  test('rows are put to zero only where they can be hidden wholly', () => {
    const guarded = { type: 'bool[b,1,s,t]', guard: true }
    expect(ops(fused(graphOf({ ...guarded, mask: adding('infinite') })))).toContain('ReduceMax')
    expect(ops(fused(graphOf({ ...guarded, mask: adding('low') })))).not.toContain('ReduceMax')
  })

  test('what is put to zero is told by one test for all layers', () => {
    const one = graphOf({ type: 'bool[b,1,s,t]', mask: adding('infinite'), guard: true })
    // The queries of the second layer are what the first has made.
    const renamed = (name: string): string => (name === 'q' ? 'y' : one.producer(name) ? `${name}_2` : name)
    const second = one.nodes.map(node => ({
      ...node,
      outputs: node.outputs.map(name => `${name}_2`),
      inputs: node.inputs.map(renamed),
    }))
    const [y] = one.outputs
    const outputs = [...one.outputs, ...(y ? [{ ...y, name: 'y_2' }] : [])]
    const graph = one.with({ nodes: [...one.nodes, ...second], outputs })
    const after = ops(fused(graph))
    expect(after.filter(op => op === 'MultiHeadAttention')).toHaveLength(2)
    expect(after.filter(op => op === 'ReduceMax')).toHaveLength(1)
  })
})

test('a mask of its own for each head cannot guard rows', () => {
  const graph = graphOf({ type: 'bool[b,4,s,t]', mask: adding('infinite'), guard: true })
  expect(ops(fused(graph))).toContain('Softmax')
})

describe('Attention of ONNX 23', () => {
  /** Two heads of keys for four of queries. */
  const shared = (mask: string, type: string): Graph =>
    parse(`<ir_version: 10, opset_import: ["": 23]>
      masked (float[b,4,s,8] q, float[b,2,t,8] k, float[b,2,t,8] v, ${type} m) => (float[b,4,s,8] y)
      <float zero = {0}, float infinite = {-inf}, float low = {-3.4028234663852886e38}, int64[1] two = {2},
       int64[5] repeats = {1, 1, 2, 1, 1}, int64[4] four = {0, 4, -1, 8}>
      { k5 = Unsqueeze(k, two) ke = Expand(k5, repeats) kh = Reshape(ke, four) kt = Transpose<perm = [0, 1, 3, 2]>(kh)
        v5 = Unsqueeze(v, two) ve = Expand(v5, repeats) vt = Reshape(ve, four) m1 = MatMul(q, kt) ${mask}
        p0 = Softmax<axis = -1>(a) n = IsNaN(p0) p = Where(n, zero, p0) y = MatMul(p, vt) }`)

  test('infinite masks, guarded', async () => {
    for (const type of ['bool[b,1,s,t]', 'bool[b,4,s,t]', 'bool[s,t]', 'bool[b,1,1,t]']) {
      const graph = shared(adding('infinite'), type)
      expect(ops(fused(graph))).toContain('Attention')
      await expectSame(graph)
    }
  })

  test('least numbers count as hidden there, so another operator is taken', async () => {
    const graph = shared(adding('low'), 'bool[b,1,s,t]')
    expect(ops(fused(graph))).toContain('MultiHeadAttention')
    await expectSame(graph)
  })
})
