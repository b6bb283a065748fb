import { plan, smash, type Feeds } from '@damson/core'
import { describeAlgorithm, tinyEncoder, tinyUnet } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test } from 'vitest'
import { tinyTransformer } from '../../test/tiny-transformer.ts'
import { denoiserOfModel, oneThread, runLoop, spy, zooModel } from '../../test/denoising.ts'
import { promised } from '../../test/all-cachers.ts'
import { keepsSharedPromises } from '../../test/shared-promises.ts'
import { deepCache } from './deep-cache.ts'
import { fullSteps } from '../schedule/full-steps.ts'

describeAlgorithm(deepCache, {
  accepts: { unet: tinyUnet },
  refuses: {
    'a text encoder': { model: tinyEncoder, reason: /only a denoiser/ },
    'a transformer': { model: tinyTransformer, reason: /no skip connections/ },
  },
  expect: { outputs: { sqnr: 100 } },
  inert: {
    interval: 'a first call always runs',
    schedule: 'a first call always runs',
    steps: 'a first call always runs',
    depth: 'the model has one level',
  },
})

const runtime = oneThread()
afterAll(() => runtime.close())

keepsSharedPromises(promised.deepCache, ['fixtures/sdxl-tiny'])

zooTest(
  'fixtures/sd15-tiny-dynamo',
  'each depth leaves more to run; one that is not there is refused',
  async path => {
    const model = await zooModel(path)
    const claimed = [0, 1, 2, 3, 4, 5].map(
      depth => plan(model, [deepCache({ depth })]).steps[0]?.claims[0]?.nodes.length ?? 0,
    )
    expect([...claimed].sort((a, b) => b - a)).toEqual(claimed)
    expect(new Set(claimed).size).toBe(6)
    const [conflict] = plan(model, [deepCache({ depth: 6 }, { parts: ['unet'] })]).conflicts
    expect(conflict?.message).toMatch(/6 skip connections, 0 to 5; depth 6/)
    // A region runs or it does not: a place that cuts through it leaves nothing.
    const [cut] = plan(model, [deepCache({}, { parts: ['unet'], include: ['node_conv2d_1*'] })]).conflicts
    expect(cut?.message).toMatch(/none lies wholly inside/)
  },
)

zooTest(
  'fixtures/sd15-tiny-dynamo',
  'a generation may override the interval or give the steps by hand',
  async path => {
    const model = await zooModel(path)
    const seen: Feeds[] = []
    const smashed = await smash(model, [deepCache({ interval: 3 }), spy(seen)])
    const live = await runtime.open(smashed)
    const kinds = async (controls: Readonly<Record<string, unknown>>): Promise<string> => {
      seen.length = 0
      await runLoop(
        live,
        denoiserOfModel(model),
        { steps: 6 },
        { controls: { [deepCache.algorithm.id]: controls } },
      )
      return seen.map(feeds => (feeds['deep_run'] ? 'r' : 'F')).join('')
    }
    expect(await kinds({})).toBe('FrrFrr')
    expect(await kinds({ interval: 2 })).toBe('FrFrFr')
    expect(await kinds({ steps: { 1: 'reuse', 4: 'reuse' } })).toBe('FrFFrF')
    await live.close()
  },
)

test('full steps are even, or closer together where pictures are decided', () => {
  const at = (kind: 'uniform' | 'power', interval: number, steps: number): readonly number[] => {
    const isFull = fullSteps({ kind, interval }, steps)
    return Array.from({ length: steps }, (_, step) => step).filter(isFull)
  }
  expect(at('uniform', 5, 20)).toEqual([0, 5, 10, 15])
  const power = at('power', 5, 50)
  expect(power[0]).toBe(0)
  expect(power).toHaveLength(10)
  const gaps = power.slice(1).map((step, i) => step - (power[i] ?? 0))
  // Nearest together around 15 of 50.
  const nearest = gaps.indexOf(Math.min(...gaps))
  expect(power[nearest]).toBeGreaterThanOrEqual(10)
  expect(power[nearest]).toBeLessThanOrEqual(18)
  expect(() => fullSteps({ kind: 'power', interval: 2 }, undefined)).toThrow(/number of steps/)
})
