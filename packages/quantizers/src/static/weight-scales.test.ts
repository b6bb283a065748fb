import { expect, test } from 'vitest'
import { seededNormal } from '@damson/testing'
import { biasCorrection } from './bias-correction.ts'
import { weightScales } from './weight-scales.ts'

const shape = [6, 8, 3, 3]
const weight = seededNormal(3, 6 * 8 * 9)
const codesOf = (scales: Float32Array, channel: number): number[] =>
  Array.from(weight.subarray(channel * 72, (channel + 1) * 72), value =>
    Math.round(value / (scales[channel] ?? 1)),
  )

test('a channel uses all codes where nothing can overflow', () => {
  const scales = weightScales(weight, { shape, axis: 0 }, false)
  for (let channel = 0; channel < 6; channel++)
    expect(Math.max(...codesOf(scales, channel).map(Math.abs))).toBe(127)
})

test('no two neighbours overflow 16 bits with 255, in either order of the filter', () => {
  const scales = weightScales(weight, { shape, axis: 0 }, true)
  const largest: number[] = []
  for (let channel = 0; channel < 6; channel++) {
    const codes = codesOf(scales, channel)
    const last = Array.from({ length: 72 }, (_, at) => codes[(at % 8) * 9 + Math.floor(at / 8)] ?? 0)
    for (const order of [codes, last]) {
      for (let at = 0; at + 1 < order.length; at++) {
        const pair = (order[at] ?? 0) + (order[at + 1] ?? 0)
        expect(255 * pair).toBeLessThanOrEqual(2 ** 15 - 1)
        expect(255 * pair).toBeGreaterThanOrEqual(-(2 ** 15))
      }
    }
    largest.push(Math.max(...codes.map(Math.abs)))
  }
  // More than the 64 of a range that is one bit less for everybody.
  expect(Math.min(...largest)).toBeGreaterThan(64)
})

test('in a matrix [K, N] the pairs are rows 2j and 2j + 1', () => {
  const [K, N] = [33, 40]
  const matrix = seededNormal(4, K * N)
  const scales = weightScales(matrix, { shape: [K, N], axis: 1 }, true)
  let apart = 0
  for (let column = 0; column < N; column++) {
    const codes = Array.from({ length: K }, (_, row) =>
      Math.round((matrix[row * N + column] ?? 0) / (scales[column] ?? 1)),
    )
    const sums = codes.slice(1).map((code, at) => (code * (codes[at] ?? 0) > 0 ? code + (codes[at] ?? 0) : 0))
    sums.forEach((sum, at) => {
      if (at % 2 === 0) expect(Math.abs(sum)).toBeLessThanOrEqual(128)
      else if (Math.abs(sum) > 128) apart++
    })
  }
  // Neighbours that do not meet may be as large as they like.
  expect(apart).toBeGreaterThan(0)
})

test('a channel of a matrix [K, N] is a column', () => {
  const scales = weightScales(Float32Array.of(1, -2, 3, 4, 0, 0), { shape: [2, 3], axis: 1 }, false)
  expect([...scales]).toEqual([4 / 127, 2 / 127, 3 / 127].map(Math.fround))
})

test('a corrected bias takes the mean error of a grouped filter away', () => {
  const [outputs, perGroup, groups] = [4, 2, 2]
  const values = seededNormal(5, outputs * perGroup)
  const laid = { shape: [outputs, perGroup, 1], axis: 0 }
  const scales = new Float32Array(outputs).fill(0.5)
  const means = Float64Array.of(1, -2, 3, 0.5)
  const change = biasCorrection({ weight: values, scales, laid, means, groups })
  for (let output = 0; output < outputs; output++) {
    const first = output < 2 ? 0 : 2
    let off = 0
    for (let at = 0; at < perGroup; at++) {
      const value = values[output * perGroup + at] ?? 0
      off += (Math.round(value / 0.5) * 0.5 - value) * (means[first + at] ?? 0)
    }
    expect(change[output]).toBeCloseTo(-off, 6)
  }
})
