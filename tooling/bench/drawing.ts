// Generations to be compared: the emoji models' prompts, and what a picture lost and what it cost against another.
import type { Model, TensorData } from '@damson/core'
import { psnr, ssim, textToImage, type Picture, type TextToImage } from '@damson/pipelines'
import { sqnr } from '@damson/testing'
import type { OpenRuntime } from '@damson/runtime'

export const steps = 20

/** Prompts to learn from, and others to judge by. */
export const lessons: readonly string[] = [
  'smiling face', 'tiger face', 'watermelon', 'hot dog', 'mouse face', 'green apple', 'crying face', 'bread', 'lion', 'doughnut',
  'rabbit face', 'angry face',
] // prettier-ignore
export const judged: readonly string[] = [
  'pizza', 'grinning face', 'an emoji of panda face', 'red apple', 'cat face', 'hamburger', 'dog face', 'banana',
  'winking face', 'koala', 'strawberry', 'cookie', 'cow face', 'sleeping face', 'tomato', 'frog', 'pig face', 'cheese wedge',
  'kissing face', 'lemon', 'bear', 'birthday cake', 'monkey face', 'grapes', 'fox', 'taco', 'wolf', 'peach', 'chicken',
  'french fries', 'sun with face', 'kiwi fruit',
] // prettier-ignore

export interface Drawn {
  readonly picture: Picture
  readonly latents: TensorData
  readonly ms: number
}

/** A pipeline that draws the n-th of the prompts that are judged, always from the same noise. */
export interface Drawer {
  draw(at: number): Promise<Drawn>
  close(): Promise<void>
}

export async function openDrawer(
  model: Model,
  runtime: OpenRuntime,
  guidance: number,
  count = steps,
): Promise<Drawer> {
  const pipeline: TextToImage = await textToImage(model, { runtime })
  return {
    async draw(at) {
      const start = performance.now()
      const input = { prompt: judged[at] ?? '', seed: 1000 + at, steps: count, guidance }
      const { pictures, latents } = await pipeline.run(input)
      const ms = performance.now() - start
      const [picture] = pictures
      if (!picture) throw new Error('no picture')
      return { picture, latents, ms }
    },
    close: () => pipeline.close(),
  }
}

/** What a picture differs by from the one it should be. Equal pictures count as 100 dB. */
export interface Likeness {
  readonly psnr: number
  readonly ssim: number
  /** Of the latents. */
  readonly sqnr: number
}

export function likeness(reference: Drawn, drawn: Drawn): Likeness {
  const cap = (value: number): number => Math.min(100, value)
  return {
    psnr: cap(psnr(reference.picture, drawn.picture)),
    ssim: ssim(reference.picture, drawn.picture),
    sqnr: cap(sqnr({ latents: drawn.latents }, { latents: reference.latents })),
  }
}

/** Mean, and the 95 % interval of it by Student's t (n about 32: 2.04). */
export function meanInterval(values: readonly number[]): {
  readonly mean: number
  readonly low: number
  readonly high: number
} {
  const n = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, n - 1)
  const half = 2.04 * Math.sqrt(variance / n)
  return { mean, low: mean - half, high: mean + half }
}
