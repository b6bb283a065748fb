// Ranges of everything seen: the plain one, and one that forgets the outliers of single batches.
import { NumericsError } from '../error.ts'
import type { Observer, Range } from './observer.ts'

/** The least and the greatest finite value. */
export function createRangeObserver(): Observer<Range> {
  let min = Infinity
  let max = -Infinity
  let count = 0
  let nonFinite = 0
  return {
    observe: values => {
      for (const v of values) {
        if (v - v !== 0) {
          nonFinite++
          continue
        }
        count++
        if (v < min) min = v
        if (v > max) max = v
      }
    },
    result: () => ({ min, max, count, nonFinite }),
  }
}

export interface MovingAverageOptions {
  /** Weight of a new array's range against the average so far, above 0, at most 1. Default 0.01, as PyTorch's observer. */
  readonly weight?: number
}

/**
 * The range of each array, averaged: r += weight * (new - r), from the first array's on. Outliers of single batches fade,
 * so values may lie outside. Arrays without a finite value leave the average as it is.
 */
export function createMovingAverageObserver(options: MovingAverageOptions = {}): Observer<Range> {
  const { weight = 0.01 } = options
  if (!(weight > 0 && weight <= 1)) {
    throw new NumericsError(
      'numerics/argument',
      `weight: expected a number above 0 and at most 1, got ${weight}`,
    )
  }
  let average: Range = createRangeObserver().result()
  return {
    observe: values => {
      const one = createRangeObserver()
      one.observe(values)
      const now = one.result()
      const mixed = (before: number, after: number): number =>
        now.count === 0 ? before : average.count === 0 ? after : before + weight * (after - before)
      average = {
        min: mixed(average.min, now.min),
        max: mixed(average.max, now.max),
        count: average.count + now.count,
        nonFinite: average.nonFinite + now.nonFinite,
      }
    },
    result: () => average,
  }
}
