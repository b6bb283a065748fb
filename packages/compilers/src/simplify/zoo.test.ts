// What is left of models of the zoo: never more nodes than OnnxSlim leaves, the same outputs, nothing to do a second time, and
// the same bytes again. The whole zoo takes minutes: `pnpm --filter @damson/bench compilers models` goes through it.
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { modelOf, smash } from '@damson/core'
import { bytesSource, fileSource, graphToBytes, pathFolder, readGraph, walk, type Graph } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect, test } from 'vitest'
import { simplify } from '../algorithms/simplify.ts'
import { ruleSetNames } from './rule-sets.ts'

const runtime = createRuntime()
/** Fuses nothing by itself, so that bits can be compared. */
const plain = createRuntime({ session: { graphOptimizationLevel: 'disabled' } })
afterAll(async () => {
  await runtime.close()
  await plain.close()
})

const simplified = async (graph: Graph, ...given: Parameters<typeof simplify>): Promise<Graph> =>
  (await smash(modelOf(graph), [simplify(...given)], { runtime })).part('model').graph

/** Operators of all bodies; constants are none. */
const count = (graph: Graph): number => [...walk(graph)].filter(({ node }) => node.op !== 'Constant').length

type Counts = Readonly<Record<string, { readonly before: number; readonly after?: number }>>
const slim: Counts = JSON.parse(
  await readFile(new URL('../../test/golden/slim-counts.json', import.meta.url), 'utf8'),
)

/** Nodes that are left, and how far outputs may be apart: 0 where nothing is computed otherwise, only moved or left out. */
const models: Readonly<Record<string, { readonly nodes: number; readonly within: number }>> = {
  'fixtures/bert-tiny-ts/model.onnx': { nodes: 144, within: 0 },
  'fixtures/bert-tiny-dynamo/model.onnx': { nodes: 113, within: 0 },
  'fixtures/bert-tiny-extdata/model.onnx': { nodes: 144, within: 0 },
  'fixtures/llama-tiny-ts/model.onnx': { nodes: 178, within: 0 },
  'fixtures/llama-tiny-dynamo/model.onnx': { nodes: 187, within: 0 },
  'fixtures/mixtral-tiny-dynamo/model.onnx': { nodes: 228, within: 0 },
  'fixtures/resnet-tiny-ts/model.onnx': { nodes: 37, within: 1e-5 },
  'fixtures/resnet-tiny-dynamo/model.onnx': { nodes: 39, within: 1e-5 },
  'fixtures/sd15-tiny-ts/text_encoder/model.onnx': { nodes: 129, within: 0 },
  'fixtures/sd15-tiny-dynamo/text_encoder/model.onnx': { nodes: 105, within: 0 },
  'fixtures/sd15-tiny-ts/vae_encoder/model.onnx': { nodes: 119, within: 1e-5 },
  'fixtures/sd15-tiny-dynamo/vae_decoder/model.onnx': { nodes: 164, within: 0 },
  'fixtures/t5-tiny/decoder_with_past_model.onnx': { nodes: 187, within: 0 },
  'fixtures/vit-tiny/model.onnx': { nodes: 121, within: 1e-5 },
  'fixtures/whisper-tiny-random/encoder_model.onnx': { nodes: 119, within: 1e-5 },
  'models/dtln_1.onnx': { nodes: 20, within: 0 },
  'models/mnist8.onnx': { nodes: 8, within: 0 },
  'models/magika_v3_3.onnx': { nodes: 91, within: 0 },
  'models/ultraface_rfb320.onnx': { nodes: 125, within: 1e-5 },
  'models/use_lite.onnx': { nodes: 84, within: 0 },
  'emoji/emoji-unet/text_encoder/model.onnx': { nodes: 123, within: 0 },
}

for (const [path, { nodes, within }] of Object.entries(models)) {
  zooTest(path, 'no more nodes than OnnxSlim, the same outputs, and no end but one', async file => {
    const folder = pathFolder(dirname(file))
    const graph = await readGraph(await fileSource(file), { folder, path: basename(file) })
    const made = await simplified(graph)
    expect(count(made)).toBeLessThanOrEqual(slim[path]?.after ?? 0)
    expect(count(made)).toBe(nodes)
    const feeds = feedsFor(graph, { seed: 3 })
    await expectSameOutputs(runtime, made, graph, { feeds, atol: within, rtol: within })
    const bytes = await graphToBytes(made)
    const [again, anew] = [await simplified(await readGraph(bytesSource(bytes))), await simplified(graph)]
    expect(Buffer.compare(await graphToBytes(again), bytes)).toBe(0)
    expect(Buffer.compare(await graphToBytes(anew), bytes)).toBe(0)
  })
}

const rounding = new Set<string>(['scaling', 'convolutions', 'products'])
const exact = ruleSetNames.filter(name => !rounding.has(name))

for (const path of Object.keys(models).filter(each => models[each]?.within !== 0)) {
  zooTest(path, 'bits stay without the sets that round', async file => {
    const graph = await readGraph(await fileSource(file))
    const made = await simplified(graph, { rules: exact })
    await expectSameOutputs(plain, made, graph, { feeds: feedsFor(graph, { seed: 3 }), atol: 0, rtol: 0 })
  })
}

test('OnnxSlim was asked about the whole zoo, and left more somewhere', () => {
  const paths = Object.keys(slim)
  expect(paths.filter(path => path.startsWith('fixtures/')).length).toBe(35)
  expect(Object.keys(models).filter(path => (models[path]?.nodes ?? 0) < (slim[path]?.after ?? 0)).length).toBeGreaterThan(15) // prettier-ignore
})
