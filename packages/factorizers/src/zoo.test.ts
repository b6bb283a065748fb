// Fusing on models of three exporters, weights shared with branches among them: as many products go as there are queries,
// keys and values, and outputs stay equal bit for bit.
import { basename, dirname } from 'node:path'
import { modelOf, smash, type Model } from '@damson/core'
import { fileSource, pathFolder, readGraph, walk } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { differences, runOnce } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { fuseQkv } from './algorithms/fuse-qkv.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

async function readModel(file: string): Promise<Model> {
  const graph = await readGraph(await fileSource(file), {
    folder: pathFolder(dirname(file)),
    path: basename(file),
  })
  return modelOf(graph)
}

const products = (model: Model): number =>
  [...walk(model.part('model').graph)].filter(({ node }) => node.op === 'MatMul' || node.op === 'Gemm').length

/** Products before, after fusing attentions, and after fusing all that read one value. */
const counts: readonly (readonly [path: string, before: number, attention: number, all: number])[] = [
  ['emoji/emoji-unet/text_encoder/model.onnx', 24, 18, 18],
  ['emoji/emoji-unet/unet/model.onnx', 111, 90, 74],
  ['fixtures/bert-tiny-dynamo/model.onnx', 16, 12, 12],
  ['fixtures/t5-tiny/decoder_model_merged.onnx', 58, 56, 55],
  ['models/stories260K.onnx', 46, 36, 31],
]

for (const [path, before, attention, all] of counts) {
  zooTest(path, 'products go, outputs stay equal', async file => {
    const model = await readModel(file)
    expect(products(model)).toBe(before)
    const feeds = feedsFor(model.part('model').graph, { seed: 3 })
    const want = await runOnce(runtime, model, feeds, 'model')
    for (const [scope, count] of [
      ['attention', attention],
      ['all', all],
    ] as const) {
      const fused = await smash(model, [fuseQkv({ scope })])
      expect(products(fused)).toBe(count)
      expect(differences(await runOnce(runtime, fused, feeds, 'model'), want, { atol: 0, rtol: 0 })).toEqual(
        [],
      )
    }
  })
}
