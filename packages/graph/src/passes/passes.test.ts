// What every pass promises, on zoo models: the input is not touched, a second time changes nothing, and ONNX Runtime gives
// the same bits. What each one does, on small graphs, stands in its own test.
import { readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { zooTest } from '@damson/zoo/vitest'
import { feedsFor, runGraph } from '../../test/ort-run.ts'
import { isRefusal } from '../error.ts'
import { parseGraph } from '../file/read.ts'
import type { Graph } from '../ir.ts'
import { print } from '../text/print.ts'
import { dedupeWeights } from './dedupe-weights.ts'
import { eliminateCommon } from './eliminate-common.ts'
import { foldShapes } from './fold-shapes.ts'
import { upgradeOpset } from './opset/upgrade-opset.ts'
import { pruneOpsets } from './prune-opsets.ts'
import { removeDead } from './remove-dead.ts'
import { sortTopologically } from './sort-topologically.ts'

const sizes = new Map(
  Object.entries({
    batch: 2, batch_size: 2, n: 2, step: 1, steps: 1, sequence_length: 3, seq: 3, past: 4, past_sequence_length: 4, height: 16,
    width: 24, latent_height: 8, latent_width: 12, sample_height: 16, sample_width: 24, h: 8, w: 12, encoder_sequence_length: 5, past_decoder_sequence_length: 4,
    decoder_sequence_length: 3,
  }),
) // prettier-ignore

function upgraded(graph: Graph): Graph {
  const next = upgradeOpset(graph, 21)
  if (isRefusal(next)) throw new Error(next.refused)
  return next
}

const passes: Readonly<Record<string, (graph: Graph) => Graph | Promise<Graph>>> = {
  removeDead,
  sortTopologically,
  pruneOpsets,
  eliminateCommon,
  foldShapes,
  dedupeWeights,
  upgradeOpset: upgraded,
}

const models = [
  'fixtures/bert-tiny-ts/model.onnx',
  'fixtures/qwen3-tiny/model.onnx',
  'fixtures/t5-tiny/decoder_model_merged.onnx',
  'fixtures/sd15-tiny-ts/vae_encoder/model.onnx',
  'fixtures/resnet-tiny-ts/model.onnx',
  'models/use_lite.onnx',
]

describe('every pass', () => {
  for (const path of models) {
    zooTest(path, 'keeps the bits, leaves its input, and is done after once', async file => {
      const graph = parseGraph(readFileSync(file))
      const before = print(graph)
      const feeds = feedsFor(graph, sizes)
      const outputs = await runGraph(graph, feeds)
      for (const [name, pass] of Object.entries(passes)) {
        const changed = await pass(graph)
        expect(await runGraph(changed, feeds), name).toEqual(outputs)
        expect(await pass(changed), name).toBe(changed)
        expect(print(await pass(graph)), name).toBe(print(changed))
      }
      expect(print(graph)).toBe(before)
    })
  }

  zooTest('fixtures/sdxl-tiny/unet/model.onnx', 'one after the other: half of the nodes go', async file => {
    const graph = parseGraph(readFileSync(file))
    const feeds = feedsFor(graph, sizes)
    const small = eliminateCommon(await dedupeWeights(eliminateCommon(foldShapes(graph))))
    expect(small.nodes.length).toBeLessThan(0.5 * graph.nodes.length)
    expect(await runGraph(small, feeds)).toEqual(await runGraph(graph, feeds))
  })
})
