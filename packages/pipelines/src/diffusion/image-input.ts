// What a run that makes pictures may be asked, and what it gives.
import type { Generation, TensorData } from '@damson/core'
import type { Picture } from '../images/picture.ts'
import type { FloatTensor } from '../tensors.ts'
import type { Conditioning } from './denoiser.ts'
import type { SchedulerChoice } from './model-scheduler.ts'

/** A step of a run that is done. */
export interface ImageStep {
  /** From 1 to `steps`. */
  readonly step: number
  readonly steps: number
  readonly timestep: number
  /** [rows, channels, height, width], after the step. */
  readonly latents: FloatTensor
  /** Decodes the pictures as they can be guessed now. Costs a run of the decoder; call it before the callback returns. */
  preview(): Promise<readonly Picture[]>
}

export interface TextToImageInput {
  /** One prompt or several; none for unconditional models, or with `conditioning`. */
  readonly prompt?: string | readonly string[]
  /** What to keep away from: one for all prompts, or one each. Default empty. */
  readonly negativePrompt?: string | readonly string[]
  /** Instead of prompts, for models without text encoders: states and pooled rows, one row a prompt. */
  readonly conditioning?: Conditioning
  readonly negativeConditioning?: Conditioning
  /** Default 1. */
  readonly imagesPerPrompt?: number
  /** Steps of the scheduler; default that of diffusers for the class: 50, Flux and SD3 28, LCM 4. */
  readonly steps?: number
  /** Scale of classifier-free guidance (1: none), or, for models that embed guidance, what they are told. Default that of diffusers. */
  readonly guidance?: number
  /** Classifier-free guidance on top, for models that embed guidance. Default 1: none. */
  readonly trueGuidance?: number
  /** Both branches in one run of twice the rows (default), or one after the other in half the memory. */
  readonly guidanceMode?: 'batched' | 'sequential'
  /** Of the first picture, the next have the next ones; or one for each picture. Default 0. The same seed makes the same noise anywhere. */
  readonly seed?: number | readonly number[]
  /** Pixels; default the size that the model was trained at. */
  readonly width?: number
  readonly height?: number
  /** Start noise instead of the seed's [pictures, channels, height, width], standard normal. */
  readonly latents?: TensorData
  readonly scheduler?: SchedulerChoice
  /** DDIM: share of DDPM's noise. Default 0. */
  readonly eta?: number
  /** `latents` leaves out the decoder. Default `pictures`. */
  readonly output?: 'pictures' | 'latents'
  /** Overrides of live parameters of the model's steps (`Generation.controls`). */
  readonly controls?: Generation['controls']
  readonly signal?: AbortSignal
  /** Called after each step, and waited for. */
  readonly onStep?: (step: ImageStep) => void | Promise<void>
}

export interface ImageResult {
  /** Empty where only latents were asked for. */
  readonly pictures: readonly Picture[]
  /** [pictures, channels, height, width]; what `latents` of later versions of a run can be compared with. */
  readonly latents: FloatTensor
  readonly seeds: readonly number[]
}
