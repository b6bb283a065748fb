import type { Feeds, StatisticRequest, StatisticResult } from '@damson/core'
import { onnx, type Graph } from '@damson/graph'
import { afterAll, describe, expect, test } from 'vitest'
import { createRuntime } from '../create-runtime.ts'
import { random } from '../feeds/random.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const again = (feeds: readonly Feeds[]): AsyncIterable<Feeds> => ({
  async *[Symbol.asyncIterator]() {
    yield* feeds
  },
})
const float = (shape: readonly number[], data: readonly number[]): Feeds[string] => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
})
const gather = (
  graph: Graph,
  requests: readonly StatisticRequest[],
  feeds: readonly Feeds[],
): Promise<ReadonlyMap<string, StatisticResult>> => runtime.statistics(graph, requests, again(feeds))

const samples = (seed: number, count: number, shape: readonly number[]): readonly Feeds[] => {
  const source = random(seed)
  return Array.from({ length: count }, () => ({
    x: float(
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => source.normal() * 3),
    ),
  }))
}

/** Elements of all samples by channel of an axis; one list for all without. */
function channels(feeds: readonly Feeds[], axis: number | undefined, map: (x: number) => number): number[][] {
  const lists: number[][] = []
  for (const { x } of feeds) {
    if (!x || x.dtype === 'string') continue
    const at = axis === undefined ? 0 : (axis + x.shape.length) % x.shape.length
    const right = x.shape.slice(at + 1).reduce((a, b) => a * b, 1)
    const size = axis === undefined ? 1 : (x.shape[at] ?? 1)
    Array.from(x.data, Number).forEach((value, index) => {
      const channel = axis === undefined ? 0 : Math.floor(index / right) % size
      ;(lists[channel] ??= []).push(Math.fround(map(value)))
    })
  }
  return lists
}
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)

const graphs: Record<string, Graph> = {
  'opset 9': onnx`<ir_version: 4, opset_import: ["" : 9]> g (float[a, b, c] x) => (float[a, b, c] y)
    { h = Neg(x) y = Identity(h) }`,
  'opset 14': onnx`<ir_version: 8, opset_import: ["" : 14]> g (float[a, b, c] x) => (float[a, b, c] y)
    { h = Neg(x) y = Identity(h) }`,
  'opset 20': onnx`<ir_version: 9, opset_import: ["" : 20]> g (float[a, b, c] x) => (float[a, b, c] y)
    { h = Neg(x) y = Identity(h) }`,
}

describe.each(Object.entries(graphs))('%s', (_, graph) => {
  test.each([undefined, 0, 1, 2, -1, -2])('extremes, moments and counts over axis %s', async axis => {
    const feeds = samples(1, 3, [2, 5, 7])
    const kinds = (['minmax', 'absmax', 'moments'] as const).map(kind => ({
      value: 'h',
      kind,
      ...(axis === undefined ? {} : { axis }),
    }))
    const result = (await gather(graph, kinds, feeds)).get('h')
    const lists = channels(feeds, axis, x => -x)
    expect(result?.count).toBe(3 * 70)
    expect(result?.excluded).toBe(0)
    expect([...(result?.min ?? [])]).toEqual(lists.map(list => Math.min(...list)))
    expect([...(result?.max ?? [])]).toEqual(lists.map(list => Math.max(...list)))
    expect([...(result?.absmax ?? [])]).toEqual(lists.map(list => Math.max(...list.map(Math.abs))))
    lists.forEach((list, channel) => {
      expect(result?.sum?.[channel]).toBeCloseTo(sum(list), 9)
      expect(result?.sumOfSquares?.[channel]).toBeCloseTo(sum(list.map(x => x * x)), 9)
      expect(result?.sumOfAbsolutes?.[channel]).toBeCloseTo(sum(list.map(Math.abs)), 9)
    })
  })

  test('a histogram counts every element exactly', async () => {
    const feeds = samples(2, 4, [2, 5, 700])
    const result = (await gather(graph, [{ value: 'h', kind: 'histogram', bins: 64 }], feeds)).get('h')
    const list = channels(feeds, undefined, x => -x)[0] ?? []
    const from = Math.min(...list)
    const to = Math.max(...list)
    const counts = new Float64Array(64)
    for (const x of list) {
      const bin = Math.min(63, Math.floor(((x - from) / (to - from)) * 64))
      counts[bin] = (counts[bin] ?? 0) + 1
    }
    expect(result?.histogram).toEqual({ counts, from, to })
  })

  test('XᵀX over the rows of the last axis', async () => {
    const feeds = samples(3, 3, [2, 5, 7])
    const result = (await gather(graph, [{ value: 'h', kind: 'gram' }], feeds)).get('h')
    const columns = channels(feeds, -1, x => -x)
    expect(result?.rows).toBe(30)
    columns.forEach((a, i) =>
      columns.forEach((b, j) => {
        const product = sum(a.map((x, at) => x * (b[at] ?? 0)))
        // Each run is a float32 product of ten rows; the sum over runs is float64.
        expect(Math.abs((result?.gram?.[i * 7 + j] ?? NaN) - product)).toBeLessThan(1e-5 * 30 * 9)
      }),
    )
  })
})

