// A diffusion model taken apart: denoiser, autoencoder, text encoders, scheduler, and the size that it was trained at.
import type { Model } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { numberIn, readJsonFile } from '../model-files.ts'
import { openAutoencoder, type Autoencoder } from './autoencoder.ts'
import { openDenoiser, type Denoiser, type LatentSize } from './denoiser.ts'
import {
  chooseScheduler,
  readScheduler,
  type ModelScheduler,
  type SchedulerChoice,
} from './model-scheduler.ts'
import { openTextEncoders, type EncodePrompt } from './text-conditioning.ts'
import type { Scheduler } from '../schedulers/scheduler.ts'

export interface ImageModel {
  readonly denoiser: Denoiser
  /** Undefined where the denoiser works on pixels. */
  readonly autoencoder: Autoencoder | undefined
  readonly encodePrompt: EncodePrompt | undefined
  /** SDXL: without a negative prompt its branch is zeros, not the empty prompt. */
  readonly zeroNegative: boolean
  readonly defaults: Defaults
  scheduler(choice: SchedulerChoice | undefined): Scheduler
  /** Latent size of a picture size; the default size where none is given. Throws `size`. */
  sizes(
    width: number | undefined,
    height: number | undefined,
  ): { readonly latent: LatentSize; readonly picture: readonly [number, number] }
}

interface Defaults {
  readonly steps: number
  readonly guidance: number
}

/** The defaults of diffusers. */
const defaults: Readonly<Record<Denoiser['kind'], Defaults>> = {
  'stable-diffusion': { steps: 50, guidance: 7.5 },
  'stable-diffusion-xl': { steps: 50, guidance: 5 },
  'stable-diffusion-3': { steps: 28, guidance: 7 },
  flux: { steps: 28, guidance: 3.5 },
  unconditional: { steps: 50, guidance: 1 },
}

export async function openImageModel(model: Model): Promise<ImageModel> {
  const denoiser = await openDenoiser(model)
  const pixels = denoiser.kind === 'unconditional' && !model.parts.has('vae_decoder')
  const autoencoder = pixels ? undefined : await openAutoencoder(model)
  const index = await readJsonFile(model, 'model_index.json')
  const own = await readScheduler(model)
  const scheduler = (choice: SchedulerChoice | undefined): Scheduler =>
    chooseScheduler(fallback(own, pixels), choice)
  return {
    denoiser,
    autoencoder,
    encodePrompt: await openTextEncoders(model, denoiser),
    zeroNegative: index?.['force_zeros_for_empty_prompt'] === true,
    defaults: own.name === 'LCMScheduler' ? { steps: 4, guidance: 8.5 } : defaults[denoiser.kind],
    scheduler,
    sizes: (width, height) => sizesOf(model, denoiser, autoencoder, width, height),
  }
}

/** A bare denoiser of pixels is a DDPM unless it says otherwise. */
function fallback(own: ModelScheduler, pixels: boolean): ModelScheduler {
  return own.name === undefined && pixels ? { ...own, name: 'DDPMScheduler' } : own
}

function sizesOf(
  model: Model,
  denoiser: Denoiser,
  autoencoder: Autoencoder | undefined,
  width: number | undefined,
  height: number | undefined,
): ReturnType<ImageModel['sizes']> {
  const factor = autoencoder?.factor ?? 1
  const unit = denoiser.kind === 'flux' || denoiser.kind === 'stable-diffusion-3' ? factor * 2 : factor
  const latent = numberIn(denoiser.config, 'sample_size') ?? fixedSize(model, denoiser)
  const trained = latent === undefined ? numberIn(autoencoder?.config, 'sample_size') : latent * factor
  const [w, h] = [width ?? trained, height ?? trained]
  if (w === undefined || h === undefined)
    throw new DamsonError(
      'size',
      'Expected a width and a height: the model does not say what size it was trained at.',
    )
  if (w % unit !== 0 || h % unit !== 0 || w <= 0 || h <= 0)
    throw new DamsonError('size', `Expected a width and height divisible by ${unit}, got ${w} × ${h}.`)
  return {
    latent: { channels: denoiser.channels, height: h / factor, width: w / factor },
    picture: [h, w],
  }
}

/** The height that the graph itself fixes. */
function fixedSize(model: Model, { part }: Denoiser): number | undefined {
  const input = model
    .part(part)
    .graph.requiredInputs()
    .find(({ name }) => name === 'sample')
  const dim = input?.type?.kind === 'tensor' ? input.type.shape?.[2] : undefined
  return typeof dim === 'number' && dim > 0 ? dim : undefined
}
