// The real models of the zoo with feeds to learn from and others to be judged on: sentences, stories, pictures, sounds and
// steps of denoising where a model has them. Benchmarks of quantizers share them, so that their tables can be compared.
import { readFileSync } from 'node:fs'
import type { Feeds, Model, Sample } from '@damson/core'
import type { OpenRuntime } from '@damson/runtime'
import { addQuality, isFloatOutput, sqnrOf, type QualitySums } from '@damson/runtime'
import { seededRandom } from '@damson/testing'
import { requireZoo, zooFile } from '@damson/zoo'
import { readModel } from '../../packages/quantizers/test/read-model.ts'
import { sentences, unigramTokenizer } from '../../packages/quantizers/test/sentences.ts'
import { storyFeeds, tellStories } from '../../packages/quantizers/test/stories.ts'
import { denoise, type Denoiser } from './denoising.ts'
import { audio, fileBytes, pictures, spectra, windows } from './real-feeds.ts'

/** Feeds of one seed, as many as asked for and more where that is cheaper. */
type MakeFeeds = (
  model: Model,
  runtime: OpenRuntime,
  seed: number,
  count: number,
) => Promise<readonly Feeds[]>

export interface RealModel {
  readonly name: string
  readonly path: string
  /** What the feeds are, in a word or two. */
  readonly fed: string
  readonly learnt: number
  readonly judged: number
  readonly feeds: MakeFeeds
}

/** A model with samples to learn from, and others to be judged on; the part is called `model`. */
export interface RealTask {
  readonly model: Model
  readonly samples: readonly Sample[]
  readonly evaluation: readonly Feeds[]
}

const float = (shape: readonly number[], data: Float32Array) => ({ dtype: 'float32', shape, data }) as const

const told: MakeFeeds = async (model, runtime, seed, count) =>
  (await tellStories(model, runtime, { count, length: 96, seed, temperature: 0.75 })).map(each =>
    storyFeeds([each]),
  )

/** Each seed takes its sentences in another order; those that are judged come from the other end. */
const spoken: MakeFeeds = async (_, __, seed, count) => {
  const pairs: readonly (readonly [string, number])[] = JSON.parse(
    readFileSync(requireZoo('models/use_lite.vocab.json'), 'utf8'),
  )
  const tokens = unigramTokenizer(pairs)
  const random = seededRandom(seed >> 1)
  const order = sentences.map(text => [random(), text] as const).toSorted(([a], [b]) => a - b)
  const chosen = seed % 2 === 0 ? order.slice(0, count) : order.slice(-count)
  return chosen.map(([, text]) => {
    const ids = tokens(text)
    return { input_ids: { dtype: 'int64', shape: [1, ids.length], data: BigInt64Array.from(ids, BigInt) } }
  })
}

const drawn =
  (name: string, shape: readonly [number, number, number, number], low: number, high: number): MakeFeeds =>
  async (_, __, seed, count) =>
    pictures({ shape, low, high, seed, count }).map(data => ({ [name]: float(shape, data) }))

const denoised =
  (kind: Denoiser, perRun = 10): MakeFeeds =>
  async (model, runtime, seed, count) =>
    (
      await Promise.all(
        Array.from({ length: Math.ceil(count / perRun) }, (_, at) =>
          denoise(kind, model, runtime, { seed: 100 * seed + at, steps: perRun }),
        ),
      )
    )
      .flat()
      .slice(0, count)

/** A model that hands its state on: each feed has the outputs of the one before. */
const streamed =
  (
    frames: (seed: number, count: number) => readonly Feeds[],
    states: Readonly<Record<string, string>>,
  ): MakeFeeds =>
  async (model, runtime, seed, count) => {
    const live = await runtime.open(model)
    const graph = model.part('model').graph
    let carried: Feeds = Object.fromEntries(
      graph.requiredInputs().flatMap(({ name, type }) => {
        if (!(name in states) || type?.kind !== 'tensor') return []
        const shape = (type.shape ?? []).map(Number)
        return [[name, float(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)))]]
      }),
    )
    const made: Feeds[] = []
    try {
      for (const frame of frames(seed, count)) {
        const feeds = { ...carried, ...frame }
        made.push(feeds)
        const outputs = await live.run('model', feeds)
        carried = Object.fromEntries(
          Object.entries(states).flatMap(([input, output]) => {
            const value = outputs[output]
            return value ? [[input, value]] : []
          }),
        )
      }
    } finally {
      await live.close()
    }
    return made
  }

const magnitudes = (seed: number, count: number): readonly Feeds[] =>
  spectra({ seed, count, hop: 128 }).map(({ re, im }) => ({
    input_2: float(
      [1, 1, 257],
      re.map((value, at) => Math.hypot(value, im[at] ?? 0)),
    ),
  }))
const complex = (seed: number, count: number): readonly Feeds[] =>
  spectra({ seed, count, hop: 256 }).map(({ re, im }) => ({
    mix: float(
      [1, 257, 1, 2],
      Float32Array.from({ length: 514 }, (_, at) => (at % 2 ? im : re)[at >> 1] ?? 0),
    ),
  }))
const frames = (seed: number, count: number): readonly Feeds[] =>
  windows({ seed, count, hop: 128 }).map(data => ({ input_4: float([1, 1, 512], data) }))

