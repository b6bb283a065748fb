// Mean and spread in one pass over data that is gone afterwards.
import type { Observer } from './observer.ts'

export interface Moments {
  readonly count: number
  readonly mean: number
  /** Of the values, divided by count; 0 for fewer than two. */
  readonly variance: number
  /** Mean of |x|. */
  readonly absMean: number
  /** sqrt(mean of x^2). */
  readonly rms: number
  readonly nonFinite: number
}

/**
 * Mean and spread of the finite values, in float64. Deviations are summed around each array's own mean and joined by
 * Chan, Golub and LeVeque's formula (1979), so nothing cancels when the mean is large.
 */
export function createMomentsObserver(): Observer<Moments> {
  let count = 0
  let mean = 0
  let deviation = 0 // sum of (x - mean)^2
  let absolute = 0
  let nonFinite = 0
  return {
    observe: values => {
      let n = 0
      let sum = 0
      for (const v of values) {
        if (v - v !== 0) continue
        n++
        sum += v
        absolute += Math.abs(v)
      }
      nonFinite += values.length - n
      if (n === 0) return
      const own = sum / n
      for (const v of values) if (v - v === 0) deviation += (v - own) ** 2
      const delta = own - mean
      deviation += (delta * delta * count * n) / (count + n)
      mean += (delta * n) / (count + n)
      count += n
    },
    result: () => {
      const per = Math.max(count, 1)
      const variance = deviation / per
      return {
        count,
        mean,
        variance,
        absMean: absolute / per,
        rms: Math.sqrt(variance + mean * mean),
        nonFinite,
      }
    },
  }
}
