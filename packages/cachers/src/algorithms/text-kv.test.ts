import { plan, smash, type Feeds } from '@damson/core'
import { describeAlgorithm, tinyEncoder, tinyUnet } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test } from 'vitest'
import {
  denoised,
  feedsAt,
  denoiserOfModel,
  furthest,
  oneThread,
  spy,
  zooModel,
} from '../../test/denoising.ts'
import { fora } from './fora.ts'
import { tinyTransformer } from '../../test/tiny-transformer.ts'
import { textKv } from './text-kv.ts'

describeAlgorithm(textKv, {
  accepts: { transformer: tinyTransformer },
  refuses: {
    'a text encoder': { model: tinyEncoder, reason: /only a denoiser/ },
    'a denoiser without text': { model: tinyUnet, reason: /only inputs that change/ },
  },
  // ONNX Runtime fuses a scale into a product where no If stands between: the last bit differs at level all.
  expect: { outputs: { sqnr: 100 } },
})

const runtime = oneThread()
afterAll(() => runtime.close())

for (const path of ['fixtures/sd15-tiny-dynamo', 'fixtures/flux-tiny'] as const) {
  zooTest(path, 'is exact at every step, and computes the text once a prompt', async () => {
    const model = await zooModel(path)
    const loop = { steps: 3, newPromptAt: 2 }
    const seen: Feeds[] = []
    const plain = await denoised(runtime, model, [], loop)
    expect(await denoised(runtime, model, [textKv(), spy(seen)], loop)).toEqual(plain)
    expect(seen.map(feeds => feeds['constant_run'] === undefined)).toEqual([true, false, true])
    // At level all an If changes what ONNX Runtime fuses; one model shows how far.
    if (path !== 'fixtures/sd15-tiny-dynamo') return
    const all = await denoised(runtime, model, [], loop, 'all')
    expect(furthest(all, await denoised(runtime, model, [textKv()], loop, 'all'))).toBeLessThan(1e-5)
  })
}

test('goes before a cacher of the network, which stays what it was alone', async () => {
  const model = tinyTransformer()
  const loop = { steps: 4 }
  const deep = fora({ interval: 2, start: 0 })
  const alone = await denoised(runtime, model, [deep], loop)
  for (const steps of [
    [textKv(), deep],
    [deep, textKv()],
  ]) {
    expect(plan(model, steps, { sizes: false }).conflicts).toEqual([])
    const seen: Feeds[] = []
    expect(await denoised(runtime, model, [...steps, spy(seen)], loop)).toEqual(alone)
    expect(seen.map(feeds => feeds['constant_run'] === undefined)).toEqual([true, false, false, false])
    expect(seen.map(feeds => feeds['deep_run'] === undefined)).toEqual([true, false, true, false])
  }
  expect(plan(model, [textKv(), textKv()], { sizes: false }).conflicts).not.toEqual([])
})

zooTest('fixtures/sd15-tiny-dynamo', 'keeps branches, batches and sizes apart', async () => {
  const model = await zooModel('fixtures/sd15-tiny-dynamo')
  const part = denoiserOfModel(model)
  const plain = await runtime.open(model, { session: { graphOptimizationLevel: 'basic' } })
  const cached = await runtime.open(await smash(model, [textKv()]), {
    session: { graphOptimizationLevel: 'basic' },
  })
  const generation = cached.generation()
  for (const step of [0, 1, 2]) {
    for (const [branch, seed, rows, width] of [
      ['cond', 1, 1, 16],
      ['uncond', 2, 2, step === 2 ? 24 : 16],
    ] as const) {
      const feeds = feedsAt(part, { steps: 3, seed, rows, width }, step)
      expect(await generation.run(part.name, feeds, { step, branch })).toEqual(
        await plain.run(part.name, feeds),
      )
    }
  }
  await generation.close()
})
