import { modelOf, plan, smash, type Model } from '@damson/core'
import { Draft, mapBodies, memoryTensor, onnx, weights, type Graph, type Tensor } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { describeAlgorithm, runOnce, seededNormal, tinyEncoder, tinyMlp } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { weightForms } from '../../test/weight-forms.ts'
import { binary } from './binary.ts'

const normal = (shape: readonly number[]): Tensor =>
  memoryTensor(
    'float32',
    shape,
    seededNormal(
      11,
      shape.reduce((a, b) => a * b),
    ),
  )

/** A convolution and a product that are worth a bit a weight. */
const filters = (): Model =>
  modelOf(onnx`
    <opset_import: ["" : 17]> g (float[1,24,4,4] x) => (float[1,24,4,48] y)
    <float[24,24,3,3] f = ${normal([24, 24, 3, 3])}, float[4,48] small = ${normal([4, 48])}, float[48,48] w = ${normal([48, 48])}>
    { a = Conv<pads = [1, 1, 1, 1]>(x, f)  b = MatMul(a, small)  y = MatMul(b, w) }`)

describeAlgorithm(binary, {
  accepts: { encoder: tinyEncoder, mlp: tinyMlp, filters },
  refuses: {
    'a graph without matrices': {
      model: () => modelOf(onnx`(float[n,4] x) => (float[n,4] y) { y = Relu(x) }`),
      reason: /no constant matrix/,
    },
  },
  // Ordinary weights: signs keep 2 / π of the power of normal ones.
  expect: { outputs: { sqnr: -3 }, size: 0.98 },
})

const runtime = createRuntime()
afterAll(() => runtime.close())

/** ±s with another s for each block of a row of K, as [N, K]. */
function twoValued(seed: number, N: number, K: number, blockSize: number): Float32Array {
  const signs = seededNormal(seed, N * K)
  const scales = seededNormal(seed + 1, N * Math.ceil(K / blockSize))
  return signs.map((sign, at) => {
    const block = Math.floor(at / K) * Math.ceil(K / blockSize) + Math.floor((at % K) / blockSize)
    return Math.fround((sign < 0 ? -1 : 1) * Math.abs(scales[block] ?? 0))
  })
}

const turned = (rows: Float32Array, N: number, K: number): Float32Array =>
  rows.map((_, at) => rows[(at % N) * K + Math.floor(at / N)] ?? 0)

const matrix = (rows: number, columns: number, data: Float32Array): Tensor =>
  memoryTensor('float32', [rows, columns], data)

/** Products both ways, one along rows that end inside a block, a table, and a head tied to it. */
const [N, K, odd] = [96, 128, 100]
const model = modelOf(onnx`
  <opset_import: ["" : 17]>
  g (float[n,128] x, float[n,100] u, int64[m] ids) => (float[n,96] y, float[n,96] z, float[m,128] e, float[n,96] h, float[n,96] o)
  <float[128,96] w = ${matrix(K, N, turned(twoValued(1, N, K, 64), N, K))},
   float[96,128] v = ${matrix(N, K, twoValued(3, N, K, 64))},
   float[96,128] table = ${matrix(N, K, twoValued(5, N, K, 64))},
   float[96,128] tied = ${matrix(N, K, twoValued(7, N, K, 64))},
   float[100,96] p = ${matrix(odd, N, turned(twoValued(9, N, odd, 64), N, odd))}>
  { y = MatMul(x, w)  z = Gemm<transB = 1>(x, v)
    a = Gather(table, ids)  b = Gather(tied, ids)  e = Add(a, b)
    t = Transpose<perm = [1, 0]>(tied)  h = MatMul(x, t)
    o = MatMul(u, p) }`)

const outputsOf = async (which: Model) => {
  const graph = model.part('model').graph
  const feeds = { ...feedsFor(graph, { seed: 1, dims: { n: 5, m: 7 } }) }
  return runOnce(runtime, which, feeds)
}

