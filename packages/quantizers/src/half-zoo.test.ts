// half on every model of the zoo, with arithmetic on halves and as storage: what it writes loads and runs, its floats take half,
// and it stays close. The Python converters write models that do not load for four of these, and one that saves nothing.
import { plan, smash, type Model } from '@damson/core'
import { graphToBytes, walk, weights, type Graph } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce } from '@damson/testing'
import { eachZooModel } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { readModel } from '../test/read-model.ts'
import { half } from './algorithms/half.ts'

const halves = half({ compute: 'half' })

const runtime = createRuntime()
afterAll(() => runtime.close())

const bytesOf = async (model: Model): Promise<number> =>
  (await graphToBytes(model.part('model').graph)).length

const casts = (graph: Graph): number => [...walk(graph)].filter(({ node }) => node.op === 'Cast').length

const computing = (graph: Graph): readonly string[] =>
  [...walk(graph)].flatMap(({ node }) => (/^(Cast|Constant)$/.test(node.op) ? [] : [node.op]))

const floatBytes = (graph: Graph): number =>
  weights(graph).reduce(
    (sum, { tensor }) => sum + (/^float(32|16)$/.test(tensor.dtype) ? tensor.byteLength : 0),
    0,
  )

/** SQNR in dB of what ONNX Runtime 1.31's float16 tool writes, on these very feeds (noise as a picture, for YOLOX). */
const peer: Readonly<Record<string, number>> = {
  'models/use_lite.onnx': 58.15,
  'models/stories260K.onnx': 61.95,
  'models/esrgan_rdn_x2_slim.onnx': 73.54,
  'models/mnist8.onnx': 67.46,
  'models/ultraface_rfb320.onnx': 69.84,
  'models/yolox_nano_coco.onnx': 17.95,
  'models/ddpm_fashion_28.onnx': 67.69,
}
/** Where the tool was not measured; the worst is a pitch tracker with 45. */
const otherwise = 43

eachZooModel('arithmetic: loads, runs, floats take half, and stays close', async (file, { path }) => {
  const model = await readModel(file)
  const { graph } = model.part('model')
  const { conflicts } = plan(model, [halves])
  if (conflicts.length > 0) {
    // Already in 16 bits or in codes: a refusal with a reason, never an accident.
    expect(conflicts.map(({ code }) => code)).toEqual(['no-site'])
    return
  }
  const feeds = feedsFor(graph, { seed: 3 })
  const want = await runOnce(runtime, model, feeds, 'model')
  const made = await smash(model, [halves])
  // Small models are mostly nodes and names, so files shrink less than their floats.
  expect(await bytesOf(made)).toBeLessThan(await bytesOf(model))
  expect(floatBytes(made.part('model').graph) / floatBytes(graph)).toBeLessThan(0.55)
  // One for each input and output, and a few around sines and what counts.
  const ends = graph.requiredInputs().length + graph.outputs.length
  expect(casts(made.part('model').graph) - casts(graph)).toBeLessThanOrEqual(ends + 12)
  expect(sqnr(await runOnce(runtime, made, feeds, 'model'), want)).toBeGreaterThan(
    (peer[path] ?? otherwise + 0.5) - 0.5,
  )
})

/** As close as the tool's, and to those that it was not measured on; one has a logarithm that the smallest input rules: 36 to 62 dB by what is fed. */
const stored: typeof peer = { ...peer, 'models/basic_pitch_nmp.onnx': 36 }
const otherwiseStored = 56

eachZooModel('storage: the same nodes on weights of half the size, as close', async (file, { path }) => {
  const model = await readModel(file)
  const { graph } = model.part('model')
  const { conflicts } = plan(model, [half()])
  if (conflicts.length > 0) {
    expect(conflicts.map(({ code }) => code)).toEqual(['no-site'])
    return
  }
  const feeds = feedsFor(graph, { seed: 3 })
  const want = await runOnce(runtime, model, feeds, 'model')
  const made = await smash(model, [half()])
  const after = made.part('model').graph
  expect(await bytesOf(made)).toBeLessThan(await bytesOf(model))
  // The smallest weights are not worth a cast.
  expect(floatBytes(after) / floatBytes(graph)).toBeLessThan(0.58)
  expect(computing(after)).toEqual(computing(graph))
  expect(sqnr(await runOnce(runtime, made, feeds, 'model'), want)).toBeGreaterThan(
    (stored[path] ?? otherwiseStored + 0.5) - 0.5,
  )
})
