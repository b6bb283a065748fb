import { expect, test } from 'vitest'
import { seededRandom } from '@damson/testing'
import { medianInterval } from './median-interval.ts'

test('ranks are those of the binomial distribution', () => {
  const numbers = (n: number): number[] => Array.from({ length: n }, (_, at) => at + 1)
  // Σ C(n, i)/2ⁿ: n = 8: 1/256 ≤ 0.005 < 9/256; n = 20: 21 60 … the 4th is the last with a tail under 0.005.
  expect(medianInterval(numbers(7), 0.01)).toEqual({ median: 4, low: 0, high: Infinity })
  expect(medianInterval(numbers(8), 0.01)).toEqual({ median: 4.5, low: 1, high: 8 })
  expect(medianInterval(numbers(20), 0.01)).toEqual({ median: 10.5, low: 4, high: 17 })
  expect(medianInterval([], 0.01).high).toBe(Infinity)
})

test('it holds the median as often as it says, whatever the noise', () => {
  const random = seededRandom(1)
  let missed = 0
  for (let round = 0; round < 2000; round++) {
    // Median 1, with a long tail to one side, as times have it.
    const { low, high } = medianInterval(Array.from({ length: 25 }, () => -Math.log(random()) / Math.LN2), 0.05) // prettier-ignore
    if (low > 1 || high < 1) missed++
  }
  expect(missed / 2000).toBeLessThan(0.06)
})
