// What denoisers meet on their way from noise to a picture: for the small DDPMs their own runs (DDIM, ten steps), for the emoji
// models the golden latents with noise of a random time.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Feeds, Model, Runtime, TensorData } from '@damson/core'
import { feedsFor, readNpy } from '@damson/runtime'
import { seededNormal, seededRandom } from '@damson/testing'
import { requireZoo } from '@damson/zoo'
import { readModel } from '../../packages/quantizers/test/read-model.ts'
import type { Lesson } from './solver-models.ts'

const floats = (shape: readonly number[], data: Float32Array): TensorData => ({
  dtype: 'float32',
  shape,
  data,
})
const long = (shape: readonly number[], value: number): TensorData => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.of(BigInt(value)),
})

/** Runs of a DDPM of 28 × 28 pictures; learnt from four, judged on two of other noise. */
export function denoisedPictures(path: string): (runtime: Runtime, seed: number) => Promise<Lesson> {
  return async (runtime, seed) => {
    const model = await readModel(requireZoo(path))
    const runs = async (seeds: readonly number[]): Promise<readonly Feeds[]> => {
      const found: Feeds[] = []
      for (const each of seeds) found.push(...(await denoise(model, runtime, each)))
      return found
    }
    return { model, learnt: await runs([1, 2, 3, 4].map(at => 100 * seed + at)), judged: await runs([1, 2]) }
  }
}

/** DDPM's times: T = 1000, β from 1e-4 to 0.02. */
const pictureAlphas = alphasOf(at => 1e-4 + (0.02 - 1e-4) * at)
/** Stable Diffusion's: √β from √0.00085 to √0.012. */
const latentAlphas = alphasOf(at => (Math.sqrt(0.00085) + (Math.sqrt(0.012) - Math.sqrt(0.00085)) * at) ** 2)

function alphasOf(beta: (at: number) => number): readonly number[] {
  let product = 1
  return Array.from({ length: 1000 }, (_, t) => (product *= 1 - beta(t / 999)))
}

/** What the model was fed with on ten steps of DDIM from the noise of a seed. */
async function denoise(model: Model, runtime: Runtime, seed: number): Promise<readonly Feeds[]> {
  const live = await runtime.open(model)
  const shape = [1, 1, 28, 28]
  const fed: Feeds[] = []
  let x = seededNormal(seed, 784)
  try {
    for (let t = 999; t > 0; t -= 111) {
      const feeds = { sample: floats(shape, x), timestep: long([1], t) }
      fed.push(feeds)
      const noise = (await live.run('model', feeds))['noise_pred']?.data
      const [now, next] = [pictureAlphas[t] ?? 1, pictureAlphas[t - 111] ?? 1]
      x = x.map((value, at) => {
        const e = Number(noise?.[at])
        const picture = Math.max(-1, Math.min(1, (value - Math.sqrt(1 - now) * e) / Math.sqrt(now)))
        return Math.sqrt(next) * picture + Math.sqrt(1 - next) * e
      })
    }
    return fed
  } finally {
    await live.close()
  }
}

/** Golden latents of the first six prompts are learnt from, those of the other two judged on; each with three random times. */
export async function noisedEmoji(
  runtime: Runtime,
  seed: number,
  part: 'unet' | 'transformer',
): Promise<Lesson> {
  const model = await readModel(requireZoo(`emoji/emoji-${part}/${part}/model.onnx`))
  const texts = await textStates(runtime)
  const folder = requireZoo(`emoji/golden/emoji-${part}`)
  const latents = readdirSync(folder).filter(name => name.endsWith('-latent.npy'))
  const promptOf = (name: string): number => Number(/-(\d+)-/.exec(name)?.[1])
  const make = (names: readonly string[], first: number): readonly Feeds[] =>
    names.flatMap((name, at) => {
      const latent = Float32Array.from(readNpy(readFileSync(join(folder, name))).data, Number)
      const text = texts[promptOf(name)] ?? {}
      return [0, 1].map(each => noisy[part](latent, text, first + 2 * at + each))
    })
  const learnt = latents.filter(name => promptOf(name) < 6)
  const judged = latents.filter(name => promptOf(name) >= 6)
  return { model, learnt: make(learnt, 10_000 * seed), judged: make(judged, 1) }
}

/** The text encoder's outputs for a made-up prompt each: what decides here is that they differ. */
async function textStates(runtime: Runtime): Promise<readonly Feeds[]> {
  const encoder = await readModel(requireZoo('emoji/emoji-unet/text_encoder/model.onnx'))
  const live = await runtime.open(encoder)
  try {
    const states: Feeds[] = []
    for (let seed = 0; seed < 8; seed++) {
      const dims = { batch_size: 1, sequence_length: 24 }
      states.push(await live.run('model', feedsFor(encoder.part('model').graph, { seed, dims })))
    }
    return states
  } finally {
    await live.close()
  }
}

/** Latents [4, 16, 16] as 64 tokens, each the 2 × 2 places of four channels. */
function packed(latent: Float32Array): Float32Array {
  return latent.map((_, at) => {
    const [token, channel, row, column] = [at >> 4, (at >> 2) & 3, (at >> 1) & 1, at & 1]
    return latent[channel * 256 + (2 * (token >> 3) + row) * 16 + 2 * (token & 7) + column] ?? 0
  })
}

type Noisy = (latent: Float32Array, text: Feeds, seed: number) => Feeds

const noisy: Readonly<Record<'unet' | 'transformer', Noisy>> = {
  // x_t = √ᾱ x₀ + √(1 − ᾱ) n
  unet: (latent, text, seed) => {
    const t = Math.floor(1000 * seededRandom(seed)())
    const [n, alpha] = [seededNormal(seed, latent.length), latentAlphas[t] ?? 1]
    const x = latent.map((value, at) => Math.sqrt(alpha) * value + Math.sqrt(1 - alpha) * (n[at] ?? 0))
    return {
      sample: floats([1, 4, 16, 16], x),
      timestep: long([], t),
      encoder_hidden_states: text['last_hidden_state'] ?? floats([1, 0, 192], new Float32Array()),
    }
  },
  // x_σ = (1 − σ) x₀ + σ n, packed as 64 tokens of 16
  transformer: (latent, text, seed) => {
    const sigma = seededRandom(seed)()
    const n = seededNormal(seed, latent.length)
    const x = packed(latent).map((value, at) => (1 - sigma) * value + sigma * (n[at] ?? 0))
    const places = Float32Array.from({ length: 64 * 3 }, (_, at) => {
      const token = Math.floor(at / 3)
      return [0, Math.floor(token / 8), token % 8][at % 3] ?? 0
    })
    return {
      hidden_states: floats([1, 64, 16], x),
      encoder_hidden_states: text['last_hidden_state'] ?? floats([1, 0, 192], new Float32Array()),
      pooled_projections: text['pooler_output'] ?? floats([1, 192], new Float32Array(192)),
      timestep: floats([1], Float32Array.of(sigma)),
      txt_ids: floats([24, 3], new Float32Array(72)),
      img_ids: floats([64, 3], places),
    }
  },
}
