// Feeds of denoisers from their own loops: what the model itself makes of noise, step by step, is what it will meet.
//   ddpm: ε predicted, linear β;  unet: v predicted, scaled-linear β, both by DDIM;  flow: x ← x + (σ' − σ) v
import type { Feeds, Model, TensorData } from '@damson/core'
import type { OpenRuntime } from '@damson/runtime'
import { seededNormal, seededRandom } from '@damson/testing'
import { requireZoo } from '@damson/zoo'
import { readModel } from '../../packages/quantizers/test/read-model.ts'

export type Denoiser = 'ddpm' | 'unet' | 'flow'

interface Run {
  readonly seed: number
  readonly steps: number
}

const tensor = (shape: readonly number[], data: Float32Array): TensorData => ({
  dtype: 'float32',
  shape,
  data,
})

/** The feeds of one run from noise, a step each. */
export async function denoise(
  kind: Denoiser,
  model: Model,
  runtime: OpenRuntime,
  run: Run,
): Promise<readonly Feeds[]> {
  const live = await runtime.open(model)
  const made: Feeds[] = []
  const predict = async (feeds: Feeds): Promise<Float32Array> => {
    made.push(feeds)
    const [output] = Object.values(await live.run('model', feeds))
    if (!(output?.data instanceof Float32Array))
      throw new Error('expected a denoiser with an output in float32')
    return output.data
  }
  try {
    if (kind === 'flow')
      await flow(predict, await promptOf('emoji/emoji-transformer', runtime, run.seed), run)
    else
      await ddim(
        kind,
        predict,
        kind === 'unet' ? await promptOf('emoji/emoji-unet', runtime, run.seed) : {},
        run,
      )
    return made
  } finally {
    await live.close()
  }
}

/** What the text encoder makes of a few random words that end in padding. */
async function promptOf(folder: string, runtime: OpenRuntime, seed: number): Promise<Feeds> {
  const random = seededRandom(seed)
  const words = 1 + Math.floor(4 * random())
  const ids = Int32Array.from({ length: 24 }, (_, at) =>
    at === 0 ? 2046 : at <= words ? 256 + Math.floor(1700 * random()) : 2047,
  )
  const live = await runtime.open(await readModel(requireZoo(`${folder}/text_encoder/model.onnx`)))
  try {
    return await live.run('model', { input_ids: { dtype: 'int32', shape: [1, 24], data: ids } })
  } finally {
    await live.close()
  }
}

type Predict = (feeds: Feeds) => Promise<Float32Array>

/** ᾱ_t of a schedule of a thousand steps. */
function alphas(kind: Denoiser): readonly number[] {
  const [from, to] = kind === 'ddpm' ? [1e-4, 0.02] : [0.00085, 0.012]
  const between = (share: number): number =>
    kind === 'ddpm'
      ? from + (to - from) * share
      : (Math.sqrt(from) + (Math.sqrt(to) - Math.sqrt(from)) * share) ** 2
  let product = 1
  return Array.from({ length: 1000 }, (_, t) => (product *= 1 - between(t / 999)))
}

async function ddim(
  kind: 'ddpm' | 'unet',
  predict: Predict,
  prompt: Feeds,
  { seed, steps }: Run,
): Promise<void> {
  const shape = kind === 'ddpm' ? [1, 1, 28, 28] : [1, 4, 16, 16]
  const table = alphas(kind)
  let x = seededNormal(
    seed,
    shape.reduce((a, b) => a * b, 1),
    1,
  )
  for (let step = 0; step < steps; step++) {
    const [t, next] = [Math.round(999 * (1 - step / steps)), Math.round(999 * (1 - (step + 1) / steps))]
    const timestep: TensorData = {
      dtype: 'int64',
      shape: kind === 'ddpm' ? [1] : [],
      data: BigInt64Array.of(BigInt(t)),
    }
    const hidden = prompt['last_hidden_state']
    const feeds = { sample: tensor(shape, x), timestep, ...(hidden ? { encoder_hidden_states: hidden } : {}) }
    const predicted = await predict(feeds)
    const [a, b] = [Math.sqrt(table[t] ?? 1), Math.sqrt(1 - (table[t] ?? 1))]
    const [a2, b2] = [Math.sqrt(table[next] ?? 1), Math.sqrt(1 - (table[next] ?? 1))]
    x = x.map((value, at) => {
      const p = predicted[at] ?? 0
      const clean = kind === 'ddpm' ? Math.max(-1.5, Math.min(1.5, (value - b * p) / a)) : a * value - b * p
      return a2 * clean + (b2 * (value - a * clean)) / b
    })
  }
}

async function flow(predict: Predict, prompt: Feeds, { seed, steps }: Run): Promise<void> {
  let x = seededNormal(seed, 64 * 16, 1)
  const places = Float32Array.from(
    { length: 64 * 3 },
    (_, at) => [0, Math.floor(at / 24), Math.floor(at / 3) % 8][at % 3] ?? 0,
  )
  const { last_hidden_state: hidden, pooler_output: pooled } = prompt
  if (!hidden || !pooled) throw new Error('expected a text encoder that gives states and a pooled one')
  for (let step = 0; step < steps; step++) {
    const [sigma, next] = [1 - step / steps, 1 - (step + 1) / steps]
    const v = await predict({
      hidden_states: tensor([1, 64, 16], x),
      encoder_hidden_states: hidden,
      pooled_projections: pooled,
      timestep: tensor([1], Float32Array.of(sigma)),
      txt_ids: tensor([24, 3], new Float32Array(72)),
      img_ids: tensor([64, 3], places),
    })
    x = x.map((value, at) => value + (next - sigma) * (v[at] ?? 0))
  }
}
