// Static int8 over a part of the zoo: old operator sets, exports of both exporters, convolutions, norms, caches and branches. What
// it writes loads and runs, stays close, and is smaller.
import { plan, smash, type Model, type Sample } from '@damson/core'
import { graphToBytes } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce } from '@damson/testing'
import { eachZooModel } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { readModel } from '../../test/read-model.ts'
import { staticInt8 } from '../algorithms/static-int8.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

/** Operator set 8 with initializers as inputs; norms of a conv net in both exports; a patch convolution; a cache; an If. */
const tested = new Set([
  'models/mnist8.onnx',
  'fixtures/resnet-tiny-dynamo/model.onnx',
  'fixtures/vit-tiny/model.onnx',
  'fixtures/llama-tiny-dynamo/model.onnx',
  'fixtures/t5-tiny/decoder_model_merged.onnx',
])

const bytesOf = async (model: Model): Promise<number> =>
  (await graphToBytes(model.part('model').graph)).length

eachZooModel(
  'loads, runs, stays close and is smaller',
  async file => {
    const model = await readModel(file)
    const { graph } = model.part('model')
    const steps = [staticInt8({ protect: 0, format: 'qoperator' })]
    const { conflicts } = plan(model, steps)
    if (conflicts.length > 0) {
      expect(conflicts.map(({ code, message }) => `${code}: ${message}`)).toEqual([
        expect.stringMatching(/no-site.*nested body/),
      ])
      return
    }
    const samples = [1, 2].map((seed): Sample => ({ part: 'model', feeds: feedsFor(graph, { seed }) }))
    const made = await smash(model, steps, { runtime, samples })
    const feeds = feedsFor(graph, { seed: 11 })
    const quality = sqnr(
      await runOnce(runtime, made, feeds, 'model'),
      await runOnce(runtime, model, feeds, 'model'),
    )
    // Random weights and two samples: far from what a trained model keeps, and far from broken.
    expect(quality).toBeGreaterThan(15)
    expect(await bytesOf(made)).toBeLessThan(await bytesOf(model))
  },
  ({ path }) => tested.has(path),
)
