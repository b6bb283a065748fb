import { modelOf, smash, type Step } from '@damson/core'
import { memoryTensor, onnx } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { describeAlgorithm, runOnce, seededNormal, tinyConvNet, tinyEncoder, tinyMlp } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { withoutMatrices } from '../../test/without-matrices.ts'
import { hqq } from './hqq.ts'
import { weightOnly } from './weight-only.ts'

/** y = x w with [256, 64] weights. */
const productWith = (numbers: Float32Array) =>
  modelOf(onnx`
    <opset_import: ["" : 17]>
    g (float[n,256] x) => (float[n,64] y) <float[256,64] w = ${memoryTensor('float32', [256, 64], numbers)}> { y = MatMul(x, w) }`)
const normal = seededNormal(3, 256 * 64)

describeAlgorithm(hqq, {
  // The norm shows only where errors are above 0.17: in weights of this size.
  accepts: {
    encoder: tinyEncoder,
    mlp: tinyMlp,
    convNet: tinyConvNet,
    large: () => productWith(normal.map(v => 8 * v)),
  },
  refuses: withoutMatrices,
  expect: { outputs: { sqnr: 12 }, size: 0.96 },
})

describe('quality', () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())
  // One outlier in 500, ten times as large.
  const outliers = normal.map((v, i) => (i % 500 === 0 ? 10 * v : v))
  const qualityOf = async (numbers: Float32Array, step: Step): Promise<number> => {
    const model = productWith(numbers)
    const feeds = feedsFor(model.part('model').graph, { seed: 1, dims: { n: 32 } })
    const found = await runOnce(runtime, await smash(model, [step]), feeds)
    return sqnr(found, await runOnce(runtime, model, feeds))
  }

  test.each([32, 64] as const)('is better than round to nearest at 4 bits, block %d', async blockSize => {
    const same = { blockSize, accuracyLevel: 1 }
    for (const numbers of [normal, outliers]) {
      const nearest = await qualityOf(numbers, weightOnly(same))
      expect(await qualityOf(numbers, hqq(same))).toBeGreaterThan(nearest + 0.2)
    }
    const float = await qualityOf(normal, hqq({ ...same, zeroPoint: 'float' }))
    expect(float).toBeGreaterThan(await qualityOf(normal, weightOnly(same)))
  })

  test('float zero points are decoded where no operator reads them', async () => {
    const model = tinyConvNet()
    const feeds = feedsFor(model.part('model').graph, { seed: 1 })
    const steps = [hqq({ zeroPoint: 'float', convs: true, bits: 4 })]
    const found = await runOnce(runtime, await smash(model, steps), feeds)
    expect(sqnr(found, await runOnce(runtime, model, feeds))).toBeGreaterThan(10)
  })

  test('float zero points at 8 bits, which no kernel reads, are refused', async () => {
    const step = hqq({ zeroPoint: 'float', bits: 8 })
    await expect(smash(productWith(normal), [step])).rejects.toThrow(/take integer ones/)
  })

  test('float zero points are float tensors that ONNX Runtime reads', async () => {
    const graph = (await smash(productWith(normal), [hqq({ zeroPoint: 'float' })])).part('model').graph
    expect(graph.initializers.get('w_zero_points')?.tensor.dtype).toBe('float32')
    expect(graph.initializers.get('w_zero_points')?.tensor.shape).toEqual([64, 4])
  })
})