const plain = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[a, b] x) => (float[a, b] y) { y = Neg(x) }`

test('positions that are not finite are left out and counted', async () => {
  const feeds = [{ x: float([2, 3], [1, NaN, -2, Infinity, 5, -Infinity]) }]
  const requests = (['minmax', 'moments', 'histogram', 'gram'] as const).map(kind => ({
    value: 'x',
    kind,
    bins: 2,
  }))
  const result = (await gather(plain, requests, feeds)).get('x')
  expect(result).toMatchObject({
    count: 3,
    excluded: 3,
    min: new Float64Array([-2]),
    max: new Float64Array([5]),
  })
  expect(result?.sum).toEqual(new Float64Array([4]))
  expect(result?.histogram?.counts).toEqual(new Float64Array([2, 1]))
  expect(result?.gram).toEqual(new Float64Array([1, 0, -2, 0, 25, 0, -2, 0, 4]))
})

test('a value without elements counts as nothing', async () => {
  const kinds = (['minmax', 'moments', 'histogram'] as const).map(kind => ({ value: 'y', kind, bins: 4 }))
  const result = (await gather(plain, kinds, [{ x: float([0, 3], []) }])).get('y')
  expect(result).toMatchObject({ count: 0, excluded: 0, histogram: { counts: new Float64Array(4) } })
})

const branches = onnx`<ir_version: 8, opset_import: ["" : 17]>
  g (bool go, bool deep, float[a] x) => (float[a] y) {
    y = If (go) <
      then_branch = yes () => (float[a] t2) {
        t = Neg(x)
        t2 = If (deep) <
          then_branch = in () => (float[a] u) { u = Add(t, t) },
          else_branch = out () => (float[a] v) { v = Identity(t) }
        >
      },
      else_branch = no () => (float[a] e) { e = Mul(x, x) }
    >
  }`

test('values inside If branches are measured in the runs that take the branch', async () => {
  const flag = (value: number) => ({ dtype: 'bool', shape: [], data: Uint8Array.of(value) }) as const
  const x = float([2], [1, 3])
  const outer = branches.nodes[0]?.outputs[0] ?? ''
  const then = branches.nodes[0]?.attributes.get('then_branch')
  const inner = then?.type === 'graph' ? (then.value.nodes[1]?.outputs[0] ?? '') : ''
  const requests = [
    `${outer}/then_branch/t`,
    `${outer}/then_branch/${inner}/then_branch/u`,
    `${outer}/else_branch/e`,
  ].map(value => ({ value, kind: 'moments' as const }))
  const results = await gather(branches, requests, [
    { go: flag(1), deep: flag(0), x },
    { go: flag(1), deep: flag(1), x },
    { go: flag(0), deep: flag(1), x },
    { go: flag(1), deep: flag(0), x },
  ])
  const sums = requests.map(({ value }) => [results.get(value)?.count, results.get(value)?.sum?.[0]])
  expect(sums).toEqual([
    [6, -12],
    [2, -8],
    [2, 10],
  ])
})

test('what cannot be measured is refused with the value', async () => {
  const loop = onnx`<ir_version: 8, opset_import: ["" : 17]>
    g (int64 n, bool c, float[a] x) => (float[a] y) {
      y = Loop (n, c, x) <body = b (int64 i, bool ci, float[a] s) => (bool co, float[a] so) { co = Identity(ci) so = Neg(s) }>
    }`
  const fail = (graph: Graph, request: StatisticRequest, feeds: readonly Feeds[] = []): Promise<void> =>
    expect(gather(graph, [request], feeds)).rejects.toMatchObject({
      code: expect.stringMatching(/statistics|samples/),
      message: expect.stringContaining(request.value),
    })
  await fail(loop, { value: 'y/body/so', kind: 'minmax' })
  await fail(plain, { value: 'nothing', kind: 'minmax' })
  await fail(plain, { value: 'y', kind: 'histogram', axis: 1 })
  await fail(plain, { value: 'y', kind: 'minmax', axis: 1 }, [
    { x: float([1, 2], [1, 2]) },
    { x: float([1, 1], [1]) },
  ])
  const once = (async function* () {
    yield* samples(1, 2, [2, 2])
  })()
  await expect(runtime.statistics(plain, [{ value: 'y', kind: 'histogram' }], once)).rejects.toMatchObject({
    code: 'samples',
  })
})
