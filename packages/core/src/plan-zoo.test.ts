// Planning on real exports: the emoji model, and U-Nets of both exporters with up to 3,000 nodes.
import { zooTest } from '@damson/zoo/vitest'
import { expect } from 'vitest'
import { awq, cacher, fuse, gptq, half, hqq, periodic, weightOnly } from '../test/fake-algorithms.ts'
import { load, plan, smash, type Model } from './index.ts'

/** Median of a few runs. */
function milliseconds(run: () => void, times = 3): number {
  const taken = Array.from({ length: times }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  })
  return taken.sort((a, b) => a - b)[Math.floor(times / 2)] ?? 0
}

zooTest(
  'emoji/emoji-unet',
  'two quantizers on one part conflict, on two or on disjoint globs they compose',
  async folder => {
    const model = await load(folder)
    const { conflicts } = plan(model, [hqq({}, { parts: ['unet'] }), weightOnly({}, { parts: ['unet'] })])
    expect(conflicts).toMatchObject([
      {
        code: 'conflict',
        steps: ['@test/quantizers/hqq', '@test/quantizers/weight-only'],
        part: 'unet',
        fact: 'weight:float32',
      },
    ])
    expect(conflicts[0]?.nodes.length).toBeGreaterThan(2)
    expect(conflicts[0]?.suggestion?.text).toMatch(/^hqq@unet#\/m\/\w+\*, /)
    expect(plan(model, conflicts[0]?.suggestion?.steps ?? []).conflicts).toEqual([])

    const onTwo = plan(model, [hqq({}, { parts: ['unet'] }), weightOnly({}, { parts: ['text_encoder'] })])
    expect(onTwo.conflicts).toEqual([])
    const globs = [
      hqq({}, { parts: ['unet'], include: ['/m/down_blocks*'] }),
      weightOnly({}, { parts: ['unet'], include: ['/m/up_blocks*'] }),
    ]
    const onGlobs = plan(model, globs)
    expect(onGlobs.conflicts).toEqual([])
    expect(onGlobs.sizes?.every(({ exact }) => exact)).toBe(true)
    const unet = onGlobs.sizes?.find(({ part }) => part === 'unet')
    expect(unet?.after).toBeLessThan(unet?.before ?? 0)
    const smashed = await smash(model, globs)
    expect(smashed.applied.map(({ use }) => use)).toEqual([
      '@test/quantizers/hqq',
      '@test/quantizers/weight-only',
    ])
  },
)

zooTest('emoji/emoji-unet', 'a wrong binding order is refused with the reason', async folder => {
  const model = await load(folder)
  const made = plan(model, [half(), hqq({}, { parts: ['unet'] })], { order: 'given' })
  expect(made.conflicts).toMatchObject([{ code: 'order', part: 'unet', fact: 'weight:float32' }])
  expect(made.conflicts[0]?.message).toMatch(
    /half before .*hqq, .*half takes weight:float32, which .*hqq needs/,
  )
})

zooTest('fixtures/sd15-tiny-dynamo', 'one glob means the same module in both exporters', async folder => {
  const dynamo = await load(folder)
  const script = await load(folder.replace('-dynamo', '-ts'))
  const claimed = (model: Model): number | undefined =>
    plan(model, [hqq({}, { parts: ['unet'], include: ['/down_blocks.0/attentions.0*'] })]).steps[0]?.claims[0]
      ?.bytes
  expect(claimed(dynamo)).toBeGreaterThan(0)
  expect(claimed(dynamo)).toBe(claimed(script))
  const { conflicts } = plan(dynamo, [hqq({}, { parts: ['unet'] }), weightOnly({}, { parts: ['unet'] })])
  expect(conflicts[0]?.suggestion?.text).toMatch(/^hqq@unet#\/\w+\*, /)
})

zooTest(
  'fixtures/sdxl-tiny',
  'a U-Net of 3,000 nodes plans in about the time it takes to read it',
  async folder => {
    const start = performance.now()
    const model = await load(folder)
    const reading = performance.now() - start
    const steps = [
    hqq({}, { parts: ['unet'], include: ['/down_blocks*'] }), weightOnly({}, 'rest'), gptq({}, { parts: ['text_encoder'] }),
    awq({}, { parts: ['text_encoder_2'] }), fuse(), half(), cacher({ region: '/mid_block' }, { parts: ['unet'] }),
  ] // prettier-ignore
    const made = plan(model, steps, { sizes: false })
    expect(made.conflicts).toEqual([])
    const order = made.steps.map(({ id }) => id.split('/').at(-1))
    // Fusing changes what the two fitting steps see; half takes what all solvers need.
    expect(order).toEqual(['hqq', 'weight-only', 'fuse', 'gptq', 'awq', 'half', 'region'])
    expect(milliseconds(() => plan(model, steps, { sizes: false }))).toBeLessThan(5 * reading)
    expect(plan(model, [...steps, periodic()], { sizes: false }).conflicts).toMatchObject([
      { code: 'conflict', fact: 'run:always' },
    ])
  },
)
