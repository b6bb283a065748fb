// The loop of every diffusion pipeline: scale, predict with guidance, step; between steps the caller may look, change the
// latents (inpainting), or abort.
import { DamsonError } from '@damson/graph'
import type { RecordedRun } from '@damson/runtime'
import type { Schedule, SchedulerState } from '../schedulers/scheduler.ts'
import { startState } from '../schedulers/scheduler.ts'
import { floatTensor, numbersOf, stacked, type FloatTensor } from '../tensors.ts'
import type { Conditioning, Denoiser, LatentSize } from './denoiser.ts'
import { packLatents, unpackLatents } from './packed-latents.ts'

export interface Guidance {
  /** Scale of classifier-free guidance; 1 or less runs no second branch. */
  readonly scale: number
  /** One run for both branches, or one each. */
  readonly mode: 'batched' | 'sequential'
  /** What a model that embeds guidance is told. */
  readonly embedded: number
}

export interface DenoiseJob {
  readonly run: RecordedRun
  readonly denoiser: Denoiser
  readonly schedule: Schedule
  /** Index of the first call: 0, or further on for runs that start from a picture. */
  readonly begin: number
  /** [rows, c, h, w], with the noise of that place. */
  readonly latents: FloatTensor
  readonly picture: readonly [number, number]
  readonly conditioning: Conditioning | undefined
  readonly unconditional: Conditioning | undefined
  readonly guidance: Guidance
  /** Noise of the call at an index, as long as the latents. */
  noise(index: number): Float32Array
  /** Channels beside the latents, for inpainting models [rows, extra, h, w]. */
  readonly beside?: FloatTensor
  readonly signal: AbortSignal | undefined
  /** After each call: the latents, or what they are replaced with. */
  after(state: AfterCall): Promise<Float32Array>
}

export interface AfterCall {
  readonly index: number
  readonly latents: Float32Array
  readonly denoised: Float32Array
}

/** Runs the schedule from `begin` to its end and returns the latents. */
export async function denoise(job: DenoiseJob): Promise<FloatTensor> {
  const { schedule, latents } = job
  let sample = latents.data
  let state: SchedulerState = startState
  for (let index = job.begin; index < schedule.timesteps.length; index++) {
    job.signal?.throwIfAborted()
    const fed = floatTensor(latents.shape, schedule.scaleInput(sample, index))
    const output = await predict(job, fed, index)
    const noise = schedule.needsNoise(index) ? job.noise(index) : undefined
    const result = schedule.step({ sample, output, index, state, ...(noise ? { noise } : {}) })
    state = result.state
    sample = await job.after({ index, latents: result.sample, denoised: result.denoised })
  }
  return floatTensor(latents.shape, sample)
}

async function predict(job: DenoiseJob, sample: FloatTensor, index: number): Promise<Float32Array> {
  const { conditioning, unconditional, guidance } = job
  if (!unconditional) return runBranch(job, sample, index, conditioning, conditioning ? 'cond' : 'both')
  if (guidance.mode === 'batched') {
    const both = stackedConditioning(unconditional, conditioning)
    const output = await runBranch(job, stacked([sample, sample]), index, both, 'both')
    const half = output.length / 2
    return guided(output.subarray(0, half), output.subarray(half), guidance.scale)
  }
  const without = await runBranch(job, sample, index, unconditional, 'uncond')
  return guided(without, await runBranch(job, sample, index, conditioning, 'cond'), guidance.scale)
}

/** The unconditional branch first, as in the field. */
function stackedConditioning(first: Conditioning, second: Conditioning | undefined): Conditioning {
  if (!second) return first
  const pooled = first.pooled && second.pooled ? { pooled: stacked([first.pooled, second.pooled]) } : {}
  return { states: stacked([first.states, second.states]), ...pooled }
}

/** u + scale·(c − u), in the float32 of the field. */
function guided(without: Float32Array, withText: Float32Array, scale: number): Float32Array {
  return without.map((u, i) => u + Math.fround(scale * Math.fround((withText[i] ?? 0) - u)))
}

async function runBranch(
  job: DenoiseJob,
  sample: FloatTensor,
  index: number,
  conditioning: Conditioning | undefined,
  branch: 'cond' | 'uncond' | 'both',
): Promise<Float32Array> {
  const { denoiser, schedule } = job
  const [rows = 1, channels = 0, height = 0, width = 0] = sample.shape
  const size: LatentSize = { channels, height, width }
  const flux = denoiser.kind === 'flux'
  const feeds = denoiser.feeds({
    sample: flux ? packLatents(sample) : job.beside ? withBeside(sample, job.beside) : sample,
    timestep: schedule.timesteps[index] ?? 0,
    size,
    picture: job.picture,
    guidance: job.guidance.embedded,
    conditioning,
  })
  const outputs = await job.run(denoiser.part, feeds, { step: Math.floor(index / schedule.order), branch })
  const tensor = outputs[denoiser.output]
  if (!tensor)
    throw new DamsonError(
      'denoiser',
      `Expected an output ${denoiser.output}, got ${Object.keys(outputs).join(', ')}.`,
    )
  const numbers = floatTensor(tensor.shape, numbersOf(tensor))
  const plain = flux ? unpackLatents(numbers, size).data : numbers.data
  if (plain.length === rows * channels * height * width) return plain
  throw new DamsonError(
    'denoiser',
    `Expected ${rows * channels * height * width} numbers from the denoiser, got [${tensor.shape.join(', ')}]. ` +
      'Models that predict their variance are not supported.',
  )
}

/** Channels of the second tensor after those of the first, row by row; its rows repeat as often as needed. */
function withBeside(sample: FloatTensor, beside: FloatTensor): FloatTensor {
  const [rows = 1, channels = 0, height = 0, width = 0] = sample.shape
  const [own = 1, extra = 0] = beside.shape
  const plane = height * width
  const data = new Float32Array(rows * (channels + extra) * plane)
  for (let row = 0; row < rows; row++) {
    const at = row * (channels + extra) * plane
    data.set(sample.data.subarray(row * channels * plane, (row + 1) * channels * plane), at)
    const from = (row % own) * extra * plane
    data.set(beside.data.subarray(from, from + extra * plane), at + channels * plane)
  }
  return floatTensor([rows, channels + extra, height, width], data)
}
