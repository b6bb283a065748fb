// The autoencoder around a latent denoiser: pictures to latents and back, picture by picture, so that memory does not grow
// with the batch and a batch gives what its members give.
import type { Model, TensorData } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { RecordedRun } from '@damson/runtime'
import { numberIn, readJsonFile, type Json } from '../model-files.ts'
import { ownParts } from '../own-parts.ts'
import { floatTensor, numbersOf, stacked, tensorAs, type FloatTensor } from '../tensors.ts'

export interface Autoencoder {
  /** Picture pixels along a latent pixel. */
  readonly factor: number
  readonly config: Json
  /** Latents [rows, c, h, w] to pictures [rows, 3, H, W] in −1…1. */
  decode(run: RecordedRun, latents: FloatTensor): Promise<FloatTensor>
  /** Pictures [rows, 3, H, W] to latents; `noise` as long as the latents draws from the posterior, none takes its mean. */
  encode(run: RecordedRun, pictures: FloatTensor, noise?: Float32Array): Promise<FloatTensor>
}

const standardFactor = 8

/** The autoencoder of a model; parts that are missing are an error when they are needed. */
export async function openAutoencoder(model: Model): Promise<Autoencoder> {
  const config =
    (await readJsonFile(model, 'vae_decoder/config.json')) ??
    (await readJsonFile(model, 'vae/config.json')) ??
    {}
  if (config['latents_mean'] || config['latents_std']) {
    throw new DamsonError(
      'autoencoder',
      'Expected an autoencoder with one scaling factor, got one with latents_mean and latents_std; these are not supported.',
    )
  }
  const scale = numberIn(config, 'scaling_factor') ?? 1
  const shift = numberIn(config, 'shift_factor') ?? 0
  const levels = config['block_out_channels']
  return {
    factor: Array.isArray(levels) ? 2 ** (levels.length - 1) : standardFactor,
    config,
    async decode(run, latents) {
      const plain = latents.data.map(value => value / scale + shift)
      return eachRow(floatTensor(latents.shape, plain), row => runPart(model, run, 'vae_decoder', row))
    },
    async encode(run, pictures, noise) {
      const parameters = await eachRow(pictures, row => runPart(model, run, 'vae_encoder', row))
      const drawn = posterior(parameters, noise)
      return floatTensor(
        drawn.shape,
        drawn.data.map(value => (value - shift) * scale),
      )
    },
  }
}

async function eachRow(
  tensor: FloatTensor,
  run: (row: FloatTensor) => Promise<FloatTensor>,
): Promise<FloatTensor> {
  const [rows = 0, ...rest] = tensor.shape
  const size = tensor.data.length / Math.max(1, rows)
  const done: FloatTensor[] = []
  for (let row = 0; row < rows; row++)
    done.push(await run(floatTensor([1, ...rest], tensor.data.slice(row * size, (row + 1) * size))))
  return stacked(done)
}

async function runPart(model: Model, run: RecordedRun, name: string, row: FloatTensor): Promise<FloatTensor> {
  const part = ownParts(model).get(name)
  if (!part) {
    throw new DamsonError(
      'missing-part',
      `Expected a part ${name}, got ${[...model.parts.keys()].join(', ')}. Ask for latents instead of pictures.`,
    )
  }
  const input = part.graph.requiredInputs()[0]
  const dtype = input?.type?.kind === 'tensor' ? (input.type.dtype ?? 'float32') : 'float32'
  const outputs = await run(name, { [input?.name ?? 'sample']: tensorAs(dtype, row.shape, row.data) })
  const first: TensorData | undefined = Object.values(outputs)[0]
  if (!first) throw new DamsonError('missing-part', `Expected an output of ${name}, got none.`)
  return floatTensor(first.shape, numbersOf(first))
}

/** mean + noise · exp(logvar/2) of [rows, 2c, h, w], whose channels are means, then logarithms of variances. */
function posterior(parameters: FloatTensor, noise: Float32Array | undefined): FloatTensor {
  const [rows = 0, both = 0, h = 0, w = 0] = parameters.shape
  const half = (both / 2) * h * w
  const data = new Float32Array(rows * half)
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < half; i++) {
      const mean = parameters.data[row * 2 * half + i] ?? 0
      const log = Math.max(-30, Math.min(20, parameters.data[(row * 2 + 1) * half + i] ?? 0))
      data[row * half + i] = noise ? mean + Math.exp(log / 2) * (noise[row * half + i] ?? 0) : mean
    }
  }
  return floatTensor([rows, both / 2, h, w], data)
}
