// Calibration samples as fits see them: of one part, in the same order every time, with every port fed.
import { DamsonError } from '@damson/graph'
import type { Sample } from './algorithm.ts'
import type { Model } from './model.ts'
import { withNeutral } from './ports.ts'
import { throwIfAborted } from './step-errors.ts'

/** Samples for `smash`: something that can be gone through more than once, or a function of the part. */
export type Samples =
  Iterable<Sample> | AsyncIterable<Sample> | ((part: string) => Iterable<Sample> | AsyncIterable<Sample>)

/** The samples of a part. Throws `missing-samples` when none were given or none are of the part. */
export function samplesOf(
  given: Samples | undefined,
  model: Model,
  part: string,
  signal: AbortSignal,
): AsyncIterable<Sample> {
  model.part(part)
  if (given === undefined) throw missing(part, 'none were given')
  const open = typeof given === 'function' ? given : () => reiterable(given)
  return {
    async *[Symbol.asyncIterator]() {
      let count = 0
      for await (const sample of open(part)) {
        throwIfAborted(signal)
        if (sample.part !== part) continue
        count++
        yield { ...sample, feeds: withNeutral(model, part, sample.feeds) }
      }
      if (count === 0) throw missing(part, 'none of those given are of that part')
    },
  }
}

/** A generator can be gone through once; a fit that comes back to it would silently learn from nothing. */
function reiterable(samples: Iterable<Sample> | AsyncIterable<Sample>): typeof samples {
  const iterator: unknown = Symbol.asyncIterator in samples ? samples[Symbol.asyncIterator] : undefined
  const once =
    'next' in samples &&
    typeof samples.next === 'function' &&
    (iterator !== undefined || Symbol.iterator in samples)
  if (!once) return samples
  throw new DamsonError(
    'one-shot-samples',
    'Expected samples that can be gone through several times, got an iterator. ' +
      'Pass an array, or a function that makes the iterator: samples: part => record(part).',
  )
}

function missing(part: string, why: string): DamsonError {
  return new DamsonError(
    'missing-samples',
    `Expected calibration samples of "${part}", but ${why}. Pass { samples }: an array of { part: '${part}', feeds }.`,
    { details: { part } },
  )
}
