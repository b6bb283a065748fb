import { modelOf, smash, type Model } from '@damson/core'
import { inferTypes, isRefusal, onnx, parse, weights } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { normalTensor } from '../test/normal-tensor.ts'
import { gptq } from './algorithms/gptq.ts'
import { weightOnly } from './algorithms/weight-only.ts'
import { patchesOf, withPatches, type Patches } from './convolution-inputs.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

/** One convolution of x with filters `w`. */
function convolution(attributes: string, sizes: readonly number[], filters: readonly number[]): Model {
  const graph = parse(`<ir_version: 8, opset_import: ["" : 17]>
    conv (float[${sizes.join()}] x) => (float y) { c = Conv${attributes}(x, w) y = Identity(c) }`)
  const w = { name: 'w', tensor: normalTensor(1, filters), origins: [] }
  return modelOf(graph.with({ initializers: new Map([['w', w]]) }))
}

function rowsIn(model: Model): ReturnType<typeof patchesOf> {
  const { graph } = model.part('model')
  const [weight] = weights(graph)
  if (!weight) throw new Error('Expected a weight')
  return patchesOf(weight, weight.tensor.shape[0] ?? 0, inferTypes(graph))
}

/** Rows [n·positions, K] that ONNX Runtime makes of the patches. */
async function rowsOf(model: Model, patches: readonly Patches[]): Promise<Float32Array> {
  const whole = withPatches(model.part('model').graph, patches)
  const graph = whole.with({ outputs: patches.map(({ value }) => ({ name: value })) })
  const feeds = feedsFor(model.part('model').graph, { seed: 3 })
  const made = await runOnce(runtime, modelOf(graph), feeds, 'model')
  const data = made[patches[0]?.value ?? '']?.data
  return data instanceof Float32Array ? data : new Float32Array()
}

describe('patches', () => {
  test.each([
    ['<pads = [1, 1, 1, 1]>', [2, 3, 9, 7], [5, 3, 3, 3]],
    ['<strides = [2, 1], dilations = [1, 2]>', [1, 4, 8, 8], [6, 4, 2, 3]],
    ['<auto_pad = "SAME_UPPER", strides = [2, 2]>', [1, 4, 7, 8], [16, 4, 3, 3]],
    ['<pads = [0, 2]>', [2, 8, 11], [4, 8, 5]],
    ['', [1, 4, 4, 5, 6], [8, 4, 2, 2, 2]],
  ])('Conv%s of %j with %j is a product of its rows', async (attributes, sizes, filters) => {
    const model = convolution(attributes, sizes, filters)
    const { graph } = model.part('model')
    const patches = rowsIn(model)
    if (isRefusal(patches)) throw new Error(patches.refused)
    const rows = await rowsOf(model, patches)
    const y = (await runOnce(runtime, model, feedsFor(graph, { seed: 3 }), 'model')).y
    const [out = 1] = filters
    const K = filters.slice(1).reduce((a, b) => a * b, 1)
    const W = normalTensor(1, filters)
    const w = new Float32Array((await W.read()).slice().buffer)
    const positions = rows.length / K / (sizes[0] ?? 1)
    expect(y?.data).toHaveLength(out * positions * (sizes[0] ?? 1))
    for (let at = 0; at < rows.length / K; at++) {
      for (let o = 0; o < out; o++) {
        let sum = 0
        for (let k = 0; k < K; k++) sum += (rows[at * K + k] ?? NaN) * (w[o * K + k] ?? NaN)
        const [n, position] = [Math.floor(at / positions), at % positions]
        expect(Math.abs(sum - Number(y?.data[(n * out + o) * positions + position]))).toBeLessThan(1e-4)
      }
    }
  })

  test('of many positions some are looked at, each of them a patch', async () => {
    const model = convolution('<pads = [1, 1, 1, 1]>', [1, 4, 40, 40], [8, 4, 3, 3])
    const patches = rowsIn(model)
    if (isRefusal(patches)) throw new Error(patches.refused)
    expect(patches.map(({ step }) => step)).toEqual([3])
    const [some, all] = [await rowsOf(model, patches), await rowsOf(model, patches.map(each => ({ ...each, step: 1 })))] // prettier-ignore
    for (let row = 0; row < 14 * 14; row++) {
      const at = Math.floor(row / 14) * 3 * 40 + (row % 14) * 3
      expect(some.subarray(row * 36, row * 36 + 36)).toEqual(all.subarray(at * 36, at * 36 + 36))
    }
  })

  test('groups are refused', () => {
    const model = convolution('<group = 2>', [1, 64, 8, 8], [64, 32, 3, 3])
    expect(rowsIn(model)).toMatchObject({
      refused: expect.stringMatching(/groups, which have inputs of their own/),
    })
  })
})

test('filters that are learnt lose less than half of what nearest codes lose', async () => {
  const model = modelOf(onnx`<ir_version: 8, opset_import: ["" : 17]>
    net (float[1,8,24,24] x) => (float y)
    <float[32,8,3,3] a = ${normalTensor(1, [32, 8, 3, 3], 0.1)}, float[16,32,3,3] b = ${normalTensor(2, [16, 32, 3, 3], 0.1)}>
    { a1 = Conv<pads = [1, 1, 1, 1]>(x, a) a2 = Relu(a1) y = Conv<pads = [1, 1, 1, 1]>(a2, b) }`)
  const { graph } = model.part('model')
  // Neighbours alike, as in pictures: each number is the mean of those before it and of a new one.
  const picture = (seed: number) => {
    const { x } = feedsFor(graph, { seed })
    const data = Float32Array.from(x?.data ?? [], Number)
    for (let at = 1; at < data.length; at++) data[at] = 0.85 * (data[at - 1] ?? 0) + 0.15 * (data[at] ?? 0)
    return { x: { dtype: 'float32', shape: [1, 8, 24, 24], data } } as const
  }
  const samples = Array.from({ length: 8 }, (_, at) => ({ part: 'model', feeds: picture(at) }))
  const feeds = picture(100)
  const want = await runOnce(runtime, model, feeds, 'model')
  const lost = async (step: ReturnType<typeof gptq> | ReturnType<typeof weightOnly>): Promise<number> => {
    const made = await smash(model, [step], { runtime, samples })
    const got = await runOnce(runtime, made, feeds, 'model')
    return 10 ** (-sqnr(got, want) / 10)
  }
  const nearest = await lost(weightOnly({ convs: true, blockSize: 32, search: 'mse', rounding: 'nearest' }))
  expect(await lost(gptq({ convs: true, blockSize: 32 }))).toBeLessThan(nearest / 2)
})
