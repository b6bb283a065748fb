import { smash, type Feeds } from '@damson/core'
import { describeAlgorithm, tinyEncoder, tinyUnet } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import {
  denoised, denoiserOfModel, feedsAt, furthest, oneThread, runLoop, spy, transformers, zooModel,
} from '../../test/denoising.ts' // prettier-ignore
import { firstBlock } from './first-block.ts'
import { textKv } from './text-kv.ts'

describeAlgorithm(firstBlock, {
  accepts: { 'sd3-tiny': () => zooModel('fixtures/sd3-tiny') },
  refuses: {
    'a text encoder': { model: tinyEncoder, reason: /only a denoiser/ },
    'a U-Net': { model: tinyUnet, reason: /U-Net.*stand apart/ },
  },
  expect: { outputs: { sqnr: 100 } },
  inert: { threshold: 'what it changes lies in the graph, which these calls do not reach' },
})

const runtime = oneThread()
afterAll(() => runtime.close())

for (const path of transformers) {
  zooTest(
    path,
    'at 0 it is the model to the bit; a large threshold reuses all but the first step',
    async () => {
      const model = await zooModel(path)
      const loop = { steps: 3, drift: 0.05 }
      const plain = await denoised(runtime, model, [], loop)
      expect(await denoised(runtime, model, [firstBlock({ threshold: 0 })], loop)).toEqual(plain)
      // Compared at every step and never below: all of the graph runs.
      expect(await denoised(runtime, model, [firstBlock({ threshold: 1e-9 })], loop)).toEqual(plain)
      const reused = await denoised(runtime, model, [firstBlock({ threshold: 10 })], loop)
      expect(reused[0]).toEqual(plain[0])
      expect(furthest(plain, reused)).toBeGreaterThan(1e-5)
      // The same latents at the same time change nothing, so what is reused is what would be computed.
      const still = { ...loop, drift: 0, still: true } as const
      expect(furthest(await denoised(runtime, model, [], still), await denoised(runtime, model, [firstBlock({ threshold: 10 })], still))).toBeLessThan(2e-6) // prettier-ignore
    },
  )
}

zooTest(
  'fixtures/sd3-tiny',
  'says when it ran, by branch, and a generation may set the threshold',
  async () => {
    const model = await zooModel('fixtures/sd3-tiny')
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
  },
)

zooTest('fixtures/sd3-tiny', 'rows of a batch are what they are alone, and textKv goes first', async () => {
  const model = await zooModel('fixtures/sd3-tiny')
  const loop = { steps: 3, rows: 2 }
  const step = firstBlock({ threshold: 10 })
  const alone = await denoised(runtime, model, [step], loop)
  expect(await denoised(runtime, model, [step, textKv()], loop)).toEqual(alone)
  for (const row of [0, 1]) {
    const member = await denoised(runtime, model, [step], { ...loop, row })
    const size = (alone[0]?.length ?? 0) / 2
    expect(furthest(member, alone.map(numbers => numbers.slice(row * size, (row + 1) * size)))).toBeLessThan(1e-5) // prettier-ignore
  }
})
