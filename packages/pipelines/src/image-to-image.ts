// Pictures from a picture and a prompt: noise up to a middle level of the schedule, then denoising from there (Meng et al.
// 2021, SDEdit, arXiv 2108.01073).
import type { Model } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { ImageResult, TextToImageInput } from './diffusion/image-input.ts'
import { openImageModel } from './diffusion/image-model.ts'
import { finishRun, prepareRun, startNoise } from './diffusion/image-run.ts'
import { encodedRows, startedAt } from './diffusion/start-picture.ts'
import type { Picture } from './images/picture.ts'
import { openPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts'
import { floatTensor } from './tensors.ts'

export interface ImageToImageInput extends TextToImageInput {
  /** The picture to begin from; its size is the default size, other sizes are resampled. */
  readonly picture: Picture
  /** How much is drawn anew, in 0…1: the share of the steps that are run. Default 0.8. */
  readonly strength?: number
}

export type ImageToImage = Pipeline<ImageToImageInput, ImageResult>

const defaultStrength = 0.8

/** An image-to-image pipeline; needs the part vae_encoder. */
export async function imageToImage(model: Model, options: PipelineOptions = {}): Promise<ImageToImage> {
  const opened = await openImageModel(model)
  return openPipeline<ImageToImageInput, ImageResult>(model, options, async (begin, input) => {
    const { picture, strength = defaultStrength } = input
    checkStrength(strength)
    const sized = { width: picture.width, height: picture.height, ...input }
    const prepared = await prepareRun(opened, begin, sized, strength)
    const clean = await encodedRows(opened, prepared, picture)
    const noise = startNoise(prepared, input)
    const at = startedAt(prepared, strength)
    const latents = floatTensor(clean.shape, prepared.schedule.addNoise(clean.data, noise.data, at))
    return finishRun(opened, prepared, input, { begin: at, latents })
  })
}

/** Throws `input` unless 0 < strength ≤ 1. */
export function checkStrength(strength: number): void {
  if (strength > 0 && strength <= 1) return
  throw new DamsonError('input', `Expected a strength above 0 and up to 1, got ${strength}.`)
}
