// Drawing with two models in turn, the order swapped every other prompt, so that a machine that slows down slows both.
import type { Model } from '@damson/core'
import { textToImage, type Picture, type TextToImage } from '@damson/pipelines'
import type { createRuntime } from '@damson/runtime'
import type { DrawnPair, PicturesAsked } from './pictures.ts'

/** Draws each prompt with both models. Both have drawn once before anything is timed. */
export async function drawPairs(
  models: readonly [Model, Model],
  { prompts, seed, ...asked }: PicturesAsked,
  runtime: ReturnType<typeof createRuntime>,
): Promise<readonly DrawnPair[]> {
  const [before, after] = [
    await textToImage(models[0], { runtime }),
    await textToImage(models[1], { runtime }),
  ]
  const drawn = async (pipeline: TextToImage, prompt: string, seed: number): Promise<Timed> => {
    const start = performance.now()
    const { pictures } = await pipeline.run({ ...asked, prompt, seed })
    const [picture] = pictures
    if (picture) return { picture, ms: performance.now() - start }
    throw new Error(`expected a picture of "${prompt}"`)
  }
  for (const pipeline of [before, after]) await pipeline.run({ ...asked, prompt: prompts[0] ?? '', steps: 1 })
  const pairs: DrawnPair[] = []
  for (const [i, prompt] of prompts.entries()) {
    const swapped = i % 2 === 1
    const one = await drawn(swapped ? after : before, prompt, seed + i)
    const two = await drawn(swapped ? before : after, prompt, seed + i)
    const [old, changed] = swapped ? [two, one] : [one, two]
    pairs.push({ prompt, before: old.picture, after: changed.picture, ms: [old.ms, changed.ms] })
  }
  await before.close()
  await after.close()
  return pairs
}

interface Timed {
  readonly picture: Picture
  readonly ms: number
}
