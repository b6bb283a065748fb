// The models on which block solvers are compared: what each learns from, drawn by seed, and what it is judged on, which no seed
// ever draws. Inputs are real where the zoo has them; `inputs` says what they are.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Feeds, Model, Runtime } from '@damson/core'
import { feedsFor } from '@damson/runtime'
import { seededRandom } from '@damson/testing'
import { requireZoo } from '@damson/zoo'
import { readModel } from '../../packages/quantizers/test/read-model.ts'
import { sentenceTask } from '../../packages/quantizers/test/zoo-quality.ts'
import { storyFeeds, tellStories } from '../../packages/quantizers/test/stories.ts'
import { denoisedPictures, noisedEmoji } from './denoising.ts'

/** Feeds of one model. */
export interface Lesson {
  readonly model: Model
  readonly learnt: readonly Feeds[]
  readonly judged: readonly Feeds[]
  /** Texts of the storyteller, which is judged by their perplexity too. */
  readonly told?: readonly (readonly number[])[]
}

export interface SolverModel {
  readonly name: string
  readonly inputs: string
  readonly lesson: (runtime: Runtime, seed: number) => Promise<Lesson>
}

/** Every seed draws two thirds of what may be learnt from. */
function drawn<T>(all: readonly T[], seed: number): readonly T[] {
  const random = seededRandom(seed)
  const keyed = all.map(each => ({ each, key: random() })).toSorted((a, b) => a.key - b.key)
  return keyed.slice(0, Math.ceil((2 * all.length) / 3)).map(({ each }) => each)
}

/** Feeds made from the graph alone. */
function generated(path: string, counts = { learnt: 32, judged: 12 }): SolverModel['lesson'] {
  return async (_, seed) => {
    const model = await readModel(requireZoo(path))
    const { graph } = model.part('model')
    const feeds = (from: number, count: number) =>
      Array.from({ length: count }, (_each, at) => feedsFor(graph, { seed: from + at }))
    return { model, learnt: feeds(1000 * seed, counts.learnt), judged: feeds(1, counts.judged) }
  }
}

async function sentences(_: Runtime, seed: number): Promise<Lesson> {
  const { model, samples, evaluation } = await sentenceTask()
  return {
    model,
    learnt: drawn(
      samples.map(({ feeds }) => feeds),
      seed,
    ),
    judged: evaluation,
  }
}

/** Stories of the model's own. At 0.75 its perplexity is near the 2.457 of the text on which the peers were measured. */
async function stories(runtime: Runtime, seed: number): Promise<Lesson> {
  const model = await readModel(requireZoo('models/stories260K.onnx'))
  const tell = (count: number, length: number, first: number) =>
    tellStories(model, runtime, { count, length, seed: first, temperature: 0.75 })
  const told = await tell(32, 256, 5001)
  return {
    model,
    learnt: (await tell(32, 128, seed)).map(each => storyFeeds([each])),
    judged: told.map(each => storyFeeds([each])),
    told,
  }
}

/**
 * Files of this repository, as the file-type classifier reads them. It is sure of most, and those say nothing of a quantizer:
 * of 33 files three decided the figure, which rose and fell by 9 dB as files were edited, and of 240 by 3 dB, so all are judged on
 * that are not learnt from: every second one.
 */
async function files(_: Runtime, seed: number): Promise<Lesson> {
  const model = await readModel(requireZoo('models/magika_v3_3.onnx'))
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const paths = ['apps', 'docs', 'packages', 'tooling'].flatMap(folder =>
    readdirSync(`${root}/${folder}`, { withFileTypes: true, recursive: true })
      .filter(
        each =>
          each.isFile() && !/[\\/](node_modules|dist|reports|\.turbo)[\\/]?/.test(`${each.parentPath}/`),
      )
      .map(each => `${each.parentPath}/${each.name}`)
      .toSorted(),
  )
  const fed = new Map(
    paths.map(path => bytesOf(readFileSync(path))).map(bytes => [bytes.data.join(), { bytes }]),
  )
  const all = [...fed.values()]
  const [judged, others] = [0, 1].map(first => all.filter((_each, at) => at % 2 === first))
  const learnt = Array.from(
    { length: 96 },
    (_each, at) => others?.[Math.floor((at * others.length) / 96)] ?? {},
  )
  return { model, learnt: drawn(learnt, seed), judged: judged ?? [] }
}

/** Magika reads 1,024 bytes of the head and of the tail; 256 stands for none. */
function bytesOf(file: Buffer) {
  const data = new Int32Array(2048).fill(256)
  data.set(file.subarray(0, 1024))
  const tail = file.subarray(Math.max(0, file.length - 1024))
  data.set(tail, 2048 - tail.length)
  return { dtype: 'int32', shape: [1, 2048], data } as const
}

const emoji = 'emoji/emoji-unet/'

export const solverModels: readonly SolverModel[] = [
  { name: 'use_lite', inputs: 'English sentences', lesson: sentences },
  { name: 'stories260K', inputs: 'stories of its own', lesson: stories },
  {
    name: 'emoji U-Net',
    inputs: 'noised golden latents; judged on other prompts',
    lesson: (runtime, seed) => noisedEmoji(runtime, seed, 'unet'),
  },
  {
    name: 'emoji transformer',
    inputs: 'noised golden latents; judged on other prompts',
    lesson: (runtime, seed) => noisedEmoji(runtime, seed, 'transformer'),
  },
  { name: 'emoji text encoder', inputs: 'made-up prompts', lesson: generated(`${emoji}text_encoder/model.onnx`) },
  { name: 'ddpm_fashion_28', inputs: 'its own denoising runs', lesson: denoisedPictures('models/ddpm_fashion_28.onnx') },
  { name: 'ddpm_mnist_28', inputs: 'its own denoising runs', lesson: denoisedPictures('models/ddpm_mnist_28.onnx') },
  { name: 'magika_v3_3', inputs: 'files of this repository', lesson: files },
  { name: 'dtln_1', inputs: 'generated', lesson: generated('models/dtln_1.onnx') },
  { name: 'dtln_2', inputs: 'generated', lesson: generated('models/dtln_2.onnx') },
  { name: 'gtcrn_simple', inputs: 'generated', lesson: generated('models/gtcrn_simple.onnx') },
  { name: 'mnist8', inputs: 'generated', lesson: generated('models/mnist8.onnx') },
] // prettier-ignore
