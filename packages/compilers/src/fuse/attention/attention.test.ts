// Attentions as exporters spell them, all with equal outputs; and what looks like one but is none, each with its reason.
import { parse, walk, type Graph } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { fuseGraph, missesOf } from '../fuse-graph.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const options = { target: 'cpu', rules: ['attention'], absorb: false }
const fused = (graph: Graph, target = 'cpu'): Graph => fuseGraph(graph, { ...options, target }).graph
const ops = (graph: Graph): readonly string[] => [...walk(graph)].map(({ node }) => node.op)
const reason = (graph: Graph, target = 'cpu'): string | undefined =>
  [...missesOf(graph, { ...options, target }, each => each.name === 'attention').values()][0]?.[0]?.reason

interface Spelling {
  readonly inputs?: string
  readonly outputs?: string
  /** Queries, keys and values of four heads of eight: `qt` [b, 4, s, 8], `kt` [b, 4, 8, t], `vt` [b, 4, t, 8]. */
  readonly heads?: string
  /** From `qt` and `kt` to `a`. */
  readonly scores?: string
  /** From `a` to `p`. */
  readonly weights?: string
  /** From `p` and `vt` to `y`. */
  readonly end?: string
  readonly opset?: number
}

const heads = `qr = Reshape(q, split) kr = Reshape(k, split) vr = Reshape(v, split)
  qt = Transpose<perm = [0, 2, 1, 3]>(qr) kt = Transpose<perm = [0, 2, 3, 1]>(kr) vt = Transpose<perm = [0, 2, 1, 3]>(vr)`
const scores = 'm0 = MatMul(qt, kt) a = Mul(m0, scale)'
const weights = 'p = Softmax<axis = -1>(a)'
const end = `o = MatMul(p, vt) ot = Transpose<perm = [0, 2, 1, 3]>(o) y = Reshape(ot, merge)`

function attention(spelling: Spelling = {}): Graph {
  const all = { inputs: '', outputs: '', heads, scores, weights, end, opset: 17, ...spelling }
  return parse(`<ir_version: 8, opset_import: ["": ${all.opset}]>
    attention (float[b,s,32] q, float[b,t,32] k, float[b,t,32] v${all.inputs}) => (float[b,s,32] y${all.outputs})
    <int64[4] split = {0, 0, 4, 8}, int64[3] merge = {0, 0, 32}, float scale = {0.3}, float root = {0.5}, float zero = {0},
     float low = {-3.4028234663852886e38}, float shallow = {-10000}, int64[1] one = {1}, int64[1] two = {2}, int64[4] four = {0, 4, -1, 8},
     int64[3] flat = {-1, 3, 8}, int64[3] flatKeys = {-1, 5, 8}, int64[4] apart = {-1, 4, 3, 8}, int64[5] repeats = {1, 1, 2, 1, 1}>
    { ${all.heads} ${all.scores} ${all.weights} ${all.end} }`)
}

const dims = { b: 2, s: 3, t: 5 }

async function expectFused(graph: Graph, op = 'MultiHeadAttention', target = 'cpu'): Promise<Graph> {
  const after = fused(graph, target)
  expect(ops(after)).toContain(op)
  expect(ops(after)).not.toContain('Softmax')
  expect(fused(after, target)).toBe(after)
  await expectSameOutputs(runtime, after, graph, {
    feeds: feedsFor(graph, { seed: 7, dims }),
    atol: 2e-6,
    rtol: 1e-5,
  })
  return after
}