describe('a model that was trained in 1 bit', () => {
  test('keeps every weight, bit for bit: signs and scales say all of it', async () => {
    const coded = await smash(model, [binary({ blockSize: 64, accuracyLevel: 1 })])
    const { initializers } = coded.part('model').graph
    for (const { name, tensor } of weights(model.part('model').graph)) {
      const [rows = 0, columns = 0] = tensor.shape
      const along = name === 'w' || name === 'p' ? rows : columns
      const signs = (await initializers.get(`${name}_Q1`)?.tensor.read()) ?? new Uint8Array()
      const scales = (await initializers.get(`${name}_scales`)?.tensor.read()) ?? new Uint8Array()
      const [bytes, floats] = [signs.length / N, new Float32Array(scales.slice().buffer)]
      const source = new Float32Array((await tensor.read()).slice().buffer)
      const values = along === rows ? turned(source, rows, columns) : source
      const decoded = values.map((_, at) => {
        const [row, k] = [Math.floor(at / along), at % along]
        const bit = ((signs[row * bytes + (k >> 3)] ?? 0) >> (k & 7)) & 1
        const scale = floats[row * Math.ceil(along / 64) + Math.floor(k / 64)] ?? NaN
        return bit === 1 ? scale : -scale
      })
      expect(decoded, name).toEqual(values)
    }
  })

  test('and gives the same outputs: only the order of sums differs (120 dB)', async () => {
    const events: string[] = []
    const coded = await smash(model, [binary({ blockSize: 64, accuracyLevel: 1 })], {
      onEvent: event => void (event.type === 'warning' && events.push(event.code)),
    })
    const ops = coded.part('model').graph.nodes.map(({ op }) => op)
    expect(ops.filter(op => op === 'MatMulNBits')).toHaveLength(4)
    expect(ops.filter(op => op === 'GatherBlockQuantized')).toHaveLength(2)
    const [got, want] = [await outputsOf(coded), await outputsOf(model)]
    expect(sqnr(got, want)).toBeGreaterThan(120)
    expect(got['e']).toEqual(want['e'])
    expect(events).toEqual([])
  })
})

/** The graph with ±⅛ in the place of every weight, in whichever body and in `Constant` nodes too. */
async function eighths(graph: Graph): Promise<Graph> {
  const signs = new Map<string, Tensor>()
  for (const { id, tensor } of weights(graph)) {
    if (tensor.shape.length < 2) continue
    const { buffer } = (await tensor.read()).slice()
    if (tensor.dtype === 'float16')
      signs.set(id, memoryTensor('float16', tensor.shape, new Uint16Array(buffer).map(each => (each & 0x8000) | 0x3000))) // prettier-ignore
    if (tensor.dtype === 'float32')
      signs.set(id, memoryTensor('float32', tensor.shape, new Float32Array(buffer).map(each => (each < 0 ? -0.125 : 0.125)))) // prettier-ignore
  }
  return mapBodies(graph, (body, scope) => {
    const draft = new Draft(body, scope)
    for (const { id, name, storage, scope: own } of weights(graph)) {
      const tensor = signs.get(id)
      if (own.path !== scope.path || !tensor) continue
      if (storage === 'initializer') draft.setInitializer(name, tensor)
      const node = draft.nodes.find(each => each.op === 'Constant' && each.outputs[0] === name)
      if (node) draft.replace(node, { attributes: new Map([['value', { type: 'tensor', value: tensor }]]) })
    }
    return draft.finish()
  })
}

test.each(Object.entries(weightForms))('%s: nothing is lost of ±⅛', async (_, { graph }) => {
  const plain = modelOf(await eighths(graph))
  if (plan(plain, [binary({ convs: true })]).conflicts.length > 0) return
  const coded = await smash(plain, [binary({ blockSize: 16, accuracyLevel: 1, convs: true })])
  const feeds = feedsFor(plain.part('model').graph, { seed: 1, dims: { n: 5, m: 5 } })
  // What rounding to half precision leaves, where it is the weight's; else sums in another order, over 110 dB.
  const floor = [...weights(graph)].some(({ tensor }) => tensor.dtype === 'float16') ? 60 : 110
  expect(sqnr(await runOnce(runtime, coded, feeds), await runOnce(runtime, plain, feeds))).toBeGreaterThan(
    floor,
  )
})

test('any other model is told what it lost, once', async () => {
  const events: string[] = []
  const onEvent = (event: { type: string; code?: string; message?: string }): void =>
    void (event.type === 'warning' && events.push(`${event.code}: ${event.message}`))
  const coded = await smash(tinyEncoder(), [binary()], { onEvent })
  for (const { tensor } of weights(coded.part('model').graph)) await tensor.read()
  const lost = events.filter(event => event.startsWith('not-binary'))
  expect(lost).toHaveLength(1)
  // 1 − 2 / π of normal weights.
  expect(Number(/([\d.]+) % of its power/.exec(lost[0] ?? '')?.[1])).toBeCloseTo(36.3, -1)
})
