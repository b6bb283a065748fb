// Part of a picture drawn anew: where the mask is dark, each step puts the noised original back; models made for it (nine
// channels) see the mask and the rest of the picture instead, and draw all of it.
import type { Model } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { ImageResult } from './diffusion/image-input.ts'
import { openImageModel, type ImageModel } from './diffusion/image-model.ts'
import { finishRun, prepareRun, startNoise, type Course, type ImageRun } from './diffusion/image-run.ts'
import { encodedRows, startedAt } from './diffusion/start-picture.ts'
import { checkStrength, type ImageToImageInput } from './image-to-image.ts'
import { brightness, resized, type Picture } from './images/picture.ts'
import { openPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts'
import { floatTensor, joined, type FloatTensor } from './tensors.ts'

export interface InpaintInput extends ImageToImageInput {
  /** Bright where something new shall come, dark where the picture stays. Resampled to the latents. */
  readonly mask: Picture
}

export type Inpaint = Pipeline<InpaintInput, ImageResult>

/** An inpainting pipeline, of models made for it or of any other; needs the part vae_encoder. */
export async function inpaint(model: Model, options: PipelineOptions = {}): Promise<Inpaint> {
  const opened = await openImageModel(model)
  return openPipeline<InpaintInput, ImageResult>(model, options, async (begin, input) => {
    const { picture, strength = 1 } = input
    checkStrength(strength)
    const sized = { width: picture.width, height: picture.height, ...input }
    const prepared = await prepareRun(opened, begin, sized, strength)
    const mask = latentMask(prepared, input.mask)
    const clean = await encodedRows(opened, prepared, picture)
    const course = courseOf(prepared, clean, mask, startNoise(prepared, input), strength)
    if (opened.denoiser.extraChannels === 0) return finishRun(opened, prepared, input, course)
    const beside = await besideLatents(opened, prepared, input, mask)
    return finishRun(opened, prepared, input, { begin: course.begin, latents: course.latents, beside })
  })
}

/** 1 where something new shall come, for each latent pixel. */
function latentMask({ latent }: ImageRun, mask: Picture): Float32Array {
  return brightness(resized(mask, latent.width, latent.height)).map(value => (value >= 0.5 ? 1 : 0))
}

function courseOf(
  { schedule, steps, scheduler, ...rest }: ImageRun,
  clean: FloatTensor,
  mask: Float32Array,
  noise: FloatTensor,
  strength: number,
): Course {
  const begin = startedAt({ schedule, steps, scheduler, ...rest }, strength)
  const whole = strength === 1 && begin === 0
  const latents = whole
    ? noise.data.map(value => value * schedule.startScale)
    : schedule.addNoise(clean.data, noise.data, begin)
  return {
    begin,
    latents: floatTensor(clean.shape, latents),
    between({ index, latents: drawn }) {
      const next = index + 1
      const kept =
        next < schedule.timesteps.length ? schedule.addNoise(clean.data, noise.data, next) : clean.data
      return drawn.map((value, i) => (mask[i % mask.length] === 1 ? value : (kept[i] ?? 0)))
    },
  }
}

/** Mask [rows, 1] and latents of the picture without what shall be drawn anew [rows, 4]. */
async function besideLatents(
  model: ImageModel,
  run: ImageRun,
  { picture, mask }: InpaintInput,
  latentsMask: Float32Array,
): Promise<FloatTensor> {
  if (model.denoiser.channels !== 4) {
    throw new DamsonError(
      'denoiser',
      `Expected 4 latent channels beside the mask, got ${model.denoiser.channels}.`,
    )
  }
  const bright = brightness(resized(mask, picture.width, picture.height))
  // Mid-grey is 0 between −1 and 1.
  const data = picture.data.map((byte, i) =>
    (bright[Math.floor(i / picture.channels)] ?? 0) >= 0.5 ? 128 : byte,
  )
  const hidden = await encodedRows(model, run, { ...picture, data })
  const [rows = 1, , height = 0, width = 0] = hidden.shape
  const size = 4 * height * width
  const row = (i: number): Float32Array => hidden.data.subarray(i * size, (i + 1) * size)
  const all = Array.from({ length: rows }, (_, i) => [latentsMask, row(i)]).flat()
  return floatTensor([rows, 5, height, width], joined(all))
}
