// Noise is given to a step, never drawn inside; a step that needs it says so when it is missing.
import { DamsonError } from '@damson/graph'

/** The noise of a step. Throws `scheduler-noise` when it was not given or is not as long as the sample. */
export function needNoise(noise: Float32Array | undefined, sample: Float32Array): Float32Array {
  if (noise?.length === sample.length) return noise
  throw new DamsonError(
    'scheduler-noise',
    `Expected ${sample.length} numbers of noise for this step, got ${noise?.length ?? 'none'}. ` +
      'Pass standard normal noise where needsNoise(index) is true.',
  )
}
