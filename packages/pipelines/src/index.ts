export * from './schedulers/scheduler.ts'
export { schedulerOf, type SchedulerName } from './schedulers/scheduler-of.ts'
export { ddim } from './schedulers/ddim.ts'
export { ddpm } from './schedulers/ddpm.ts'
export { dpmSolverMultistep } from './schedulers/dpm-solver-multistep.ts'
export { euler } from './schedulers/euler.ts'
export { eulerAncestral } from './schedulers/euler-ancestral.ts'
export { flowMatchEuler } from './schedulers/flow-match-euler.ts'
export { heun } from './schedulers/heun.ts'
export { lcm } from './schedulers/lcm.ts'
export { pndm } from './schedulers/pndm.ts'
export { uniPc } from './schedulers/uni-pc.ts'
export { normalNoise, type NoiseStream } from './noise/normal-noise.ts'
export { picturesOf, resized, tensorOfPicture, type Picture } from './images/picture.ts'
export { rgbaOf } from './images/rgba.ts'
export { readPicture, toPng } from './images/files.ts'
export { differenceOf, psnr, ssim } from './images/similarity.ts'
export { openTokenizer, type PromptTokenizer } from './text/tokenizer.ts'
export { textTokenizer, type TextTokenizer } from './text/text-tokenizer.ts'
export { unigramTokenizer, type UnigramOptions } from './text/unigram-tokenizer.ts'
export { llama2cTokenizer } from './text/llama2c-tokenizer.ts'
export type { FloatTensor } from './tensors.ts'
export type { Pipeline, PipelineOptions } from './pipeline.ts'
export { record } from './record-pipeline.ts'
export type { Conditioning } from './diffusion/denoiser.ts'
export type { SchedulerChoice } from './diffusion/model-scheduler.ts'
export type { ImageResult, ImageStep, TextToImageInput } from './diffusion/image-input.ts'
export { textToImage, type TextToImage } from './text-to-image.ts'
export { imageToImage, type ImageToImage, type ImageToImageInput } from './image-to-image.ts'
export { inpaint, type Inpaint, type InpaintInput } from './inpaint.ts'
export {
  textGeneration,
  type GeneratedToken,
  type TextGeneration,
  type TextGenerationInput,
  type TextGenerationOptions,
  type TextGenerationResult,
} from './text-generation.ts'
export type { Ending } from './generation/decode-rows.ts'
export { embed, type Embed, type EmbedInput, type EmbedOptions, type EmbedResult } from './embed.ts'
export type { Pooling } from './embedding/pooling.ts'
export {
  classifyImage,
  type ClassifyImage,
  type ClassifyImageInput,
  type ClassifyImageOptions,
  type ClassifyImageResult,
  type ImageClass,
} from './classify-image.ts'
export { resampled, type Resample } from './images/resample.ts'
export {
  upscale,
  type Upscale,
  type UpscaleInput,
  type UpscaleOptions,
  type UpscaleResult,
} from './upscale.ts'
export {
  detect,
  type Detect,
  type DetectInput,
  type Detection,
  type DetectOptions,
  type DetectResult,
} from './detect.ts'
export type { Box } from './vision/boxes.ts'
export { readWav, type Sound } from './audio/sound.ts'
export {
  transcribe,
  type Transcribe,
  type TranscribedPiece,
  type TranscribeInput,
  type TranscribeOptions,
  type TranscribeResult,
} from './transcribe.ts'
