// One run that makes pictures, from what was asked to what the loop needs: rows, seeds, conditioning of both branches. Text to
// image, image to image and inpainting differ only in where they begin and what happens between steps.
import type { Begin, RecordedRun } from '@damson/runtime'
import { DamsonError } from '@damson/graph'
import { picturesOf, type Picture } from '../images/picture.ts'
import { normalNoise } from '../noise/normal-noise.ts'
import type { Schedule, Scheduler } from '../schedulers/scheduler.ts'
import { floatTensor, joined, numbersOf, repeatedRows, stacked, type FloatTensor } from '../tensors.ts'
import type { Conditioning, LatentSize } from './denoiser.ts'
import { denoise, type AfterCall, type Guidance } from './denoise.ts'
import type { ImageModel } from './image-model.ts'
import type { ImageResult, TextToImageInput } from './image-input.ts'
import { scheduleOf } from './model-scheduler.ts'

/** What is known before the first call of the denoiser. */
export interface ImageRun {
  readonly run: RecordedRun
  readonly rows: number
  readonly seeds: readonly number[]
  readonly latent: LatentSize
  readonly picture: readonly [number, number]
  readonly scheduler: Scheduler
  readonly schedule: Schedule
  readonly steps: number
  readonly guidance: Guidance
  readonly conditioning: Conditioning | undefined
  readonly unconditional: Conditioning | undefined
  /** Noise of every row, from its own seed [rows, c, h, w]. */
  noise(draw: number): FloatTensor
}

/** Where a run begins and what it does between calls. */
export interface Course {
  readonly begin: number
  readonly latents: FloatTensor
  readonly beside?: FloatTensor
  readonly between?: (after: AfterCall) => Float32Array
}

/** Reads the input, encodes the prompts, plans the schedule. `strength`: the share of the steps that will be run. */
export async function prepareRun(
  model: ImageModel,
  begin: Begin,
  input: TextToImageInput,
  strength = 1,
): Promise<ImageRun> {
  const { denoiser } = model
  const { latent, picture } = model.sizes(input.width, input.height)
  const steps = input.steps ?? model.defaults.steps
  const scheduler = model.scheduler(input.scheduler)
  const guidance = guidanceOf(model, input)
  const prompts = promptsOf(model, input)
  const each = input.imagesPerPrompt ?? 1
  const rows = prompts * each
  if (!Number.isInteger(each) || rows < 1)
    throw new DamsonError('input', `Expected imagesPerPrompt of 1 or more, got ${each}.`)
  const seeds = seedsOf(input.seed ?? 0, rows)
  const run = begin({
    ...{ steps, guidance: guidance.scale, batch: rows },
    ...(seeds[0] === undefined ? {} : { seed: seeds[0] }),
    ...(input.controls ? { controls: input.controls } : {}),
    ...(input.signal ? { signal: input.signal } : {}),
  })
  const conditioning = await conditioningOf(model, run, input, prompts, 'cond')
  const guides = conditioning !== undefined && guidance.scale > 1
  const unconditional = guides ? await conditioningOf(model, run, input, prompts, 'uncond') : undefined
  const { channels, height, width } = latent
  return {
    ...{ run, rows, seeds, latent, picture, scheduler, steps, guidance },
    schedule: scheduleOf(scheduler, denoiser, latent, {
      ...{ steps, strength },
      ...(input.eta === undefined ? {} : { eta: input.eta }),
    }),
    conditioning: conditioning && repeatedConditioning(conditioning, each),
    unconditional: unconditional && repeatedConditioning(unconditional, each),
    noise: draw =>
      floatTensor(
        [rows, channels, height, width],
        joined(seeds.map(seed => normalNoise(channels * height * width, { seed, draw }))),
      ),
  }
}

function guidanceOf({ denoiser, defaults }: ImageModel, input: TextToImageInput): Guidance {
  const embedded = input.guidance ?? defaults.guidance
  const scale = denoiser.embedsGuidance ? (input.trueGuidance ?? 1) : embedded
  return { scale, mode: input.guidanceMode ?? 'batched', embedded }
}

/** The start noise: given, or from the seeds. */
export function startNoise({ noise, latent, rows }: ImageRun, { latents }: TextToImageInput): FloatTensor {
  if (!latents) return noise(0)
  const wanted = [rows, latent.channels, latent.height, latent.width]
  if (latents.shape.join() === wanted.join()) return floatTensor(wanted, numbersOf(latents))
  throw new DamsonError(
    'input',
    `Expected latents [${wanted.join(', ')}], got [${latents.shape.join(', ')}].`,
  )
}

