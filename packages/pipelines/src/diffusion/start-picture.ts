// Where runs begin that start from a picture: its latents, and the call of the schedule from which they are denoised.
import { DamsonError } from '@damson/graph'
import { resized, tensorOfPicture, type Picture } from '../images/picture.ts'
import { repeatedRows, type FloatTensor } from '../tensors.ts'
import type { ImageModel } from './image-model.ts'
import type { ImageRun } from './image-run.ts'

/** Draw numbers of a seed that no step uses: those of steps are below 2^20. */
const posteriorDraw = 2 ** 20

/** The picture as latents, one row for each picture to make, each drawn from the posterior with its own noise. */
export async function encodedRows(
  { autoencoder }: ImageModel,
  { run, rows, picture: [height, width], noise }: ImageRun,
  picture: Picture,
): Promise<FloatTensor> {
  if (!autoencoder) {
    throw new DamsonError(
      'missing-part',
      'Expected a model with an autoencoder: this denoiser works on pixels.',
    )
  }
  const pixels = tensorOfPicture(resized(picture, width, height))
  return autoencoder.encode(run, repeatedRows(pixels, rows), noise(posteriorDraw).data)
}

/** Index of the first call when a share `strength` of the steps is run. */
export function startedAt({ steps, schedule, scheduler }: ImageRun, strength: number): number {
  // LCM has planned its timesteps for the strength already.
  if (scheduler.name === 'LCMScheduler') return 0
  const skipped = Math.max(0, steps - Math.min(Math.floor(steps * strength), steps))
  const at = skipped * schedule.order
  if (at < schedule.timesteps.length) return at
  throw new DamsonError(
    'input',
    `Expected a strength that leaves a step to run, got ${strength} of ${steps} steps. Raise either.`,
  )
}
