import { smash } from '@damson/core'
import { describeAlgorithm, tinyEncoder, tinyUnet } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect } from 'vitest'
import { denoiserOfModel, oneThread, runLoop, zooModel } from '../../test/denoising.ts'
import { promised } from '../../test/all-cachers.ts'
import { keepsSharedPromises } from '../../test/shared-promises.ts'
import { tinyTransformer } from '../../test/tiny-transformer.ts'
import { fora } from './fora.ts'

describeAlgorithm(fora, {
  accepts: { transformer: tinyTransformer },
  refuses: {
    'a text encoder': { model: tinyEncoder, reason: /only a denoiser/ },
    'a U-Net without attention': { model: tinyUnet, reason: /no transformer blocks/ },
  },
  expect: { outputs: { sqnr: 100 } },
  inert: { steps: 'its other values name steps of which the single run of this check is none' },
})

describe('whole stacks', () => {
  keepsSharedPromises(promised.fora, ['fixtures/flux-tiny'])
})
describe('attentions', () => {
  keepsSharedPromises(promised.foraAttention, [tinyTransformer])
})
describe('feed-forwards', () => {
  keepsSharedPromises(promised.foraMlp, [tinyTransformer])
})

const runtime = oneThread()
afterAll(() => runtime.close())

zooTest(
  'fixtures/flux-tiny',
  'every branch of a scope is cached once, and all gates share one input',
  async () => {
    const model = await zooModel('fixtures/flux-tiny')
    const counts = async (scope: 'block' | 'attention' | 'mlp'): Promise<readonly number[]> => {
      const { ports } = await smash(model, [fora({ scope })])
      const outputs = ports.filter(({ neutral }) => neutral?.dtype === 'float32')
      return [ports.filter(({ role }) => role.endsWith(':run')).length, outputs.length]
    }
    // Two double blocks of two streams, two single ones: the ends of three streams; 2·2 + 2 attentions; 2·2 feed-forwards.
    expect(await counts('block')).toEqual([1, 3])
    expect(await counts('attention')).toEqual([1, 6])
    expect(await counts('mlp')).toEqual([1, 4])
  },
)

zooTest(
  'fixtures/flux-tiny',
  'interval and start say which steps are full, and a generation may say others',
  async () => {
    const model = await zooModel('fixtures/flux-tiny')
    const part = denoiserOfModel(model)
    const loop = { steps: 6 }
    const [plain, fast] = [
      await runtime.open(model),
      await runtime.open(await smash(model, [fora({ interval: 3 })])),
    ]
    const full = await runLoop(plain, part, loop)
    const near = (rows: typeof full): readonly boolean[] =>
      full.map((row, step) => row.every((x, i) => Math.abs(x - (rows[step]?.[i] ?? NaN)) < 1e-4))
    expect(near(await runLoop(fast, part, loop))).toEqual([true, true, true, false, false, true])
    const controls = { [fora.algorithm.id]: { interval: 2, start: 1 } }
    const other = await runLoop(fast, part, loop, { controls })
    expect(near(other)).toEqual([true, true, false, true, false, true])
    const steps = { controls: { [fora.algorithm.id]: { steps: { 1: 'reuse', 3: 'reuse' } } } }
    expect(near(await runLoop(fast, part, loop, steps))).toEqual([true, false, true, false, true, true])
    await Promise.all([plain.close(), fast.close()])
  },
)
