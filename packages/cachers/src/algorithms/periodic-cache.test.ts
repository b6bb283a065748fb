import { plan, smash, type Feeds, type Live, type Step } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { describeAlgorithm, seededNormal, tinyEncoder, tinyUnet } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { denoised, oneThread, spy } from '../../test/denoising.ts'
import { tinyTransformer } from '../../test/tiny-transformer.ts'
import { deepCache } from './deep-cache.ts'
import { periodicCache } from './periodic-cache.ts'
import { textKv } from './text-kv.ts'

describeAlgorithm(periodicCache, {
  accepts: { unet: tinyUnet },
  refuses: { 'a text encoder': { model: tinyEncoder, reason: /only a denoiser/ } },
  expect: { outputs: 'equal', size: 1 },
  inert: { steps: 'its other values name steps that the calls of this check reach in full anyway' },
})

const runtime = createRuntime()
afterAll(() => runtime.close())

/** A plain denoising loop over the tiny U-Net: which steps moved the prediction, and the final sample. */
async function denoise(
  steps: readonly Step[],
  controls: Parameters<Live['generation']>[0] = {},
): Promise<{ runs: number; sample: Float32Array }> {
  const live = await runtime.open(await smash(tinyUnet(), steps))
  const generation = live.generation({ steps: 20, ...controls })
  let sample = seededNormal(5, 256)
  let last: unknown
  let runs = 0
  for (let step = 0; step < 20; step++) {
    const feeds = {
      sample: { dtype: 'float32' as const, shape: [1, 4, 8, 8], data: sample },
      timestep: { dtype: 'int64' as const, shape: [1], data: BigInt64Array.of(BigInt(1000 - 50 * step)) },
    }
    const { out_sample } = await generation.run('model', feeds, { step, branch: 'cond' })
    if (out_sample !== last) runs++
    last = out_sample
    sample = sample.map((x, at) => x - 0.05 * Number(out_sample?.data[at]))
  }
  await generation.close()
  await live.close()
  return { runs, sample }
}

test('a loop of 20 steps runs the network as often as the schedule says', async () => {
  const full = await denoise([])
  const never = await denoise([periodicCache({ interval: 1 })])
  const third = await denoise([periodicCache({ interval: 3, start: 2 })])
  expect(full.runs).toBe(20)
  expect(never.runs).toBe(20)
  // Steps 0 and 1, then 2, 5, 8, 11, 14, 17.
  expect(third.runs).toBe(8)
  expect(never.sample).toEqual(full.sample)
  expect(third.sample).not.toEqual(full.sample)
})

test('a generation may override the interval, and the next one starts anew', async () => {
  const id = periodicCache.algorithm.id
  const overridden = await denoise([periodicCache({ interval: 3, start: 0 })], {
    controls: { [id]: { interval: 5 } },
  })
  expect(overridden.runs).toBe(4)
  expect((await denoise([periodicCache({ interval: 3, start: 0 })])).runs).toBe(7)
})

test('two branches of guidance are cached apart', async () => {
  const model = await smash(tinyUnet(), [periodicCache({ interval: 2, start: 0 })])
  const live = await runtime.open(model)
  const generation = live.generation({ steps: 2 })
  const feeds = (seed: number): Feeds => ({
    sample: { dtype: 'float32', shape: [1, 4, 8, 8], data: seededNormal(seed, 256) },
    timestep: { dtype: 'int64', shape: [1], data: BigInt64Array.of(7n) },
  })
  const cond = await generation.run('model', feeds(1), { step: 0, branch: 'cond' })
  const uncond = await generation.run('model', feeds(2), { step: 0, branch: 'uncond' })
  expect(await generation.run('model', feeds(3), { step: 1, branch: 'cond' })).toEqual(cond)
  expect(await generation.run('model', feeds(4), { step: 1, branch: 'uncond' })).toEqual(uncond)
  expect(cond).not.toEqual(uncond)
  await live.close()
})

test('a schedule by hand stands in place of interval and start', async () => {
  const steps = { 1: 'reuse', 2: 'reuse', 19: 'forecast' } as const
  expect((await denoise([periodicCache({ steps })])).runs).toBe(17)
})

test('another cacher of the same nodes is a conflict', () => {
  for (const steps of [
    [periodicCache(), deepCache()],
    [deepCache(), periodicCache()],
    [periodicCache(), periodicCache()],
  ])
    // prettier-ignore
    expect(plan(tinyUnet(), steps, { sizes: false }).conflicts).not.toEqual([])
})

test('textKv goes first, and a new prompt is not taken from an old output', async () => {
  const model = tinyTransformer()
  const one = oneThread()
  const periodic = periodicCache({ steps: { 1: 'reuse', 3: 'reuse' } })
  const loop = { steps: 6, newPromptAt: 3 }
  const alone = await denoised(one, model, [periodic], loop)
  for (const steps of [
    [periodic, textKv()],
    [textKv(), periodic],
  ]) {
    const seen: Feeds[] = []
    expect(await denoised(one, model, [...steps, spy(seen)], loop)).toEqual(alone)
    // Steps 0, 2, 4 and 5 run. The new prompt comes at step 3, which answers with an old output, and is computed at 4.
    expect(seen.map(feeds => feeds['constant_run'] === undefined)).toEqual([true, false, true, false])
  }
  await one.close()
})
