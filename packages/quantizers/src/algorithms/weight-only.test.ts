import { describeAlgorithm, runOnce, tinyConvNet, tinyEncoder, tinyMlp } from '@damson/testing'
import { modelOf, plan, smash, type Model } from '@damson/core'
import { graphToBytes, memoryTensor, onnx, weights } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { readModel } from '../../test/read-model.ts'
import { withoutMatrices } from '../../test/without-matrices.ts'
import { weightOnly } from './weight-only.ts'

describeAlgorithm(weightOnly, {
  accepts: { encoder: tinyEncoder, mlp: tinyMlp, convNet: tinyConvNet },
  refuses: withoutMatrices,
  expect: { outputs: { sqnr: 12 }, size: 0.96 },
})

const runtime = createRuntime()
afterAll(() => runtime.close())

const bytesOf = async (model: Model): Promise<number> =>
  (await graphToBytes(model.part('model').graph)).length

/** Each coded weight of a model: bytes before, and of what came of it. */
function bytesByWeight(
  before: Model,
  after: Model,
): readonly { readonly before: number; readonly after: number }[] {
  const made = weights(after.part('model').graph)
  return weights(before.part('model').graph).map(({ name, tensor }) => {
    const parts = made.filter(({ origins }) => origins.includes(name))
    return { before: tensor.byteLength, after: parts.reduce((sum, part) => sum + part.tensor.byteLength, 0) }
  })
}

describe('numbers', () => {
  zooTest('models/use_lite.onnx', '4 bits, embeddings and all, take 4.75 MB at most', async file => {
    const model = await readModel(file)
    const coded = await smash(model, [weightOnly()])
    expect(await bytesOf(coded)).toBeLessThanOrEqual(4.75e6)
    for (const { before, after } of bytesByWeight(model, coded)) expect(after).toBeLessThanOrEqual(before)
  })

  // Convolutions, tables and products in 8 bits, fp32 arithmetic.
  for (const path of [
    'emoji/emoji-unet/text_encoder/model.onnx',
    'models/ddpm_fashion_28.onnx',
    'models/esrgan_rdn_x2_slim.onnx',
  ]) {
    zooTest(path, '8 bits in fp32 arithmetic lose less than 1 % of the output (40 dB)', async file => {
      const model = await readModel(file)
      const coded = await smash(model, [weightOnly({ bits: 8, accuracyLevel: 1, convs: true })])
      const feeds = feedsFor(model.part('model').graph, { seed: 3 })
      const want = await runOnce(runtime, model, feeds, 'model')
      expect(sqnr(await runOnce(runtime, coded, feeds, 'model'), want)).toBeGreaterThanOrEqual(40)
      for (const { before, after } of bytesByWeight(model, coded)) expect(after).toBeLessThanOrEqual(before)
    })
  }
})

describe('targets', () => {
  const numbers = Float32Array.from({ length: 64 * 64 }, (_, at) => Math.sin(at))
  const model = modelOf(onnx`
    <opset_import: ["" : 17]> g (float[n,64] x) => (float[n,64] y)
    <float[64,64] w = ${memoryTensor('float32', [64, 64], numbers)}> { y = MatMul(x, w) }`)
  const product = async (target: 'cpu' | 'wasm' | 'webgpu', params = {}) => {
    const coded = await smash(model, [weightOnly(params)], { target })
    return coded.part('model').graph.nodes.find(({ op }) => op === 'MatMulNBits')
  }

  test('webgpu gets blocks without zero points, cpu int8 activations, wasm neither', async () => {
    expect((await product('webgpu'))?.inputs).toHaveLength(3)
    expect((await product('wasm'))?.inputs).toHaveLength(4)
    expect((await product('cpu'))?.attributes.get('accuracy_level')).toEqual({ type: 'int', value: 4n })
    expect((await product('wasm'))?.attributes.has('accuracy_level')).toBe(false)
    expect((await product('webgpu', { symmetric: false }))?.inputs).toHaveLength(4)
  })

  test('what DequantizeLinear cannot say, or a target reads wrongly, is refused', () => {
    const reason = (params: object, target: 'cpu' | 'webgpu' = 'cpu') =>
      plan(model, [weightOnly({ format: 'qdq', ...params })], { target }).conflicts[0]?.message
    expect(reason({ bits: 2 })).toMatch(/opset 25/)
    expect(reason({ accuracyLevel: 1 })).toMatch(/accuracyLevel belongs to MatMulNBits/)
    expect(reason({ symmetric: false }, 'webgpu')).toMatch(/reads blocked zero points .* wrongly/)
    expect(reason({}, 'webgpu')).toBeUndefined()
  })
})
