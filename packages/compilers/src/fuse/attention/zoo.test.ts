// Every attention and every rotation of the zoo, counted from the configurations beside the models: all are found in both
// export styles, outputs stay equal with padding in the masks, and written out again they are what they were.
import { basename, dirname } from 'node:path'
import {
  digest, fileSource, graphToBytes, inferTypes, isRefusal, pathFolder, readGraph, rewrite, upgradeOpset, walk, type Graph,
} from '@damson/graph' // prettier-ignore
import type { Feeds } from '@damson/core'
import { createRuntime, feedsFor } from '@damson/runtime'
import { differences, runOnce } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { fuseGraph, missesOf } from '../fuse-graph.ts'
import { unfuseAttention } from '../unfuse/attention.ts'
import { unfuseRotary } from '../unfuse/rotary.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const options = { target: 'cpu', rules: ['rotary', 'attention'], absorb: false }

async function read(file: string): Promise<Graph> {
  return readGraph(await fileSource(file), { folder: pathFolder(dirname(file)), path: basename(file) })
}

const count = (graph: Graph, op: string): number =>
  [...walk(graph)].filter(({ node }) => node.op === op).length

/** Masks with holes: the first key of every third row is hidden, so some rows of causal models see nothing. */
function holed(feeds: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => {
      if (!/attention_mask/.test(name) || feed.dtype !== 'int64') return [name, feed]
      return [name, { ...feed, data: feed.data.map((_, at) => (at % 3 === 0 ? 0n : 1n)) }]
    }),
  )
}

const layers = (config: string, attentions: number, rotations = 0, routers = 0): Counts => ({
  config,
  attentions,
  rotations,
  routers,
})
interface Counts {
  readonly config: string
  readonly attentions: number
  readonly rotations: number
  /** Softmaxes of routers, which stay. */
  readonly routers: number
}

/** What each model has by its config.json; queries and keys of an attention are a rotation each. */
const zoo: Readonly<Record<string, Counts>> = {
  'fixtures/bert-tiny-ts/model.onnx': layers('num_hidden_layers 2', 2),
  'fixtures/bert-tiny-dynamo/model.onnx': layers('num_hidden_layers 2', 2),
  'fixtures/vit-tiny/model.onnx': layers('num_hidden_layers 2', 2),
  'fixtures/llama-tiny-ts/model.onnx': layers('num_hidden_layers 2', 2, 4),
  'fixtures/llama-tiny-dynamo/model.onnx': layers('num_hidden_layers 2', 2, 4),
  'fixtures/qwen3-tiny/model.onnx': layers('num_hidden_layers 2', 2, 4),
  'fixtures/gemma3-tiny/model.onnx': layers('num_hidden_layers 3', 3, 6),
  'fixtures/moe-tiny/model.onnx': layers('num_hidden_layers 2, 1 with experts', 2, 4, 1),
  'fixtures/mixtral-tiny-dynamo/model.onnx': layers('num_hidden_layers 2, all with experts', 2, 4, 2),
  'fixtures/t5-tiny/encoder_model.onnx': layers('num_layers 2', 2),
  'fixtures/t5-tiny/decoder_model.onnx': layers('num_decoder_layers 2, self and cross', 4),
  'fixtures/t5-tiny/decoder_with_past_model.onnx': layers('num_decoder_layers 2, self and cross', 4),
  'fixtures/t5-tiny/decoder_model_merged.onnx': layers('both decoders', 8),
  'fixtures/whisper-tiny-random/encoder_model.onnx': layers('encoder_layers 2', 2),
  'fixtures/whisper-tiny-random/decoder_model.onnx': layers('decoder_layers 2, self and cross', 4),
  'fixtures/whisper-tiny-random/decoder_with_past_model.onnx': layers('decoder_layers 2, self and cross', 4),
  'fixtures/whisper-tiny-random/decoder_model_merged.onnx': layers('both decoders', 8),
  'fixtures/sd15-tiny-ts/text_encoder/model.onnx': layers('num_hidden_layers 2', 2),
  'fixtures/sd15-tiny-dynamo/text_encoder/model.onnx': layers('num_hidden_layers 2', 2),
  'fixtures/sd15-tiny-ts/unet/model.onnx': layers('2 down, 1 middle, 4 up transformers, self and cross', 14),
  'fixtures/sd15-tiny-dynamo/unet/model.onnx': layers('2 down, 1 middle, 4 up transformers, self and cross', 14),
  'fixtures/sd15-tiny-ts/vae_decoder/model.onnx': layers('mid_block_add_attention', 1),
  'fixtures/sd15-tiny-dynamo/vae_decoder/model.onnx': layers('mid_block_add_attention', 1),
  'fixtures/sd15-tiny-ts/vae_encoder/model.onnx': layers('mid_block_add_attention', 1),
  'fixtures/sd15-tiny-dynamo/vae_encoder/model.onnx': layers('mid_block_add_attention', 1),
  'fixtures/sdxl-tiny/text_encoder/model.onnx': layers('num_hidden_layers 3', 3),
  'fixtures/sdxl-tiny/text_encoder_2/model.onnx': layers('num_hidden_layers 3', 3),
  'fixtures/sdxl-tiny/unet/model.onnx': layers('transformers of 1 and 2 down, 2 middle, 2·(2 and 1) up, self and cross', 22),
  'fixtures/flux-tiny/transformer/model.onnx': layers('num_layers 2, num_single_layers 2', 4, 8),
  'fixtures/sd3-tiny/transformer/model.onnx': layers('num_layers 3, dual attention in one', 4),
  'models/stories260K.onnx': layers('5 layers', 5, 10),
  'models/use_lite.onnx': layers('2 layers', 2),
  'emoji/emoji-unet/unet/model.onnx': layers('7 transformers, self and cross', 14),
  'emoji/emoji-unet/text_encoder/model.onnx': layers('3 layers', 3),
  'emoji/emoji-transformer/transformer/model.onnx': layers('9 blocks', 9, 18),
} // prettier-ignore

