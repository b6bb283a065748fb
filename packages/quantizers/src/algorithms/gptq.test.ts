import { modelOf, smash, type Model, type Runtime } from '@damson/core'
import { memoryTensor, onnx, walk } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { describeAlgorithm, seededNormal, tinyConvNet, tinyEncoder, tinyMlp } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { tinySamples } from '../../test/tiny-samples.ts'
import { decibels, made, natsLost, sentenceTask, storyTask } from '../../test/zoo-quality.ts'
import { withoutMatrices } from '../../test/without-matrices.ts'
import { gptq } from './gptq.ts'
import { weightOnly } from './weight-only.ts'

// Fits on real models take seconds, more where other work shares the cores.
vi.setConfig({ testTimeout: 300_000 })

describeAlgorithm(gptq, {
  accepts: { encoder: tinyEncoder, mlp: tinyMlp, convNet: tinyConvNet },
  refuses: withoutMatrices,
  params: { blockSize: 32 },
  samples: tinySamples,
  expect: { outputs: { sqnr: 12 }, size: 0.96 },
})

const runtime = createRuntime()
afterAll(() => runtime.close())

/** Runs as the runtime does, and notes how many values statistics are asked of, pass by pass. */
function watched(passes: number[]): Runtime {
  return {
    ...runtime,
    statistics(graph, requests, samples, options) {
      passes.push(requests.length)
      return runtime.statistics(graph, requests, samples, options)
    },
  }
}

const w = (seed: number) => memoryTensor('float32', [64, 64], seededNormal(seed, 64 * 64, 0.125))
/** Query, key and value read one value; then a product in each branch of an If, of a value made there. */
const branched = (): Model =>
  modelOf(onnx`<opset_import: ["" : 17]> g (bool go, float[n,64] x) => (float[n,64] y)
    <float[64,64] q = ${w(1)}, float[64,64] k = ${w(2)}, float[64,64] v = ${w(3)}, float[64,64] a = ${w(4)}, float[64,64] b = ${w(5)}>
    {
      r = Relu(x) qr = MatMul(r, q) kr = MatMul(r, k) vr = MatMul(r, v) s = Add(qr, kr) t = Add(s, vr)
      y = If (go) <
        then_branch = yes () => (float[n,64] p) { tt = Tanh(t) p = MatMul(tt, a) },
        else_branch = no () => (float[n,64] p2) { e = Sigmoid(t) p2 = MatMul(e, b) }
      >
    }`)

describe('the fit', () => {
  const run = async (params: Parameters<typeof gptq>[0]) => {
    const passes: number[] = []
    const warnings: string[] = []
    const model = branched()
    const samples = (await tinySamples(model)).map((sample, at) => ({
      ...sample,
      feeds: { ...sample.feeds, go: { dtype: 'bool', shape: [], data: Uint8Array.of(at % 2) } as const },
    }))
    const smashed = await smash(model, [gptq({ blockSize: 32, ...params })], {
      samples,
      runtime: watched(passes),
      onEvent: event => {
        if (event.type === 'warning') warnings.push(event.message)
      },
    })
    return { passes, warnings, smashed }
  }

  test('goes through shared inputs and branches of an If, one XᵀX at a time', async () => {
    const { passes, warnings, smashed } = await run({})
    expect(passes).toEqual([1, 1, 1])
    expect(warnings).toEqual([])
    const nodes = [...walk(smashed.part('model').graph)].map(({ node }) => node)
    const products = nodes.filter(({ op }) => op === 'MatMulNBits')
    expect(products).toHaveLength(5)
    // Never a g_idx, which would be the fifth input: blocks keep their columns.
    expect(products.every(({ inputs }) => inputs.length <= 4)).toBe(true)
  })

  test('takes fewer passes where `memory` has room, and rounds to nearest what does not fit', async () => {
    expect((await run({ memory: { value: 1e6, unit: 'bytes' } })).passes).toEqual([3])
    const { passes, warnings, smashed } = await run({ memory: { value: 1000, unit: 'bytes' } })
    expect(passes).toEqual([])
    expect(warnings.join()).toMatch(
      /rounded to nearest without samples, 5 weights .*more than `memory` allows/,
    )
    const nearest = (await smash(branched(), [weightOnly({ blockSize: 32, search: 'mse' })])).part(
      'model',
    ).graph
    const codesOf = (graph: typeof nearest) => graph.initializers.get('q_Q4')?.tensor.read()
    expect(await codesOf(smashed.part('model').graph)).toEqual(await codesOf(nearest))
  })
})

const block = { blockSize: 32, embeddings: false } as const

zooTest('models/use_lite.onnx', 'beats the corrected reference on a sentence encoder', async () => {
  const task = await sentenceTask()
  const fine = await decibels(task, await made(task, gptq({ ...block, sampleCount: 24 }), runtime), runtime)
  // The reference with its indices put right: 13.8 dB.
  expect(fine).toBeGreaterThan(13.8)
})

zooTest(
  'models/stories260K.onnx',
  'loses little at 4 bits, and at 2 less than half of what rounding loses',
  async () => {
    const task = await storyTask(runtime)
    const lost = async (step: ReturnType<typeof gptq>) =>
      natsLost(task, await made(task, step, runtime), runtime)
    // Perplexity at most 2.64 where fp32 has 2.457.
    expect(await lost(gptq(block))).toBeLessThan(Math.log(2.64 / 2.457))
    const [second, nearest] = [
      await lost(gptq({ ...block, bits: 2 })),
      await lost(weightOnly({ ...block, bits: 2 })),
    ]
    expect(second).toBeLessThan(nearest / 2)
  },
)
