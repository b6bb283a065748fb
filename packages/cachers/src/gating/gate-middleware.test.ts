// What gates keep stays in the engine: nothing of it is fetched or fed. Where the runtime has no slots it is, with equal results.
import { smash, type Call, type Feeds, type Outputs, type Slot, type Step } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { afterAll, expect, test } from 'vitest'
import { aroundRuns, denoised, oneThread } from '../../test/denoising.ts'
import { tinyTransformer } from '../../test/tiny-transformer.ts'
import { fora, taylorSeer, textKv } from '../index.ts'
import { driveGates } from './gate-middleware.ts'

const runtime = oneThread()
afterAll(() => runtime.close())

interface Crossing {
  readonly fed: Feeds
  readonly outputs: Outputs
}

/** Notes what goes in and out of the graph; put last. Put first, `slots: false` makes of the runtime one without slots. */
function watching(crossings: Crossing[], slots: boolean): Step {
  return aroundRuns(slots ? 'watching' : 'without-slots', next => async (feeds, { slot, ...call }) => {
    const outputs = await next(feeds, slots && slot ? { ...call, slot } : call)
    crossings.push({ fed: feeds, outputs })
    return outputs
  })
}

const loop = { steps: 5, drift: 0.4 }
test('what is kept crosses at no step', async () => {
  const model = tinyTransformer()
  for (const steps of [[textKv(), fora({ interval: 2 })], [taylorSeer({ interval: 2 })]]) {
    const { ports } = await smash(model, steps)
    const caches = new Set(ports.filter(({ role }) => /:cache:/.test(role)).map(({ name }) => name))
    const crossing = ({ fed, outputs }: Crossing): number =>
      [...Object.keys(fed), ...Object.keys(outputs)].filter(name => caches.has(name)).length
    const kept: Crossing[] = []
    const passed: Crossing[] = []
    const found = await denoised(runtime, model, [...steps, watching(kept, true)], loop)
    expect(kept.map(crossing)).toEqual(Array.from({ length: loop.steps }, () => 0))
    const without = [watching([], false), ...steps, watching(passed, true)]
    expect(await denoised(runtime, model, without, loop)).toEqual(found)
    expect(Math.max(...passed.map(crossing))).toBeGreaterThan(0)
  }
})

test('what is lost with its process is computed anew', async () => {
  const { around } = driveGates({
    part: 'unet',
    gates: [{ ports: { run: 'run', weights: undefined, caches: [{ inputs: ['before'], output: 'after' }] }, decide: () => ({}) }],
  }) // prettier-ignore
  let alive = true
  const ran: string[] = []
  const slots: { tensor: Slot['tensor']; free(): void }[] = []
  const slot = (): Slot => {
    const made = { tensor: undefined, free: () => void slots.splice(slots.indexOf(made), 1) }
    slots.push(made)
    return made
  }
  const run = around(async (_feeds, { keeps = {}, takes = {} }: Call) => {
    ran.push(Object.keys(takes).join() || 'full')
    if (!alive) for (const each of slots) each.tensor = undefined
    alive = true
    if (Object.values(takes).some(each => !each.tensor)) throw new DamsonError('slot-lost', 'gone')
    for (const each of slots)
      if (Object.values(keeps).includes(each)) each.tensor = { dtype: 'float32', shape: [1] }
    return {}
  })
  for (const step of [0, 1, 2, 3]) {
    alive = step !== 2
    await run({}, { index: step, step, branch: 'both', rows: 1, slot })
  }
  // At the third step what was taken is gone, so it runs again in full, and the fourth takes what that kept.
  expect(ran).toEqual(['full', 'before', 'before', 'full', 'before'])
  expect(slots).toHaveLength(1)
})
