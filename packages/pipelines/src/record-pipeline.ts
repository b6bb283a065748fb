// Calibration samples of a pipeline: what every part is fed while the pipeline works through some inputs.
import { record as recordLoop, type RecordOptions, type SampleSet } from '@damson/runtime'
import type { Pipeline } from './pipeline.ts'

/**
 * Runs the pipeline on each input and records the feeds of every call of every part. Each input is a generation of its own:
 * `smash(model, steps, { samples: set.of })`.
 */
export async function record<Input>(
  pipeline: Pipeline<Input, unknown>,
  inputs: Iterable<Input> | AsyncIterable<Input>,
  options: Omit<RecordOptions, 'runtime'> = {},
): Promise<SampleSet> {
  return recordLoop(
    pipeline.live,
    async (_, begin) => {
      for await (const input of inputs) {
        options.signal?.throwIfAborted()
        await pipeline.runThrough(begin, input)
      }
    },
    options,
  )
}