describe('spellings', () => {
  const spellings: Readonly<Record<string, Spelling>> = {
    'scale on the scores': {},
    'Div by the root of the head size': { scores: 'm0 = MatMul(qt, kt) a = Div(m0, scale)' },
    'q and k each times √scale': { scores: 'qs = Mul(qt, root) ks = Mul(root, kt) a = MatMul(qs, ks)' },
    'scale on the projection': { heads: heads.replace('Reshape(q,', 'Reshape(qx,').replace('qr =', 'qx = Mul(q, scale) qr ='), scores: 'a = MatMul(qt, kt)' },
    'casts to the same type': { weights: 'p0 = Softmax<axis = 3>(a) p = Cast<to = 1>(p0)' },
    'without a merge': { outputs: '', end: `o = MatMul(p, vt) ot = Transpose<perm = [0, 2, 1, 3]>(o) or = Neg(ot) y = Reshape(or, merge)` },
    'operator set 12': { opset: 12, weights: 'p = Softmax<axis = 3>(a)' },
  } // prettier-ignore
  for (const [title, spelling] of Object.entries(spellings)) {
    test(title, () => expectFused(attention(spelling)).then(() => undefined))
  }

  test('heads in the batch dimension, without a mask but zeros', async () => {
    const graph = attention({
      heads: `${heads.replace('kt = Transpose<perm = [0, 2, 3, 1]>(kr)', 'kh = Transpose<perm = [0, 2, 1, 3]>(kr)')}
        q3 = Reshape(qt, flat) k3 = Reshape(kh, flatKeys) v3 = Reshape(vt, flatKeys) kt3 = Transpose<perm = [0, 2, 1]>(k3)`,
      scores:
        'm0 = MatMul(q3, kt3) a0 = Mul(m0, scale) size = Shape(a0) none = ConstantOfShape(size) a = Add(a0, none)',
      end: 'o3 = MatMul(p, v3) o = Reshape(o3, apart) ot = Transpose<perm = [0, 2, 1, 3]>(o) y = Reshape(ot, merge)',
    })
    const text = withSizes(graph, 3, 5)
    await expectFused(text)
  })

  test('keys transposed in three dimensions, as torch.export does', async () => {
    const graph = attention({
      heads: `${heads.replace('kt = Transpose<perm = [0, 2, 3, 1]>(kr)', 'kh = Transpose<perm = [0, 2, 1, 3]>(kr)')}
        k3 = Reshape(kh, flatKeys) k3t = Transpose<perm = [0, 2, 1]>(k3)
        back = Constant<value_ints = [-1, 4, 8, 5]>() kt = Reshape(k3t, back)`,
    })
    await expectFused(withSizes(graph, 3, 5))
  })

  test('one head in three dimensions', async () => {
    const graph = attention({
      heads: 'kt = Transpose<perm = [0, 2, 1]>(k)',
      scores: 'm0 = MatMul(q, kt) a = Mul(m0, scale)',
      end: 'y = MatMul(p, v)',
    })
    expect(ops(await expectFused(graph))).toEqual(['MultiHeadAttention'])
  })

  test('values of another size than keys, all in four dimensions', async () => {
    const graph = parse(`<ir_version: 8, opset_import: ["": 17]>
      sizes (float[b,4,s,8] q, float[b,4,t,8] k, float[b,4,t,6] v) => (float[b,4,s,6] y)
      { kt = Transpose<perm = [0, 1, 3, 2]>(k) a = MatMul(q, kt) p = Softmax(a) y = MatMul(p, v) }`)
    await expectFused(graph)
  })

  test('keys and values of two heads for four heads of queries', async () => {
    const graph = parse(`<ir_version: 8, opset_import: ["": 17]>
      shared (float[b,s,32] q, float[b,2,t,8] k, float[b,2,t,8] v) => (float[b,s,32] y)
      <int64[4] split = {0, 0, 4, 8}, int64[3] merge = {0, 0, 32}, int64[1] two = {2}, int64[5] repeats = {1, 1, 2, 1, 1}, int64[4] four = {0, 4, -1, 8}>
      { qr = Reshape(q, split) qt = Transpose<perm = [0, 2, 1, 3]>(qr)
        k5 = Unsqueeze(k, two) ke = Expand(k5, repeats) kh = Reshape(ke, four) kt = Transpose<perm = [0, 1, 3, 2]>(kh)
        v5 = Unsqueeze(v, two) ve = Tile(v5, repeats) vt = Reshape(ve, four)
        a = MatMul(qt, kt) p = Softmax(a) ${end} }`)
    await expectFused(graph)
    const newer = parse(`<ir_version: 10, opset_import: ["": 23]>
      shared (float[b,4,s,8] q, float[b,2,t,8] k, float[b,2,t,8] v) => (float[b,4,s,8] y)
      <int64[1] two = {2}, int64[5] repeats = {1, 1, 2, 1, 1}, int64[4] four = {0, 4, -1, 8}>
      { k5 = Unsqueeze(k, two) ke = Expand(k5, repeats) kh = Reshape(ke, four) kt = Transpose<perm = [0, 1, 3, 2]>(kh)
        v5 = Unsqueeze(v, two) ve = Tile(v5, repeats) vt = Reshape(ve, four)
        a = MatMul(q, kt) p = Softmax(a) y = MatMul(p, vt) }`)
    expect(ops(await expectFused(newer, 'Attention'))).toEqual(['Attention'])
  })

  test('a cache goes into the operator, and out of it under its name', async () => {
    const graph = attention({
      inputs: ', float[b,4,past,8] pk, float[b,4,past,8] pv',
      outputs: ', float[b,4,all,8] nk, float[b,4,all,8] nv',
      heads: `qr = Reshape(q, split) kr = Reshape(k, split) vr = Reshape(v, split)
        qt = Transpose<perm = [0, 2, 1, 3]>(qr) kh = Transpose<perm = [0, 2, 1, 3]>(kr) vh = Transpose<perm = [0, 2, 1, 3]>(vr)
        nk = Concat<axis = 2>(pk, kh) nv = Concat<axis = -2>(pv, vh) kt = Transpose<perm = [0, 1, 3, 2]>(nk)`,
      end: end.replace('vt', 'nv'),
    })
    expect(ops(await expectFused(graph))).toEqual(['MultiHeadAttention'])
    const empty = feedsFor(graph, { seed: 2, dims: { ...dims, past: 0 } })
    await expectSameOutputs(runtime, fused(graph), graph, { feeds: empty, atol: 2e-6, rtol: 1e-5 })
  })
})

