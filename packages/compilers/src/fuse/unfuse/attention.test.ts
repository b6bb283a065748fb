// Operators of attention, taken apart: equal outputs, standard operators alone, and what has no standard form stays.
import { parse, schemaOf, walk, type Graph } from '@damson/graph'
import type { Feeds } from '@damson/core'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs, seededNormal } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { fuseGraph, missesOf } from '../fuse-graph.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const options = { target: 'cpu', rules: 'all', absorb: false, direction: 'unfuse' } as const
const apart = (graph: Graph): Graph => fuseGraph(graph, options).graph
/** Numbers as ONNX text has them. */
const random = (seed: number, count: number): string =>
  [...seededNormal(seed, count, 0.3)].map(each => each.toFixed(4)).join()

async function expectApart(graph: Graph, feeds: Feeds = feedsFor(graph, { seed: 5 })): Promise<void> {
  const after = apart(graph)
  for (const { node } of walk(after)) {
    const schema = schemaOf(node.domain, node.op, after.opset(node.domain))
    expect([node.op, node.domain, schema?.runtimeOnly]).toEqual([node.op, '', false])
  }
  expect([...after.header.opsets.keys()]).toEqual([''])
  await expectSameOutputs(runtime, after, graph, { feeds, atol: 2e-6, rtol: 1e-5 })
  expect(apart(after)).toBe(after)
}

const reason = (graph: Graph): string | undefined =>
  [...missesOf(graph, options, each => each.name === 'unfuse-attention').values()][0]?.[0]?.reason

describe('MultiHeadAttention', () => {
  const multi = (inputs: string, call: string, opset = 14): Graph =>
    parse(`<ir_version: 8, opset_import: ["": ${opset}, "com.microsoft": 1]>
      multi (float[2,3,32] q, float[2,5,32] k, float[2,5,32] v${inputs}) => (float[2,3,32] y) { ${call} }`)

  test('plain, by its own scale or another, at operator sets 11 to 20', async () => {
    for (const opset of [11, 14, 20])
      await expectApart(multi('', 'y = com.microsoft.MultiHeadAttention<num_heads = 4>(q, k, v)', opset))
    await expectApart(multi('', 'y = com.microsoft.MultiHeadAttention<num_heads = 4, scale = 0.2>(q, k, v)'))
  })

  test('with a mask that is added, and with keys of four dimensions', async () => {
    await expectApart(
      multi(', float[2,1,3,5] m', 'y = com.microsoft.MultiHeadAttention<num_heads = 4>(q, k, v, "", "", m)'),
    )
    await expectApart(
      parse(`<ir_version: 8, opset_import: ["": 14, "com.microsoft": 1]>
        cross (float[2,3,32] q, float[2,4,5,8] k, float[2,4,5,8] v) => (float[2,3,32] y)
        { y = com.microsoft.MultiHeadAttention<num_heads = 4>(q, k, v) }`),
    )
  })

  test('with a cache', async () => {
    await expectApart(
      parse(`<ir_version: 8, opset_import: ["": 14, "com.microsoft": 1]>
        cached (float[2,3,32] q, float[2,3,32] k, float[2,3,32] v, float[2,4,6,8] pk, float[2,4,6,8] pv)
          => (float[2,3,32] y, float[2,4,9,8] nk, float[2,4,9,8] nv)
        { y, nk, nv = com.microsoft.MultiHeadAttention<num_heads = 4>(q, k, v, "", "", "", pk, pv) }`),
    )
  })

  test('not where it hides later keys by itself, or has a mask of keys', () => {
    const causal = multi(
      '',
      'y = com.microsoft.MultiHeadAttention<num_heads = 4, unidirectional = 1>(q, k, v)',
    )
    expect(apart(causal)).toBe(causal)
    expect(reason(causal)).toMatch(/hides later keys/)
    const padded = multi(
      ', int32[2,5] p',
      'y = com.microsoft.MultiHeadAttention<num_heads = 4>(q, k, v, "", p)',
    )
    expect(apart(padded)).toBe(padded)
    expect(reason(padded)).toMatch(/besides queries, keys, values/)
  })
})

