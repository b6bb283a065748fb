// What a small denoising U-Net is fed while it makes pictures (DDIM, Song et al. 2020, η = 0), and the pictures: handwritten digits
// for a classifier, steps of the loop for the U-Net itself.
//   x₀ = (x_t − √(1 − ᾱ_t)·ε) / √ᾱ_t within ±1,   x_s = √ᾱ_s·x₀ + √(1 − ᾱ_s)·ε
import type { Feeds, Runtime } from '@damson/core'
import { requireZoo } from '@damson/zoo'
import { readModel } from '../../packages/quantizers/test/read-model.ts'
import { seededNormal } from '../../packages/testing/src/seeded.ts'

/** ᾱ of 1,000 steps, β from 1e-4 to 0.02. */
const alphas = Float64Array.from({ length: 1000 }, (_, t) => 1 - (1e-4 + ((0.02 - 1e-4) * t) / 999))
alphas.forEach((alpha, t) => (alphas[t] = alpha * (alphas[t - 1] ?? 1)))

const side = 28
const pixels = side * side

export interface Denoised {
  /** Pixels in −1…1, one picture after the other. */
  readonly pictures: readonly Float32Array[]
  /** What the model was fed, call by call. */
  readonly feeds: readonly Feeds[]
}

/** Makes `batch` pictures at once in so many steps. */
export async function denoise(
  runtime: Runtime,
  path: string,
  { batch, steps, seed }: { readonly batch: number; readonly steps: number; readonly seed: number },
): Promise<Denoised> {
  const live = await runtime.open(await readModel(requireZoo(path)))
  let x = Float32Array.from(seededNormal(seed, batch * pixels))
  const feeds: Feeds[] = []
  for (let step = steps; step > 0; step--) {
    const [t, s] = [step, step - 1].map(each => Math.max(0, Math.round((each * 1000) / steps) - 1))
    const times = BigInt64Array.from({ length: batch }, () => BigInt(t ?? 0))
    const fed: Feeds = {
      sample: { dtype: 'float32', shape: [batch, 1, side, side], data: x },
      timestep: { dtype: 'int64', shape: [batch], data: times },
    }
    feeds.push(fed)
    const { noise_pred: predicted } = await live.run('model', fed)
    const [now, next] = [alphas[t ?? 0] ?? 1, step === 1 ? 1 : (alphas[s ?? 0] ?? 1)]
    x = x.map((value, at) => {
      const noise = Number(predicted?.data[at] ?? 0)
      const clean = Math.min(1, Math.max(-1, (value - Math.sqrt(1 - now) * noise) / Math.sqrt(now)))
      return Math.sqrt(next) * clean + Math.sqrt(1 - next) * noise
    })
  }
  await live.close()
  const pictures = Array.from({ length: batch }, (_, at) => x.slice(at * pixels, (at + 1) * pixels))
  return { pictures, feeds }
}
