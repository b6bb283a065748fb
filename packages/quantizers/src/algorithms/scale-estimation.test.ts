import { smash } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { describeAlgorithm, tinyConvNet, tinyEncoder, tinyMlp } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, vi } from 'vitest'
import { tinySamples } from '../../test/tiny-samples.ts'
import { decibels, made, sentenceTask } from '../../test/zoo-quality.ts'
import { withoutMatrices } from '../../test/without-matrices.ts'
import { scaleEstimation } from './scale-estimation.ts'
import { weightOnly } from './weight-only.ts'

// Fits on real models take seconds, more where other work shares the cores.
vi.setConfig({ testTimeout: 300_000 })

describeAlgorithm(scaleEstimation, {
  accepts: { encoder: tinyEncoder, mlp: tinyMlp, convNet: tinyConvNet },
  refuses: withoutMatrices,
  samples: tinySamples,
  expect: { outputs: { sqnr: 12 }, size: 0.96 },
})

const runtime = createRuntime()
afterAll(() => runtime.close())

/** Half of the encoder's weights, since all take twice as long. */
const quick = { include: ['n_MatMul_18', 'n_MatMul_33', 'n_MatMul_35', 'n_MatMul_39', 'n_MatMul_42'] }

zooTest('models/use_lite.onnx', 'is closer than rounding to nearest, in as many bytes', async () => {
  const task = await sentenceTask()
  const block = { blockSize: 32, embeddings: false } as const
  const estimated = await made(task, scaleEstimation({ ...block, sampleCount: 24 }, quick), runtime)
  const nearest = await smash(task.model, [weightOnly({ ...block, rounding: 'nearest' }, quick)])
  const sizesOf = (model: typeof nearest) =>
    [...model.part('model').graph.initializers].map(([name, { tensor }]) => [name, tensor.byteLength])
  expect(sizesOf(estimated)).toEqual(sizesOf(nearest))
  const [fine, coarse] = [await decibels(task, estimated, runtime), await decibels(task, nearest, runtime)]
  expect(fine).toBeGreaterThan(coarse + 0.5)
})
