// Users of other runtimes get a cached model without its gates: it has to be the model that it was.
import { explain, smash, ungated } from '@damson/core'
import { tinyUnet } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { textKv } from '../src/algorithms/text-kv.ts'
import { promised } from './all-cachers.ts'
import { denoiserOfModel, oneThread } from './denoising.ts'
import { tryTwin } from './promises.ts'
import { tinyTransformer } from './tiny-transformer.ts'

const runtime = oneThread()
afterAll(() => runtime.close())

const cachers = { ...promised, textKv: { cacher: () => textKv() } }
for (const [name, { cacher }] of Object.entries(cachers)) {
  test(`without its gates, what ${name} made is the source`, async () => {
    const step = cacher()
    const takes = (model: ReturnType<typeof tinyUnet>): boolean =>
      explain(model, { algorithms: [step.algorithm] }).some(({ accepts }) => accepts)
    const source = [tinyTransformer(), tinyUnet()].find(takes)
    if (!source) throw new Error('no model takes it')
    const cached = await smash(source, [step])
    const twin = ungated(cached)
    expect(twin.ports).toEqual([])
    // Cachers of whole outputs add no gates, and have only their wrapper to lose.
    if (cached.ports.length > 0) expect(await tryTwin(runtime, source, cached)).toBe(0)
    expect(denoiserOfModel(twin).graph.inputs).toEqual(denoiserOfModel(source).graph.inputs)
  })
}
