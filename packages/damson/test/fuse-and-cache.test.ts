// Gates are put into graphs that other families changed: merged operators are found as what they are, and nothing conflicts.
import { explain, plan, smash, type Model, type Step } from '@damson/core'
import { textKv } from '@damson/cachers'
import { fuse, simplify } from '@damson/compilers'
import { dynamicInt8, half, staticInt8, weightOnly } from '@damson/quantizers'
import { tinyUnet } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test } from 'vitest'
import { promised } from '../../cachers/test/all-cachers.ts'
import { denoiserOfModel, furthest, oneThread, runLoop, zooModel } from '../../cachers/test/denoising.ts'
import { tinyTransformer } from '../../cachers/test/tiny-transformer.ts'

const runtime = oneThread()
afterAll(() => runtime.close())

/** Two steps of the model made of `source`, which has the source's inputs. */
async function rowsOf(
  source: Model,
  model: Model,
  controls: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
): Promise<readonly (readonly number[])[]> {
  const live = await runtime.open(model, { session: { graphOptimizationLevel: 'basic' } })
  const found = await runLoop(live, denoiserOfModel(source), { steps: 2 }, { controls })
  await live.close()
  return found
}

/** How many gates a cacher puts in; that never reusing they change nothing, and reusing they do. */
async function gatesOf(
  model: Model,
  plain: Awaited<ReturnType<typeof rowsOf>>,
  step: Step,
  never: Readonly<Record<string, unknown>> | undefined,
): Promise<number> {
  const cached = await smash(model, [step])
  expect(await rowsOf(model, cached, never ? { [step.algorithm.id]: never } : {})).toEqual(plain)
  return cached.ports.filter(({ role }) => /:(run|force)$/.test(role)).length
}

for (const path of ['fixtures/flux-tiny', 'fixtures/sd3-tiny', 'fixtures/sd15-tiny-dynamo']) {
  zooTest(path, 'cachers find their gates among merged operators, and change nothing there', async () => {
    const fused = await smash(await zooModel(path), [simplify(), fuse()])
    const plain = await rowsOf(fused, fused)
    const steps = [promised.fora, promised.taylorSeer, { cacher: () => textKv(), never: undefined }]
    for (const { cacher, never } of path.includes('sd15') ? steps : [...steps, promised.firstBlock])
      expect(await gatesOf(fused, plain, cacher(), never)).toBeGreaterThan(0)
  })
}

const others: Readonly<Record<string, () => Step>> = {
  simplify,
  fuse,
  dynamicInt8,
  weightOnly,
  staticInt8,
  half,
}
const cachers = { ...promised, textKv: { cacher: () => textKv() } }

for (const [name, { cacher }] of Object.entries(cachers)) {
  test(`${name} plans with compilers and quantizers in either order`, () => {
    const { algorithm } = cacher()
    const model = [tinyTransformer(), tinyUnet()].find(each =>
      explain(each, { algorithms: [algorithm] }).some(({ accepts }) => accepts),
    )
    if (!model) throw new Error('no model takes it')
    for (const [other, step] of Object.entries(others)) {
      if (plan(model, [step()], { sizes: false }).conflicts.length > 0) continue
      for (const steps of [
        [cacher(), step()],
        [step(), cacher()],
      ])
        expect(plan(model, steps, { sizes: false }).conflicts, other).toEqual([])
    }
  })
}

for (const [name, quantizer, { cacher, never }, tolerance] of [
  ['dynamicInt8 and fora', dynamicInt8, promised.fora, 0],
  ['weightOnly and firstBlock', weightOnly, promised.firstBlock, 0],
  // ONNX Runtime computes fp16 on a CPU in fp32 and drops casts between two nodes, but not through an If: 2⁻¹¹ a rounding.
  ['half and taylorSeer', half, promised.taylorSeer, 2e-3],
] as const) {
  zooTest('fixtures/sd3-tiny', `${name} in either order: never reusing, the quantized model`, async path => {
    const model = await zooModel(path)
    const plain = await rowsOf(model, await smash(model, [quantizer()]))
    const [step, other] = [cacher(), quantizer()]
    for (const steps of [
      [step, other],
      [other, step],
    ]) {
      const rows = await rowsOf(model, await smash(model, steps), { [step.algorithm.id]: never })
      expect(furthest(plain, rows)).toBeLessThanOrEqual(tolerance)
    }
  })
}
