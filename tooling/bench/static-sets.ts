// The models that static int8 is judged on, with real inputs where there are some: what calibrates never judges.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Feeds, Runtime } from '@damson/core'
import { requireZoo } from '@damson/zoo'
import { sentences, unigramTokenizer } from '../../packages/quantizers/test/sentences.ts'
import { seededRandom } from '../../packages/testing/src/seeded.ts'
import { denoise } from './static-denoised.ts'
import { emojiPictures, imageFeed, scene } from './static-drawn.ts'
import { bytesFeed, manyFiles } from './static-files.ts'

export interface InputSet {
  readonly name: string
  readonly path: string
  /** Where the inputs come from, for the page. */
  readonly inputs: string
  readonly calibration: readonly Feeds[]
  readonly evaluation: readonly Feeds[]
  /** It answers with the greatest output. */
  readonly classifies?: true
}

type Make = (runtime: Runtime) => Promise<InputSet>

const root = fileURLToPath(new URL('../..', import.meta.url))

/** By name. */
export const inputSets: Readonly<Record<string, Make>> = {
  use_lite: sentenceSet,
  yolox: sceneSet,
  ddpm: denoisingSet,
  rdn: pictureSet,
  mnist8: digitSet,
  magika: fileSet,
}

async function sentenceSet(): Promise<InputSet> {
  const vocabulary: readonly (readonly [string, number])[] = JSON.parse(await readFile(requireZoo('models/use_lite.vocab.json'), 'utf8'))
  const tokenize = unigramTokenizer(vocabulary)
  const rows = sentences.map(text => tokenize(text))
  // Sentences of unequal length, padded to batches of four with zeros.
  const batches = Array.from({ length: rows.length / 4 }, (_, at): Feeds => {
    const some = rows.slice(4 * at, 4 * at + 4)
    const width = Math.max(...some.map(ids => ids.length))
    const data = BigInt64Array.from(some.flatMap(ids => [...ids, ...Array.from({ length: width - ids.length }, () => 0)]), BigInt)
    return { input_ids: { dtype: 'int64', shape: [some.length, width], data } }
  })
  const inputs = 'English sentences, batches of 4 padded'
  return { name: 'USE-Lite', path: 'models/use_lite.onnx', inputs, calibration: batches.slice(0, 12), evaluation: batches.slice(12) }
} // prettier-ignore

async function sceneSet(runtime: Runtime): Promise<InputSet> {
  const scenes = async (
    prompts: readonly number[],
    count: number,
    seed: number,
  ): Promise<readonly Feeds[]> => {
    const pictures = await emojiPictures(runtime, prompts)
    const random = seededRandom(seed)
    return Array.from({ length: count }, () => ({ images: imageFeed(scene(pictures, 416, random), 'bgr') }))
  }
  return {
    name: 'YOLOX-nano',
    path: 'models/yolox_nano_coco.onnx',
    inputs: 'drawn scenes with pictures of the emoji models',
    calibration: await scenes([0, 2, 4, 6], 12, 1),
    evaluation: await scenes([1, 3, 5, 7], 10, 2),
  }
}

async function denoisingSet(runtime: Runtime): Promise<InputSet> {
  const path = 'models/ddpm_fashion_28.onnx'
  const feeds = async (seed: number): Promise<readonly Feeds[]> =>
    (await denoise(runtime, path, { batch: 4, steps: 16, seed })).feeds
  const inputs = 'calls of a denoising loop of 16 steps, batch 4'
  return { name: 'DDPM U-Net', path, inputs, calibration: await feeds(1), evaluation: await feeds(2) }
}

async function pictureSet(runtime: Runtime): Promise<InputSet> {
  const feeds = async (prompts: readonly number[]): Promise<readonly Feeds[]> =>
    (await emojiPictures(runtime, prompts)).map(picture => ({ LR: imageFeed(picture, 'rgb') }))
  return {
    name: 'RDN ×2',
    path: 'models/esrgan_rdn_x2_slim.onnx',
    inputs: 'pictures of the emoji models, 64×64',
    calibration: await feeds([0, 2, 4, 6]),
    evaluation: await feeds([1, 3, 5, 7]),
  }
}

async function digitSet(runtime: Runtime): Promise<InputSet> {
  const digits = async (seed: number, batch: number): Promise<readonly Feeds[]> => {
    const { pictures } = await denoise(runtime, 'models/ddpm_mnist_28.onnx', { batch, steps: 12, seed })
    return pictures.map(picture => ({ Input3: { dtype: 'float32', shape: [1, 1, 28, 28], data: onBlack(picture) } }))
  }
  const evaluation: Feeds[] = []
  for (let seed = 2; seed < 12; seed++) evaluation.push(...(await digits(seed, 100)))
  const inputs = 'digits drawn by ddpm_mnist_28 in 12 steps'
  return { name: 'mnist8', path: 'models/mnist8.onnx', inputs, calibration: await digits(1, 64), evaluation, classifies: true }
} // prettier-ignore

/** 0…255. Greys of the model drift from picture to picture; the classifier knows digits on black. */
function onBlack(picture: Float32Array): Float32Array {
  const [paper = 0, ink = 1] = [0.5, 1].map(
    share => picture.toSorted()[Math.round(share * (picture.length - 1))],
  )
  return picture.map(value => 255 * Math.max(0, (value - paper) / (ink - paper)))
}

async function fileSet(): Promise<InputSet> {
  const files = await manyFiles(root, 1160)
  const feeds = (await Promise.all(files.map(bytesFeed))).flatMap(bytes => (bytes ? [{ bytes }] : []))
  return {
    name: 'Magika',
    path: 'models/magika_v3_3.onnx',
    inputs: 'files of this repository and its packages',
    calibration: feeds.filter((_, at) => at % 24 === 0),
    evaluation: feeds.filter((_, at) => at % 24 !== 0),
    classifies: true,
  }
}