/** Denoises along a course, calls back, decodes. */
export async function finishRun(
  model: ImageModel,
  prepared: ImageRun,
  input: TextToImageInput,
  { begin, latents, beside, between }: Course,
): Promise<ImageResult> {
  const { run, schedule, seeds, noise } = prepared
  const decode = async (sample: FloatTensor): Promise<readonly Picture[]> =>
    picturesOf(model.autoencoder ? await model.autoencoder.decode(run, sample) : sample)
  const total = stepOf(schedule, schedule.timesteps.length - 1) - stepOf(schedule, begin) + 1
  const done = await denoise({
    ...{ run, schedule, begin, latents, signal: input.signal, denoiser: model.denoiser },
    ...{ picture: prepared.picture, guidance: prepared.guidance },
    ...{ conditioning: prepared.conditioning, unconditional: prepared.unconditional },
    ...(beside ? { beside } : {}),
    noise: index => noise(1 + index).data,
    async after(state) {
      const sample = between ? between(state) : state.latents
      const last = state.index + 1 === schedule.timesteps.length
      if (last || stepOf(schedule, state.index + 1) > stepOf(schedule, state.index)) {
        await input.onStep?.({
          ...{ step: stepOf(schedule, state.index) - stepOf(schedule, begin) + 1, steps: total },
          timestep: schedule.timesteps[state.index] ?? 0,
          latents: floatTensor(latents.shape, sample),
          preview: () => decode(floatTensor(latents.shape, state.denoised)),
        })
      }
      return sample
    },
  })
  input.signal?.throwIfAborted()
  const pictures = input.output === 'latents' ? [] : await decode(done)
  return { pictures, latents: done, seeds }
}

/** Heun calls twice a step, but once for the last. */
function stepOf({ order }: Schedule, index: number): number {
  return Math.floor(index / order)
}

/** How many prompts there are. */
function promptsOf(model: ImageModel, { prompt, conditioning }: TextToImageInput): number {
  if (model.denoiser.kind === 'unconditional') {
    if (prompt === undefined && conditioning === undefined) return 1
    throw new DamsonError('input', 'Expected no prompt: the denoiser of this model takes no text.')
  }
  if (conditioning) return conditioning.states.shape[0] ?? 0
  if (prompt === undefined) throw new DamsonError('input', 'Expected a prompt or conditioning, got neither.')
  if (!model.encodePrompt) {
    throw new DamsonError(
      'input',
      'Expected conditioning instead of a prompt: this model has no text encoder. Pass { conditioning: { states, pooled } }.',
    )
  }
  return typeof prompt === 'string' ? 1 : prompt.length
}

function seedsOf(seed: number | readonly number[], rows: number): readonly number[] {
  const seeds = typeof seed === 'number' ? Array.from({ length: rows }, (_, row) => seed + row) : seed
  if (seeds.length === rows && seeds.every(each => Number.isSafeInteger(each) && each >= 0)) return seeds
  throw new DamsonError('input', `Expected ${rows} seeds, whole numbers from 0, got ${JSON.stringify(seed)}.`)
}

async function conditioningOf(
  model: ImageModel,
  run: RecordedRun,
  input: TextToImageInput,
  prompts: number,
  branch: 'cond' | 'uncond',
): Promise<Conditioning | undefined> {
  const given = branch === 'cond' ? input.conditioning : input.negativeConditioning
  if (given) return given
  if (model.denoiser.kind === 'unconditional') return undefined
  const { encodePrompt } = model
  if (!encodePrompt) {
    throw new DamsonError(
      'input',
      'Expected negativeConditioning for guidance above 1, got none. Pass it, or guidance 1.',
    )
  }
  const text = branch === 'cond' ? input.prompt : (input.negativePrompt ?? '')
  const texts = typeof text === 'string' ? Array.from({ length: prompts }, () => text) : (text ?? [])
  if (texts.length !== prompts)
    throw new DamsonError(
      'input',
      `Expected ${prompts} negative prompts or one for all, got ${texts.length}.`,
    )
  const known = new Map<string, Conditioning>()
  for (const each of texts) if (!known.has(each)) known.set(each, await encodePrompt(run, each, branch))
  const encoded = texts.map(each => known.get(each)).filter(each => each !== undefined)
  const rows = stackedRows(encoded)
  return branch === 'uncond' && model.zeroNegative && input.negativePrompt === undefined ? zeros(rows) : rows
}

function stackedRows(rows: readonly Conditioning[]): Conditioning {
  const pooled = rows.map(row => row.pooled).filter(row => row !== undefined)
  const states = stacked(rows.map(row => row.states))
  return pooled.length > 0 ? { states, pooled: stacked(pooled) } : { states }
}

function zeros({ states, pooled }: Conditioning): Conditioning {
  const empty = (tensor: FloatTensor): FloatTensor =>
    floatTensor(tensor.shape, new Float32Array(tensor.data.length))
  return pooled ? { states: empty(states), pooled: empty(pooled) } : { states: empty(states) }
}

function repeatedConditioning({ states, pooled }: Conditioning, times: number): Conditioning {
  const each = repeatedRows(states, times)
  return pooled ? { states: each, pooled: repeatedRows(pooled, times) } : { states: each }
}
