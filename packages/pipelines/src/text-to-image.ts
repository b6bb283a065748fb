// Pictures from prompts, over the folders that optimum and diffusers write.
import type { Model } from '@damson/core'
import type { ImageResult, TextToImageInput } from './diffusion/image-input.ts'
import { openImageModel } from './diffusion/image-model.ts'
import { finishRun, prepareRun, startNoise } from './diffusion/image-run.ts'
import { openPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts'
import { floatTensor } from './tensors.ts'

export type TextToImage = Pipeline<TextToImageInput, ImageResult>

/**
 * A text-to-image pipeline of a Stable Diffusion 1.x/2.x, SDXL, SD3, Flux or LCM model, or of a denoiser that takes no text.
 * Throws `no-denoiser` for other models.
 */
export async function textToImage(model: Model, options: PipelineOptions = {}): Promise<TextToImage> {
  const opened = await openImageModel(model)
  return openPipeline<TextToImageInput, ImageResult>(model, options, async (begin, input) => {
    const prepared = await prepareRun(opened, begin, input)
    const start = startNoise(prepared, input)
    const scale = prepared.schedule.startScale
    const latents = floatTensor(
      start.shape,
      start.data.map(value => value * scale),
    )
    return finishRun(opened, prepared, input, { begin: 0, latents })
  })
}
