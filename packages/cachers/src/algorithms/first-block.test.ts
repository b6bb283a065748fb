import { smash, type Feeds } from '@damson/core'
import { describeAlgorithm, tinyEncoder, tinyUnet } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test } from 'vitest'
import {
  denoised, denoiserOfModel, feedsAt, furthest, oneThread, runLoop, spy, zooModel,
} from '../../test/denoising.ts' // prettier-ignore
import { promised } from '../../test/all-cachers.ts'
import { keepsSharedPromises } from '../../test/shared-promises.ts'
import { tinyTransformer } from '../../test/tiny-transformer.ts'
import { firstBlock } from './first-block.ts'
import { textKv } from './text-kv.ts'

describeAlgorithm(firstBlock, {
  accepts: { transformer: tinyTransformer },
  refuses: {
    'a text encoder': { model: tinyEncoder, reason: /only a denoiser/ },
    'a U-Net': { model: tinyUnet, reason: /U-Net.*stand apart/ },
  },
  expect: { outputs: { sqnr: 100 } },
  inert: { threshold: 'what it changes lies in the graph, which these calls do not reach' },
})

const runtime = oneThread()
afterAll(() => runtime.close())

keepsSharedPromises(promised.firstBlock, [tinyTransformer])

zooTest(
  'fixtures/sd3-tiny',
  'compared at every step and never below, it changes nothing; without change all is reused',
  async path => {
    const model = await zooModel(path)
    const part = denoiserOfModel(model)
    const session = { session: { graphOptimizationLevel: 'basic' } } as const
    const plain = await runtime.open(model, session)
    const fast = await runtime.open(await smash(model, [firstBlock({ threshold: 1e-9 })]), session)
    const loop = { steps: 3 }
    expect(await runLoop(fast, part, loop)).toEqual(await runLoop(plain, part, loop))
    const still = { steps: 3, drift: 0, still: true } as const
    const controls = { [firstBlock.algorithm.id]: { threshold: 10 } }
    const reused = await runLoop(fast, part, still, { controls })
    expect(furthest(await runLoop(plain, part, still), reused)).toBeLessThan(2e-6)
    await Promise.all([plain.close(), fast.close()])
  },
)

test('says when it ran, by branch, and a generation may set the threshold', async () => {
  const model = tinyTransformer()
  const part = denoiserOfModel(model)
  const seen: Feeds[] = []
  const fast = await smash(model, [firstBlock({ threshold: 10 }), spy(seen)])
  const live = await runtime.open(fast, { session: { graphOptimizationLevel: 'basic' } })
  const loop = { steps: 3 }
  const alone = await runLoop(live, part, loop)
  expect(seen.map(feeds => feeds['first_force'] === undefined)).toEqual([true, false, false])
  // Two branches in turn keep apart what they keep.
  const generation = live.generation()
  for (let step = 0; step < 3; step++) {
    const outputs = await generation.run(part.name, feedsAt(part, loop, step), {
      step,
      branch: 'cond',
    })
    await generation.run(part.name, feedsAt(part, { ...loop, seed: 5 }, step), { step, branch: 'uncond' })
    expect([...(Object.values(outputs)[0]?.data ?? [])].map(Number)).toEqual(alone[step])
  }
  await generation.close()
  const { id } = firstBlock.algorithm
  const controls = { [id]: { threshold: 0 } }
  expect(await runLoop(live, part, loop, { controls })).toEqual(await denoised(runtime, model, [], loop))
  await live.close()
})

test('textKv goes first and changes nothing', async () => {
  const model = tinyTransformer()
  const alone = await denoised(runtime, model, [firstBlock({ threshold: 10 })], { steps: 3 })
  for (const steps of [
    [firstBlock({ threshold: 10 }), textKv()],
    [textKv(), firstBlock({ threshold: 10 })],
  ])
    expect(await denoised(runtime, model, steps, { steps: 3 })).toEqual(alone)
})
