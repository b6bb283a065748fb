import { seededNormal } from '@damson/testing'
import { expect, test } from 'vitest'
import { shrinkage } from './shrinkage.ts'

/** XᵀX of rows whose numbers are independent, each channel as large as `sizes` says. */
function gram(sizes: readonly number[], rows: number, seed = 7): Float64Array {
  const K = sizes.length
  const X = seededNormal(seed, rows * K)
  const H = new Float64Array(K * K)
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < K; i++)
      for (let j = 0; j < K; j++)
        H[i * K + j] =
          (H[i * K + j] ?? 0) +
          (sizes[i] ?? 0) * (sizes[j] ?? 0) * (X[row * K + i] ?? 0) * (X[row * K + j] ?? 0)
  return H
}

/** Squared distance of (1 − ρ)S + ρμI from the matrix that S is a sample of. */
function distance(S: Float64Array, sizes: readonly number[], share: number): number {
  const K = sizes.length
  const mean = sizes.reduce((sum, _, k) => sum + (S[k * K + k] ?? 0), 0) / K
  let sum = 0
  for (let i = 0; i < K; i++)
    for (let j = 0; j < K; j++) {
      const [target, truth] = i === j ? [mean, (sizes[i] ?? 0) ** 2] : [0, 0]
      sum += ((1 - share) * (S[i * K + j] ?? 0) + share * target - truth) ** 2
    }
  return sum
}

const even = Array.from({ length: 24 }, () => 1)
const uneven = Array.from({ length: 24 }, (_, k) => 3 * 0.8 ** k)

test.each([
  ['even', 8, even],
  ['even', 200, even],
  ['uneven', 8, uneven],
  ['uneven', 200, uneven],
])(
  'channels of %s size, %i rows: about as close to the truth as the best share for all draws',
  (_, rows, sizes) => {
    const draws = Array.from({ length: 24 }, (_each, seed) =>
      gram(sizes, rows, seed + 1).map(each => each / rows),
    )
    const farOff = (share: (S: Float64Array) => number): number =>
      draws.reduce((sum, S) => sum + distance(S, sizes, share(S)), 0)
    const constant = Array.from({ length: 51 }, (_each, at) => farOff(() => at / 50))
    const estimated = farOff(S => shrinkage(S, sizes.length, rows))
    expect(estimated).toBeLessThan(1.5 * Math.min(...constant))
    // Much closer than what was summed up, where rows are few.
    if (rows === 8) expect(estimated).toBeLessThan(0.8 * farOff(() => 0))
  },
)

test('more rows are believed more, and scale does not matter', () => {
  const shares = [4, 16, 64, 256].map(rows => shrinkage(gram(uneven, rows), 24, rows))
  expect(shares).toEqual(shares.toSorted((a, b) => b - a))
  const H = gram(uneven, 16)
  expect(shrinkage(H.map(each => 1000 * each), 24, 16)).toBeCloseTo(shrinkage(H, 24, 16), 12) // prettier-ignore
})

test('of what has no directions at all nothing is believed', () => {
  expect(shrinkage(new Float64Array(16), 4, 10)).toBe(1)
})
