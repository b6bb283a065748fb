// Both algorithms on every model of the zoo: the file never grows, ONNX Runtime runs it, and the outputs stay close.
import { plan, smash, type Model, type Step } from '@damson/core'
import { graphToBytes } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce } from '@damson/testing'
import { eachZooModel } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { readModel } from '../test/read-model.ts'
import { dynamicInt8 } from './algorithms/dynamic-int8.ts'
import { weightOnly } from './algorithms/weight-only.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const bytesOf = async (model: Model): Promise<number> =>
  (await graphToBytes(model.part('model').graph)).length

/** Least SQNR in dB on generated feeds. The weights of fixtures are random, which costs more; the worst is a T5 encoder. */
const steps: readonly { readonly step: Step; readonly trained: number; readonly random: number }[] = [
  { step: weightOnly(), trained: 9, random: 4 },
  { step: dynamicInt8(), trained: 24, random: 20 },
]

eachZooModel('never grows, runs, and stays close', async (file, { path }) => {
  const model = await readModel(file)
  const before = await bytesOf(model)
  const feeds = feedsFor(model.part('model').graph, { seed: 3 })
  const want = await runOnce(runtime, model, feeds, 'model')
  for (const { step, trained, random } of steps) {
    const { conflicts } = plan(model, [step])
    if (conflicts.length > 0) {
      // Nothing but convolutions: a refusal with a reason, never an accident.
      expect(conflicts.map(({ code }) => code)).toEqual(['no-site'])
      continue
    }
    const smashed = await smash(model, [step])
    expect(await bytesOf(smashed)).toBeLessThan(before)
    const quality = sqnr(await runOnce(runtime, smashed, feeds, 'model'), want)
    expect(quality, step.algorithm.id).toBeGreaterThan(path.startsWith('fixtures/') ? random : trained)
  }
})
