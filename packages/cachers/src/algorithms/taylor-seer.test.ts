import { smash, withNeutral, type Feeds, type TensorData } from '@damson/core'
import { describeAlgorithm, tinyEncoder, tinyUnet } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import {
  denoiserOfModel,
  feedsAt,
  furthest,
  oneThread,
  runLoop,
  sameSteps,
  zooModel,
} from '../../test/denoising.ts'
import { promised } from '../../test/all-cachers.ts'
import { keepsSharedPromises } from '../../test/shared-promises.ts'
import { combinedTensors } from '../gating/combined-tensors.ts'
import { forecastWeights } from '../schedule/forecast.ts'
import { taylorSeer } from './taylor-seer.ts'

describeAlgorithm(taylorSeer, {
  accepts: { unet: tinyUnet },
  refuses: { 'a text encoder': { model: tinyEncoder, reason: /only a denoiser/ } },
  expect: { outputs: { sqnr: 100 }, size: 1 },
  inert: { steps: 'its other values name steps of which the single run of this check is none' },
})

describe('features', () => {
  keepsSharedPromises(promised.taylorSeer, ['fixtures/sd3-tiny'])
})

describe('the whole output', () => {
  keepsSharedPromises(promised.taylorSeerOutput, [tinyUnet])
})

test('weights forecast polynomials up to their order, at uneven times too', () => {
  // Order 1 is the line through the last two.
  expect(forecastWeights(6, [4, 0], 1)).toEqual([1.5, -0.5])
  expect(forecastWeights(6, [4, 1, 0], 1)).toEqual([1 + 2 / 3, -2 / 3, 0])
  expect(forecastWeights(6, [4], 3)).toEqual([1])
  expect(forecastWeights(6, [4, 0], 0)).toEqual([1, 0])
  // F + F′k + F″k²/2 with F′ = (4 − 2)/2, F″ = (F′ − (2 − 1)/2)/2, k = 1: 4 + 1 + 0.125.
  const second = forecastWeights(5, [4, 2, 0], 2)
  expect(second.reduce((sum, weight, at) => sum + weight * ([4, 2, 1][at] ?? 0), 0)).toBeCloseTo(5.125, 12)
  // Two results at one time, as Heun makes them: the later one counts.
  expect(forecastWeights(6, [4, 4, 0], 1)).toEqual([1.5, 0, -0.5])
})

const runtime = oneThread()
afterAll(() => runtime.close())
const loop = { steps: 6 }

zooTest(
  'fixtures/flux-tiny',
  'a step between full ones computes with the forecast of what was kept',
  async () => {
    const model = await zooModel('fixtures/flux-tiny')
    const part = denoiserOfModel(model)
    const fast = await smash(model, [taylorSeer({ interval: 3, start: 1 })])
    const live = await runtime.open(fast)
    const seen = await runLoop(live, part, loop)
    const graph = await runtime.open(fast.part(part.name).graph)
    const run = (feeds: Feeds): ReturnType<typeof graph.run> =>
      graph.run('main', withNeutral(fast, part.name, feeds))
    // Steps 1 and 4 are full; step 5 by hand: one earlier result, which is the forecast over time.
    const [first, second] = [await run(feedsAt(part, loop, 1)), await run(feedsAt(part, loop, 4))]
    const caches = fast.ports.filter(({ role }) => /:cache:\d+$/.test(role))
    const isSize = ({ name }: { readonly name: string }): boolean => second[name]?.dtype === 'int64'
    expect(caches.filter(port => !isSize(port)).length).toBe(3)
    const by = (role: string): string => fast.ports.find(port => port.role === role)?.name ?? ''
    const made = caches.flatMap(({ name, role }): [string, TensorData][] => {
      const kept = [second[name], first[name]].flatMap(tensor => tensor ?? [])
      // Sizes are repeated, all else is forecast.
      const forecast = combinedTensors([4 / 3, -1 / 3], kept)
      return forecast && kept[0]
        ? [
            [by(`${role}:0`), forecast],
            [by(`${role}:1`), kept[0]],
          ]
        : []
    })
    const outputs = await run({
      ...feedsAt(part, loop, 5),
      ...Object.fromEntries(made.filter(([name]) => name !== '')),
      [by('deep:run')]: { dtype: 'bool', shape: [], data: Uint8Array.of(0) },
      [by('deep:weights')]: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 0) },
    })
    const byHand = Array.from(Object.values(outputs)[0]?.data ?? [], Number)
    expect(furthest([byHand], [seen[5] ?? []])).toBeLessThan(1e-5)
    // Closed, the gates hand on tensors without elements.
    const left = caches.filter(port => !isSize(port)).map(({ name }) => outputs[name]?.data.length)
    expect(left).toEqual([0, 0, 0])
    await Promise.all([live.close(), graph.close()])
  },
)

zooTest('fixtures/sd15-tiny-ts', 'a schedule by hand, and settings of one generation', async () => {
  const model = await zooModel('fixtures/sd15-tiny-ts')
  const part = denoiserOfModel(model)
  const id = taylorSeer.algorithm.id
  const live = await runtime.open(await smash(model, [taylorSeer({ interval: 1 })]))
  const full = await runLoop(live, part, loop)
  const byHand = await runLoop(live, part, loop, {
    controls: { [id]: { steps: { 1: 'reuse', 2: 'forecast' } } },
  })
  expect(sameSteps(full, byHand)).toEqual([true, false, false, true, true, true])
  const second = await runLoop(live, part, loop, { controls: { [id]: { interval: 2, start: 0 } } })
  expect(sameSteps(full, second)).toEqual([true, false, true, false, true, false])
  expect(await runLoop(live, part, loop)).toEqual(full)
  await live.close()
})