describe('GroupQueryAttention', () => {
  const group = (lengths: string, attributes = ''): Graph =>
    parse(`<ir_version: 8, opset_import: ["": 14, "com.microsoft": 1]>
      group (float[1,s,32] q, float[1,s,16] k, float[1,s,16] v, float[1,2,p,8] pk, float[1,2,p,8] pv, int32[1] given)
        => (float[1,s,32] y, float[1,2,a,8] nk, float[1,2,a,8] nv)
      <int64[1] first = {1}, int64[1] second = {2}, int32[1] one = {1}, int64[1] batch = {1}, int64[0] none = {}> {
        past = Shape(pk) new = Shape(k) p0 = Gather(past, second) s0 = Gather(new, first) sum = Add(p0, s0) total = Cast<to = 6>(sum) last = Sub(total, one) seen = ${lengths} all = Reshape(total, none)
        y, nk, nv = com.microsoft.GroupQueryAttention<num_heads = 4, kv_num_heads = 2${attributes}>(q, k, v, pk, pv, seen, all) }`)
  test('of one length for all rows: later keys are hidden, at operator set 14', async () => {
    const graph = group('Expand(last, batch)')
    for (const [s, p] of [
      [3, 0],
      [1, 4],
      [2, 4],
    ] as const)
      // prettier-ignore
      await expectApart(graph, feedsFor(graph, { seed: 2, dims: { s, p } }))
  })

  test('not with lengths of their own, nor a window', () => {
    const own = group('Identity(given)')
    expect(apart(own)).toBe(own)
    expect(reason(own)).toMatch(/lengths of their own/)
    const window = group('Expand(last, batch)', ', local_window_size = 2')
    expect(apart(window)).toBe(window)
    expect(reason(window)).toMatch(/windows its scores/)
  })
})

describe('packed Attention', () => {
  const packed = (call: string): Graph =>
    parse(`<ir_version: 8, opset_import: ["": 14, "com.microsoft": 1]>
      packed (float[2,5,16] x, float[2,4,5,5] m) => (float[2,5,16] y)
      <float[16,48] w = {${random(1, 16 * 48)}}, float[48] b = {${random(2, 48)}}, int32[2,5] mask = {1, 1, 1, 1, 1, 1, 1, 1, 0, 0}> { ${call} }`)

  test('with and without a mask of keys', async () => {
    await expectApart(packed('y = com.microsoft.Attention<num_heads = 4>(x, w, b)'))
    await expectApart(packed('y = com.microsoft.Attention<num_heads = 4, scale = 0.2>(x, w, b, mask)'))
    await expectApart(packed('y = com.microsoft.Attention<num_heads = 4>(x, w, b, "", "", m)'))
  })

  test('not where it hides later keys by itself', () => {
    const causal = packed('y = com.microsoft.Attention<num_heads = 4, unidirectional = 1>(x, w, b)')
    expect(apart(causal)).toBe(causal)
    expect(reason(causal)).toMatch(/hides later keys/)
  })
})

test('Attention of ONNX 23, when it is asked for', async () => {
  const graph = parse(`<ir_version: 10, opset_import: ["": 23]>
    newer (float[2,4,3,8] q, float[2,2,5,8] k, float[2,2,5,8] v, bool[2,1,3,5] m) => (float[2,4,3,8] y)
    { y = Attention(q, k, v, m) }`)
  expect(apart(graph)).toBe(graph)
  const after = fuseGraph(graph, { ...options, rules: ['unfuse-onnx-attention'] }).graph
  expect([...walk(after)].map(({ node }) => node.op)).not.toContain('Attention')
  const feeds = feedsFor(graph, { seed: 5 })
  await expectSameOutputs(runtime, after, graph, { feeds, atol: 2e-6, rtol: 1e-5 })
})
