import { modelOf, plan, smash, type Model } from '@damson/core'
import { memoryTensor, onnx, weights } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { describeAlgorithm, runOnce, tinyConvNet, tinyEncoder, tinyMlp } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test, vi } from 'vitest'
import { tinySamples } from '../../test/tiny-samples.ts'
import { normalTensor } from '../../test/normal-tensor.ts'
import { decibels, made, sentenceTask } from '../../test/zoo-quality.ts'
import { withoutMatrices } from '../../test/without-matrices.ts'
import { awq } from './awq.ts'
import { weightOnly } from './weight-only.ts'

const w = (seed: number, ...shape: number[]) => normalTensor(seed, shape, 0.1)

/** A norm whose gain is large for a few inputs, as language models have them, and a ReLU between two products. */
const outliers = (): Model => {
  const gain = Float32Array.from({ length: 128 }, (_, k) => (k % 16 === 3 ? 30 : 1))
  return modelOf(onnx`<opset_import: ["" : 17]> g (float[n,128] x) => (float[n,64] y, float[n,64] z)
    <float[128] gain = ${memoryTensor('float32', [128], gain)}, float[128] shift = ${w(1, 128)}, float[128,96] up = ${w(2, 128, 96)},
     float[96] bias = ${w(3, 96)}, float[96,64] down = ${w(4, 96, 64)}, float[128,64] side = ${w(5, 128, 64)}>
    {
      v = LayerNormalization(x, gain, shift)
      [up_matmul] p = MatMul(v, up) q = Add(p, bias) r = Relu(q) [down_matmul] y = MatMul(r, down) [side_matmul] z = MatMul(v, side)
    }`)
}

// Fits on real models take seconds, more where other work shares the cores.
vi.setConfig({ testTimeout: 300_000 })

describeAlgorithm(awq, {
  accepts: { outliers, encoder: tinyEncoder, mlp: tinyMlp, convNet: tinyConvNet },
  refuses: withoutMatrices,
  params: { blockSize: 32 },
  samples: tinySamples,
  expect: { outputs: { sqnr: 12 }, size: 0.96 },
})

const runtime = createRuntime()
afterAll(() => runtime.close())

const exact = { blockSize: 32, accuracyLevel: 1 } as const

test('large inputs are met more exactly than by rounding to nearest', async () => {
  const model = outliers()
  const samples = await tinySamples(model)
  const feeds = feedsFor(model.part('model').graph, { seed: 100, dims: { n: 64 } })
  const want = await runOnce(runtime, model, feeds)
  const judge = async (smashed: Model) => sqnr(await runOnce(runtime, smashed, feeds), want)
  const nearest = await judge(await smash(model, [weightOnly({ ...exact, rounding: 'nearest' })]))
  const scaled = await judge(await smash(model, [awq({ ...exact, clip: false })], { samples, runtime }))
  const both = await judge(await smash(model, [awq(exact)], { samples, runtime }))
  expect(scaled).toBeGreaterThan(nearest + 1)
  expect(both).toBeGreaterThan(scaled)
})

test('one matrix alone: its neighbour is scaled with the norm and stays in floating point, for whoever comes next', async () => {
  const model = outliers()
  const samples = await tinySamples(model)
  const steps = [weightOnly(exact, { include: ['side_matmul'] }), awq(exact, { include: ['up_matmul'] })]
  const planned = plan(model, steps)
  expect(planned.conflicts).toEqual([])
  expect(planned.steps.map(({ id }) => id)).toEqual([
    '@damson/quantizers/awq',
    '@damson/quantizers/weight-only',
  ])
  const alone = await smash(model, steps.slice(1), { samples, runtime })
  const [before, after] = [model, alone].map(
    each => new Map(weights(each.part('model').graph).map(weight => [weight.name, weight])),
  )
  for (const name of ['gain', 'shift', 'side']) {
    expect(after?.get(name)?.tensor.dtype).toBe('float32')
    expect(after?.get(name)?.tensor.key).not.toBe(before?.get(name)?.tensor.key)
  }
  for (const name of ['bias', 'down'])
    expect(after?.get(name)?.tensor.key).toBe(before?.get(name)?.tensor.key)
  const feeds = feedsFor(model.part('model').graph, { seed: 101, dims: { n: 64 } })
  const [got, want] = [await runOnce(runtime, alone, feeds), await runOnce(runtime, model, feeds)]
  const only = (outputs: typeof got) => ({
    z: outputs['z'] ?? { dtype: 'float32', shape: [0], data: new Float32Array() },
  })
  // z reads the scaled norm through the scaled matrix, in float: as it was.
  expect(sqnr(only(got), only(want))).toBeGreaterThan(100)
})

/** Half of the encoder's weights, since all take twice as long. */
const quick = { include: ['n_MatMul_18', 'n_MatMul_33', 'n_MatMul_35', 'n_MatMul_39', 'n_MatMul_42'] }

zooTest('models/use_lite.onnx', 'is closer than rounding to nearest on a sentence encoder', async () => {
  const task = await sentenceTask()
  const block = { blockSize: 32, embeddings: false } as const
  const fine = await decibels(
    task,
    await made(task, awq({ ...block, sampleCount: 24 }, quick), runtime),
    runtime,
  )
  const coarse = await decibels(
    task,
    await smash(task.model, [weightOnly({ ...block, rounding: 'nearest' }, quick)]),
    runtime,
  )
  expect(fine).toBeGreaterThan(coarse + 0.5)
})