/** The same graph with sizes of queries and keys that are numbers. */
function withSizes(graph: Graph, s: number, t: number): Graph {
  const inputs = graph.inputs.map(info => {
    if (info.type?.kind !== 'tensor') return info
    const shape = (info.type.shape ?? []).map(dim => (dim === 's' ? s : dim === 't' ? t : dim))
    return { ...info, type: { ...info.type, shape } }
  })
  return graph.with({ inputs })
}

describe('what is none', () => {
  const near: readonly (readonly [title: string, spelling: Spelling, reason: RegExp])[] = [
    ['a mask behind the Softmax', { inputs: ', float[b,1,s,t] m', weights: 'p0 = Softmax<axis = -1>(a) p = Mul(p0, m)' }, /leads to Mul/],
    ['Softmax over another axis', { weights: 'p = Softmax<axis = 2>(a)' }, /not over the last axis/],
    ['a scale that depends on data', { inputs: ', float c', scores: 'm0 = MatMul(qt, kt) a = Mul(m0, c)' }, /scale depends on data/],
    ['a scale behind the mask', { inputs: ', float[s,t] m', scores: 'm0 = MatMul(qt, kt) m1 = Add(m0, m) a = Mul(m1, scale)' }, /scale comes after the mask/],
    ['a mask of keys alone', { inputs: ', float[t] m', scores: 'm0 = MatMul(qt, kt) a = Add(m0, m)' }, /not 2-D to 4-D/],
    ['a mask that is one for all keys', { inputs: ', float[b,1,s,1] m', scores: 'm0 = MatMul(qt, kt) a = Add(m0, m)' }, /does not tell keys apart/],
    ['a mask that keeps hidden scores', { inputs: ', bool[s,t] m', scores: 'm0 = MatMul(qt, kt) a = Where(m, m0, shallow)' }, /would keep its scores/],
    ['scores that are given away', { outputs: ', float[b,4,s,t] a' }, /graph output/],
    ['weights that are given away', { outputs: ', float[b,4,s,t] p' }, /weights are a graph output/],
    ['scores that are used again', { outputs: ', float[b,4,s,t] z', end: `z = Neg(m0) ${end}` }, /used elsewhere/],
    ['values on the left', { end: 'vo = Transpose<perm = [0, 1, 3, 2]>(vt) po = Transpose<perm = [0, 1, 3, 2]>(p) o = MatMul(vo, po) ot = Transpose<perm = [0, 3, 1, 2]>(o) y = Reshape(ot, merge)' }, /product with values/],
    ['another element type', { scores: 'm0 = MatMul(qt, kt) a = Cast<to = 11>(m0)', weights: 'p0 = Softmax<axis = -1>(a) p = Cast<to = 1>(p0)' }, /another element type|leads to Cast/],
    ['keys that the batch shares', { heads: heads.replace('Reshape(k, split)', 'Reshape(k1, split)').replace('qr =', 'k1 = ReduceMax<axes = [0], keepdims = 1>(k) qr =') }, /shared by the batch/],
    ['queries that the batch shares', { heads: heads.replace('Reshape(q, split)', 'Reshape(q1, split)').replace('qr =', 'q1 = ReduceMax<axes = [0], keepdims = 1>(q) qr =') }, /queries are shared/],
    ['a mask that makes more rows of one', { inputs: ', float[s,t] m', heads: heads.replace('Reshape(q, split)', 'Reshape(q1, split)').replace('qr =', 'q1 = ReduceMax<axes = [1], keepdims = 1>(q) qr ='), scores: 'm0 = MatMul(qt, kt) a = Add(m0, m)' }, /makes more of the scores/],
    ['a tanh around the scores', { scores: 'm0 = MatMul(qt, kt) a = Tanh(m0)' }, /pass through Tanh/],
  ] // prettier-ignore
  for (const [title, spelling, expected] of near) {
    test(title, () => {
      const graph = attention(spelling)
      expect(ops(fused(graph))).toContain('Softmax')
      expect(reason(graph)).toMatch(expected)
    })
  }

  test('keys transposed the wrong way, where sizes let it pass', () => {
    const graph = attention({ heads: heads.replace('[0, 2, 3, 1]>(kr)', '[0, 2, 1, 3]>(kr)') })
    expect(ops(fused(withSizes(graph, 3, 8)))).toContain('Softmax')
    expect(reason(withSizes(graph, 3, 8))).toMatch(/not laid out alike/)
  })

  test('heads merged in the wrong order are carried out as written', async () => {
    const graph = attention({
      heads: heads.replace(
        'qt = Transpose<perm = [0, 2, 1, 3]>(qr)',
        'mixed = Constant<value_ints = [0, 4, -1, 8]>() qt = Reshape(q, mixed)',
      ),
    })
    await expectFused(graph)
  })

  test('keys of one head beside values of four', () => {
    const graph = parse(`<ir_version: 8, opset_import: ["": 17]>
      mixed (float[b,4,s,8] q, float[b,1,8,t] kt, float[b,4,t,8] v) => (float[b,4,s,8] y)
      { a = MatMul(q, kt) p = Softmax(a) y = MatMul(p, v) }`)
    expect(ops(fused(graph))).toContain('Softmax')
    expect(reason(graph)).toMatch(/not laid out alike/)
  })

  test('halves on a processor, which has no kernel for them; WebGPU has', () => {
    const graph = parse(`<ir_version: 8, opset_import: ["": 17]>
      half (float16[b,s,8] q, float16[b,t,8] k, float16[b,t,8] v) => (float16[b,s,8] y)
      { kt = Transpose<perm = [0, 2, 1]>(k) a = MatMul(q, kt) p = Softmax(a) y = MatMul(p, v) }`)
    expect(ops(fused(graph))).toContain('Softmax')
    expect(reason(graph)).toMatch(/no kernel for float16|operator set 23/)
    expect(ops(fused(graph, 'webgpu'))).toEqual(['MultiHeadAttention'])
  })
})

test('origins of what goes pass to the operator', () => {
  const [node] = fused(attention()).nodes
  expect(node?.op).toBe('MultiHeadAttention')
  expect([...(node?.origins ?? [])].sort()).toEqual([
    'a',
    'kr',
    'kt',
    'm0',
    'o',
    'ot',
    'p',
    'qr',
    'qt',
    'vr',
    'vt',
    'y',
  ])
})