const sounds: MakeFeeds = async (_, __, seed, count) =>
  audio({ seed, count, length: 43_844 }).map(data => ({
    'serving_default_input_2:0': float([1, 43_844, 1], data),
  }))
const files: MakeFeeds = async (_, __, seed, count) =>
  (await fileBytes(seed, count, 2048)).map(data => ({ bytes: { dtype: 'int32', shape: [1, 2048], data } }))
const digits = drawn('Input3', [1, 1, 28, 28], 0, 255)

/** Every real model that is judged, those of the issue first. */
export const realModels: readonly RealModel[] = [
  { name: 'use_lite', path: 'models/use_lite.onnx', fed: 'sentences', learnt: 64, judged: 33, feeds: spoken },
  { name: 'stories260K', path: 'models/stories260K.onnx', fed: 'stories it tells', learnt: 32, judged: 12, feeds: told },
  { name: 'ddpm_fashion_28', path: 'models/ddpm_fashion_28.onnx', fed: 'its own steps', learnt: 40, judged: 20, feeds: denoised('ddpm') },
  { name: 'ddpm_mnist_28', path: 'models/ddpm_mnist_28.onnx', fed: 'its own steps', learnt: 40, judged: 20, feeds: denoised('ddpm') },
  { name: 'yolox_nano_coco', path: 'models/yolox_nano_coco.onnx', fed: 'drawn pictures', learnt: 8, judged: 6, feeds: drawn('images', [1, 3, 416, 416], 0, 255) },
  { name: 'esrgan_rdn_x2_slim', path: 'models/esrgan_rdn_x2_slim.onnx', fed: 'drawn pictures', learnt: 16, judged: 8, feeds: drawn('LR', [1, 3, 48, 48], 0, 255) },
  { name: 'esrgan_rdn_x4_slim', path: 'models/esrgan_rdn_x4_slim.onnx', fed: 'drawn pictures', learnt: 16, judged: 8, feeds: drawn('LR', [1, 3, 48, 48], 0, 255) },
  { name: 'ultraface_rfb320', path: 'models/ultraface_rfb320.onnx', fed: 'drawn pictures', learnt: 12, judged: 8, feeds: drawn('input', [1, 3, 240, 320], -1, 1) },
  { name: 'mnist8', path: 'models/mnist8.onnx', fed: 'drawn pictures', learnt: 64, judged: 64, feeds: digits },
  { name: 'magika_v3_3', path: 'models/magika_v3_3.onnx', fed: 'files', learnt: 32, judged: 32, feeds: files },
  { name: 'basic_pitch_nmp', path: 'models/basic_pitch_nmp.onnx', fed: 'chords', learnt: 8, judged: 4, feeds: sounds },
  { name: 'gtcrn_simple', path: 'models/gtcrn_simple.onnx', fed: 'noisy speech', learnt: 64, judged: 48, feeds: streamed(complex, { conv_cache: 'conv_cache_out', tra_cache: 'tra_cache_out', inter_cache: 'inter_cache_out' }) },
  { name: 'dtln_1', path: 'models/dtln_1.onnx', fed: 'noisy speech', learnt: 64, judged: 64, feeds: streamed(magnitudes, { input_3: 'tf_op_layer_stack_2' }) },
  { name: 'dtln_2', path: 'models/dtln_2.onnx', fed: 'noisy speech', learnt: 64, judged: 64, feeds: streamed(frames, { input_5: 'tf_op_layer_stack_5' }) },
  { name: 'emoji U-Net', path: 'emoji/emoji-unet/unet/model.onnx', fed: 'its own steps', learnt: 20, judged: 10, feeds: denoised('unet') },
  { name: 'emoji transformer', path: 'emoji/emoji-transformer/transformer/model.onnx', fed: 'its own steps', learnt: 20, judged: 10, feeds: denoised('flow') },
] // prettier-ignore

/** The task of one seed; undefined where the zoo is not whole. Seeds of learning are even, those of judging odd. */
export async function realTask(
  real: RealModel,
  runtime: OpenRuntime,
  seed: number,
): Promise<RealTask | undefined> {
  const file = zooFile(real.path)
  if (file === undefined) return undefined
  const model = await readModel(file)
  const learnt = await real.feeds(model, runtime, 2 * seed, real.learnt)
  const evaluation = await real.feeds(model, runtime, 2 * seed + 1, real.judged)
  return { model, samples: learnt.map(feeds => ({ part: 'model', feeds })), evaluation }
}

/** SQNR in dB of the worst output with a signal, sums over all evaluation feeds (DESIGN, definitions). */
export async function worstSqnr(
  { model, evaluation }: RealTask,
  made: Model,
  runtime: OpenRuntime,
): Promise<number> {
  const [exact, live] = [await runtime.open(model), await runtime.open(made)]
  const sums = new Map<string, QualitySums>()
  try {
    for (const feeds of evaluation) {
      const [want, got] = [await exact.run('model', feeds), await live.run('model', feeds)]
      for (const [name, y] of Object.entries(want)) {
        const z = got[name]
        if (z && isFloatOutput(y)) sums.set(name, addQuality(z, y, sums.get(name)))
      }
    }
  } finally {
    await exact.close()
    await live.close()
  }
  return Math.min(...[...sums.values()].filter(({ signal }) => signal > 0).map(sqnrOf))
}