for (const [path, { config, attentions, rotations, routers }] of Object.entries(zoo)) {
  zooTest(path, `all attentions and rotations: ${config}`, async file => {
    const graph = await read(file)
    const { graph: fused, counts } = fuseGraph(graph, options)
    expect(counts['attention']).toBe(attentions)
    expect(counts['rotary-embedding'] ?? 0).toBe(rotations)
    expect(count(fused, 'Softmax')).toBe(routers)
    if (graph.nodes.length < 1000) {
      expect(fuseGraph(fused, options).graph).toBe(fused)
      const misses = [...missesOf(graph, options, () => true).values()].flat()
      expect(misses.filter(miss => miss.progress > 2)).toEqual([])
    }
    const feeds = holed(feedsFor(graph, { seed: 11 }))
    const [got, want] = [await runOnce(runtime, fused, feeds), await runOnce(runtime, graph, feeds)]
    expect(differences(got, want, { atol: 1e-5, rtol: 1e-4 })).toEqual([])
  })
}

/** Sizes as numbers in the inputs of a graph. */
function frozen(graph: Graph, sizes: Readonly<Record<string, number>>): Graph {
  const inputs = graph.inputs.map(info => {
    if (info.type?.kind !== 'tensor' || !info.type.shape) return info
    const shape = info.type.shape.map(dim => (typeof dim === 'string' ? (sizes[dim] ?? dim) : dim))
    return { ...info, type: { ...info.type, shape } }
  })
  const outputs = graph.outputs.map(({ name, type }) => ({
    name,
    ...(type?.kind === 'tensor' && type.dtype
      ? { type: { kind: 'tensor' as const, dtype: type.dtype } }
      : {}),
  }))
  return graph.with({ inputs, outputs, types: new Map() })
}

/** What becomes of keys that heads share, by what is certain of the model, and of everything written out again. */
const shared: readonly (readonly [path: string, title: string, change: (graph: Graph) => Graph, op: string])[] = [
  ['fixtures/llama-tiny-ts/model.onnx', 'one position at a time', graph => frozen(graph, { sequence_length: 1 }), 'GroupQueryAttention'],
  ['fixtures/gemma3-tiny/model.onnx', 'one position at a time', graph => frozen(graph, { sequence_length: 1 }), 'GroupQueryAttention'],
  ['models/stories260K.onnx', 'operator set 23', graph => upgraded(graph), 'Attention'],
  ['fixtures/qwen3-tiny/model.onnx', 'operator set 23', graph => upgraded(graph), 'Attention'],
  ['fixtures/llama-tiny-dynamo/model.onnx', 'as it is', graph => graph, 'MultiHeadAttention'],
  ['fixtures/whisper-tiny-random/decoder_with_past_model.onnx', 'as it is', graph => graph, 'MultiHeadAttention'],
] // prettier-ignore

function upgraded(graph: Graph, opset = 23): Graph {
  const newer = upgradeOpset(graph, opset)
  if (isRefusal(newer)) throw new Error(newer.refused)
  return newer
}

for (const [path, title, change, op] of shared) {
  zooTest(path, `${title}: ${op}`, async file => {
    const graph = change(await read(file))
    const { graph: fused, counts } = fuseGraph(graph, options)
    expect(count(fused, op)).toBe(counts['attention'])
    const again = fuseGraph(change(await read(file)), options).graph
    expect(digest(await graphToBytes(again))).toBe(digest(await graphToBytes(fused)))
    const feeds = holed(feedsFor(graph, { seed: 12 }))
    const want = await runOnce(runtime, graph, feeds)
    expect(differences(await runOnce(runtime, fused, feeds), want, { atol: 1e-5, rtol: 1e-4 })).toEqual([])
    const ready = inferTypes(upgraded(fused, 15))
    const { graph: written } = rewrite(ready, [...unfuseAttention, ...unfuseRotary])
    expect([...walk(written)].filter(({ node }) => node.domain === 'com.microsoft')).toEqual([])
    expect(differences(await runOnce(runtime, written, feeds), want, { atol: 1e-5, rtol: 1e-4 })).toEqual([])
  })
}
