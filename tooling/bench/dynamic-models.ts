// The models that dynamic int8 is timed on: every kind of operator that it codes, and convolutional models of all sizes.
import { readFile } from 'node:fs/promises'
import type { Feeds, Model } from '@damson/core'
import { feedsFor } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { sentences, unigramTokenizer } from '../../packages/quantizers/test/sentences.ts'

export interface DynamicModel {
  readonly name: string
  readonly path: string
  /** The first is timed; all of them are learnt from. */
  readonly samples: (model: Model) => Promise<readonly Feeds[]>
}

const generated =
  (dims: Readonly<Record<string, number>> = {}) =>
  async (model: Model): Promise<readonly Feeds[]> =>
    [1, 2, 3, 4].map(seed => feedsFor(model.part('model').graph, { seed, dims }))

/** Sentences of the sentence encoder, the longest first. */
async function sentenceFeeds(): Promise<readonly Feeds[]> {
  const vocabulary: readonly (readonly [string, number])[] = JSON.parse(
    await readFile(requireZoo('models/use_lite.vocab.json'), 'utf8'),
  )
  const tokenize = unigramTokenizer(vocabulary)
  return sentences
    .slice(0, 40)
    .map(text => tokenize(text))
    .toSorted((a, b) => b.length - a.length)
    .map(ids => ({ input_ids: { dtype: 'int64', shape: [1, ids.length], data: BigInt64Array.from(ids, BigInt) } }))
} // prettier-ignore

const model = (name: string, path: string, samples = generated()): DynamicModel => ({
  name,
  path,
  samples,
})

export const dynamicModels: readonly DynamicModel[] = [
  model('use_lite', 'models/use_lite.onnx', sentenceFeeds),
  model('stories260K', 'models/stories260K.onnx'),
  model('text_encoder', 'emoji/emoji-unet/text_encoder/model.onnx'),
  model('unet', 'emoji/emoji-unet/unet/model.onnx'),
  model('ddpm_fashion_28', 'models/ddpm_fashion_28.onnx'),
  model('yolox_nano_coco', 'models/yolox_nano_coco.onnx'),
  model('esrgan_rdn_x2_slim', 'models/esrgan_rdn_x2_slim.onnx'),
  model('ultraface_rfb320', 'models/ultraface_rfb320.onnx'),
  model('mnist8', 'models/mnist8.onnx'),
  model('magika_v3_3', 'models/magika_v3_3.onnx'),
  model('dtln_1', 'models/dtln_1.onnx'),
  model('dtln_2', 'models/dtln_2.onnx'),
  model('gtcrn_simple', 'models/gtcrn_simple.onnx'),
  model('basic_pitch_nmp', 'models/basic_pitch_nmp.onnx'),
]
