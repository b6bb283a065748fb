import { modelOf, smash, type Step } from '@damson/core'
import { memoryTensor, onnx } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { describeAlgorithm, runOnce, seededNormal, tinyConvNet, tinyEncoder, tinyMlp } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { hqq } from './hqq.ts'
import { weightOnly } from './weight-only.ts'

describeAlgorithm(hqq, {
  accepts: { encoder: tinyEncoder, mlp: tinyMlp, convNet: tinyConvNet },
  refuses: {
    'a graph without matrices': {
      model: () => modelOf(onnx`(float[n,4] x) => (float[n,4] y) { y = Relu(x) }`),
      reason: /no constant matrix/,
    },
  },
  expect: { outputs: { sqnr: 12 }, size: 0.96 },
})

describe('quality', () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())
  // Normal weights with one outlier in 500, ten times as large.
  const numbers = seededNormal(3, 256 * 64).map((v, i) => (i % 500 === 0 ? 10 * v : v))
  const model = modelOf(onnx`
    <opset_import: ["" : 17]>
    g (float[n,256] x) => (float[n,64] y) <float[256,64] w = ${memoryTensor('float32', [256, 64], numbers)}> { y = MatMul(x, w) }`)
  const feeds = feedsFor(model.part('model').graph, { seed: 1, dims: { n: 32 } })
  const qualityOf = async (step: Step): Promise<number> =>
    sqnr(await runOnce(runtime, await smash(model, [step]), feeds), await runOnce(runtime, model, feeds))

  test.each([32, 64] as const)('is better than round to nearest at 4 bits, block %d', async blockSize => {
    const nearest = await qualityOf(weightOnly({ blockSize, accuracyLevel: 1 }))
    expect(await qualityOf(hqq({ blockSize, accuracyLevel: 1 }))).toBeGreaterThan(nearest + 0.2)
    expect(await qualityOf(hqq({ blockSize, accuracyLevel: 1, zeroPoint: 'float' }))).toBeGreaterThan(
      nearest + 0.2,
    )
  })

  test('float zero points are float tensors that ONNX Runtime reads', async () => {
    const graph = (await smash(model, [hqq({ zeroPoint: 'float' })])).part('model').graph
    expect(graph.initializers.get('w_zero_points')?.tensor.dtype).toBe('float32')
    expect(graph.initializers.get('w_zero_points')?.tensor.shape).toEqual([64, 4])
  })
})
