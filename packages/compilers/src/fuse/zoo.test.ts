// How many norms and activations each model has by construction (config.json beside it), and that all of them are found, in
// the spelling of either exporter; outputs stay equal. L: layers.
import { basename, dirname } from 'node:path'
import { fileSource, pathFolder, readGraph, walk, type Graph } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { fuseGraph } from './fuse-graph.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

interface Counted {
  /** Layer norms and root mean square norms. */
  readonly norms: number
  /** Group norms. */
  readonly groups?: number
  readonly activations: number
}

const bert = (L: number): Counted => ({ norms: 1 + 2 * L, activations: L })
const llama = (L: number): Counted => ({ norms: 2 * L + 1, activations: L })
/** Queries and keys are normed too. */
const qwen = (L: number): Counted => ({ norms: 4 * L + 1, activations: L })
/** Two norms around each half of a layer. */
const gemma = (L: number): Counted => ({ norms: 6 * L + 1, activations: L })
const decoder = (L: number): Counted => ({ norms: 3 * L + 1, activations: L })
const twice = ({ norms, activations }: Counted): Counted => ({
  norms: 2 * norms,
  activations: 2 * activations,
})
/** R residual blocks, T transformer blocks in A attentions. SiLU: two a residual block, one for all times, one before the end, and one in each embedding of the time and what goes with it. */
const unet = (R: number, T: number, A: number, embeddings = 1): Counted => ({
  norms: 3 * T,
  groups: 2 * R + A + 1,
  activations: 2 * R + 2 + embeddings + T,
})
const vae = (R: number, A: number): Counted => ({ norms: 0, groups: 2 * R + A + 1, activations: 2 * R + 1 })
/** D double and S single blocks, E embeddings of time, text and guidance; one SiLU before all modulations. */
const flux = (D: number, S: number, E: number): Counted => ({
  norms: 4 * D + S + 1 + 4 * D + 2 * S,
  activations: 2 * D + S + E + 1,
})
/** The last block has no second context norm and no context layer; the first has a second attention. */
const sd3 = (L: number): Counted => ({ norms: 4 * L - 1 + 1 + 4 * L + 2, activations: 2 * L - 1 + 3 })

const models: Readonly<Record<string, Counted>> = {
  'fixtures/bert-tiny-ts/model.onnx': bert(2),
  'fixtures/bert-tiny-dynamo/model.onnx': bert(2),
  'fixtures/vit-tiny/model.onnx': bert(2),
  'fixtures/sd15-tiny-ts/text_encoder/model.onnx': bert(2),
  'fixtures/sd15-tiny-dynamo/text_encoder/model.onnx': bert(2),
  'fixtures/sdxl-tiny/text_encoder/model.onnx': bert(3),
  'fixtures/sdxl-tiny/text_encoder_2/model.onnx': bert(3),
  'emoji/emoji-unet/text_encoder/model.onnx': bert(3),
  'fixtures/llama-tiny-ts/model.onnx': llama(2),
  'fixtures/llama-tiny-dynamo/model.onnx': llama(2),
  'fixtures/mixtral-tiny-dynamo/model.onnx': llama(2),
  'models/stories260K.onnx': llama(5),
  'fixtures/qwen3-tiny/model.onnx': qwen(2),
  'fixtures/moe-tiny/model.onnx': qwen(2),
  'fixtures/gemma3-tiny/model.onnx': gemma(3),
  'fixtures/t5-tiny/encoder_model.onnx': llama(2),
  'fixtures/t5-tiny/decoder_model_merged.onnx': twice(decoder(2)),
  'fixtures/whisper-tiny-random/encoder_model.onnx': { norms: 2 * 2 + 1, activations: 2 + 2 },
  'fixtures/whisper-tiny-random/decoder_model_merged.onnx': twice(decoder(2)),
  'fixtures/sd15-tiny-ts/unet/model.onnx': unet(11, 7, 7),
  'fixtures/sd15-tiny-dynamo/unet/model.onnx': unet(11, 7, 7),
  'fixtures/sd15-tiny-ts/vae_decoder/model.onnx': vae(6, 1),
  'fixtures/sd15-tiny-dynamo/vae_encoder/model.onnx': vae(4, 1),
  'fixtures/sdxl-tiny/unet/model.onnx': unet(11, 11, 7, 2),
  'emoji/emoji-unet/unet/model.onnx': unet(11, 7, 7),
  'emoji/emoji-unet/vae_decoder/model.onnx': vae(8, 0),
  'emoji/emoji-transformer/transformer/model.onnx': flux(3, 6, 2),
  'fixtures/flux-tiny/transformer/model.onnx': flux(2, 2, 3),
  'fixtures/sd3-tiny/transformer/model.onnx': sd3(3),
  'models/use_lite.onnx': { norms: 2 * 2, activations: 0 },
}

for (const [path, counted] of Object.entries(models)) {
  zooTest(
    path,
    'all norms and activations are found, outputs stay equal',
    async file => {
      const folder = pathFolder(dirname(file))
      const graph = await readGraph(await fileSource(file), { folder, path: basename(file) })
      const rules = ['layer-norm', 'rms-norm', 'norm-affine', 'skip-norm', 'activation']
      const { graph: fused } = fuseGraph(graph, { target: 'cpu', rules, absorb: false })
      expect(count(fused, /Layer(Norm|ization)|RMSNorm/)).toBe(counted.norms)
      expect(count(fused, /Gelu$|Swish$|Mish$/)).toBe(counted.activations)
      expect(count(fused, /^(Erf|Pow|ReduceMean)$/)).toBe(0)
      if (counted.groups !== undefined) {
        const grouped = fuseGraph(graph, { target: 'cuda', rules: ['group-norm'], absorb: false })
        expect(count(grouped.graph, /^GroupNorm$/)).toBe(counted.groups)
      }
      // Norms in another order of sums; outputs are about 4.
      await expectSameOutputs(runtime, fused, graph, {
        feeds: feedsFor(graph, { seed: 3 }),
        atol: 1e-4,
        rtol: 1e-4,
      })
    },
    60_000,
  )
}

function count(graph: Graph, op: RegExp): number {
  return [...walk(graph)].filter(({ node }) => op.test(node.op)).length
}
