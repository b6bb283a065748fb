import { modelOf, smash, type Step } from '@damson/core'
import { memoryTensor, onnx } from '@damson/graph'
import { quantizeByBook } from '@damson/numerics'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { describeAlgorithm, runOnce, seededNormal, tinyConvNet, tinyEncoder, tinyMlp } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { bnb4 } from './bnb4.ts'
import { weightOnly } from './weight-only.ts'

describeAlgorithm(bnb4, {
  accepts: { encoder: tinyEncoder, mlp: tinyMlp, convNet: tinyConvNet },
  refuses: {
    'a graph without matrices': {
      model: () => modelOf(onnx`(float[n,4] x) => (float[n,4] y) { y = Relu(x) }`),
      reason: /no constant matrix/,
    },
  },
  expect: { outputs: { sqnr: 10 }, size: 0.98 },
})

describe('codes and quality', () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())
  // K = 100 is no multiple of the block: blocks run on into the next row, as in ONNX Runtime's quantizer.
  const [K, N] = [100, 96]
  const columns = seededNormal(3, K * N)
  const rows = columns.map((_, i) => columns[(i % K) * N + Math.floor(i / K)] ?? 0)
  const model = modelOf(onnx`
    <opset_import: ["" : 17]>
    g (float[n,100] x) => (float[n,96] y, float[n,96] z)
    <float[100,96] w = ${memoryTensor('float32', [K, N], columns)}, float[96,100] v = ${memoryTensor('float32', [N, K], rows)}, float[96] c = ${memoryTensor('float32', [N], seededNormal(4, N))}>
    { y = MatMul(x, w)  z = Gemm<transB = 1, alpha = 0.5>(x, v, c) }`)
  const qualityOf = async (step: Step): Promise<number> => {
    const feeds = feedsFor(model.part('model').graph, { seed: 1, dims: { n: 16 } })
    return sqnr(
      await runOnce(runtime, await smash(model, [step]), feeds),
      await runOnce(runtime, model, feeds),
    )
  }

  test.each(['nf4', 'fp4'] as const)('%s: both ways to lie give the codes of the rows', async type => {
    const { graph } = (await smash(model, [bnb4({ type })])).part('model')
    const expected = quantizeByBook(rows, 64, type)
    for (const name of ['w', 'v']) {
      expect(await graph.initializers.get(`${name}_Bnb4`)?.tensor.read()).toEqual(expected.packed)
      const absmax = await graph.initializers.get(`${name}_absmax`)?.tensor.read()
      expect(absmax).toEqual(new Uint8Array(expected.absmax.buffer))
    }
  })

  test('NF4 is better than round to nearest in symmetric blocks of the same size, and better than FP4', async () => {
    const nf4 = await qualityOf(bnb4())
    expect(nf4).toBeGreaterThan(
      await qualityOf(weightOnly({ blockSize: 64, symmetric: true, accuracyLevel: 1 })),
    )
    expect(nf4).toBeGreaterThan((await qualityOf(bnb4({ type: 'fp4' }))) + 0.5)
  })
})
