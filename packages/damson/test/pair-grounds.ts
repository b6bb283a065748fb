// The three architectures on which every pair of algorithms is planned, run and priced: a denoiser in its loop, a decoder
// with a cache, a convolutional net. Small, so that a thousand cases take minutes.
import { load, type Feeds, type Model, type TensorData } from '@damson/core'
import { feedsFor } from '@damson/runtime'
import type { PairGround } from '@damson/testing/check'
import type { Graph } from '@damson/graph'
import { requireZoo } from '@damson/zoo'
import { attentionUnet } from './attention-unet.ts'

/** Loads them, the quickest first. */
export async function pairGrounds(): Promise<readonly PairGround[]> {
  const unet = withTwin(attentionUnet(), 'unet')
  const decoder = withTwin(await load(requireZoo('fixtures/llama-tiny-ts')), 'model')
  const convolutional = withTwin(await load(requireZoo('fixtures/resnet-tiny-ts')), 'model')
  return [
    {
      name: 'convolutional net',
      model: convolutional,
      part: 'model',
      other: 'twin',
      head: '/resnet/encoder/stages.0*',
      dims: { batch_size: 2, height: 16, width: 16 },
      feeds: (part, seed) => [feedsFor(convolutional.part(part).graph, { seed })],
    },
    {
      name: 'U-Net',
      model: unet,
      part: 'unet',
      other: 'twin',
      head: '/mid_block/*',
      dims: { batch: 2, height: 16, width: 16, sequence: 3 },
      feeds: (part, run) => denoising(unet.part(part).graph, run),
    },
    {
      name: 'decoder with a cache',
      model: decoder,
      part: 'model',
      other: 'twin',
      head: '/model/layers.0*',
      dims: { batch_size: 2 },
      feeds: (part, seed) =>
        [
          { past_sequence_length: 4, sequence_length: 3 },
          { past_sequence_length: 7, sequence_length: 1 },
        ].map(dims => feedsFor(decoder.part(part).graph, { seed, dims })),
    },
  ]
}

/** A model of one part with that part twice, so that there are two to work on. */
function withTwin(model: Model, name: string): Model {
  const { file: _, ...part } = model.part(name)
  const twin = { ...part, name: 'twin', path: 'twin.onnx' }
  return model.with({ parts: new Map([...model.parts, ['twin', twin]]) })
}

/** Four steps of a loop whose input moves slowly, as that of a denoiser does. */
function denoising(graph: Graph, run: number): readonly Feeds[] {
  const [from, to] = [feedsFor(graph, { seed: 2 * run }), feedsFor(graph, { seed: 2 * run + 1 })]
  return [0, 1, 2, 3].map(step => ({
    ...from,
    sample: between(from['sample'], to['sample'], step / 40),
    timestep: { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(900 - 20 * step)) },
  }))
}

function between(from: TensorData | undefined, to: TensorData | undefined, share: number): TensorData {
  const [start, end] = [from?.data, to?.data]
  if (!(start instanceof Float32Array) || !(end instanceof Float32Array))
    throw new Error('Expected latents in fp32.')
  const data = start.map((x, at) => x + share * ((end[at] ?? 0) - x))
  return { dtype: 'float32', shape: from?.shape ?? [], data }
}
