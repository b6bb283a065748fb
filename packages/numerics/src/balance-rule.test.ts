// Codes that were moved to their other neighbour, so that the errors of a row do not add up. (That both engines do the same is
// tested in engines.test.ts.)
import { describe, expect, test } from 'vitest'
import type { BlockSpec } from './block-spec.ts'
import { unpackCodes } from './packing.ts'
import { dequantizeBlocks, quantizeBlocks } from './quantize-blocks.ts'

const [N, K] = [48, 256]
/** Sums of four: bell-shaped enough, and the same on every machine. */
const weight = Float32Array.from({ length: N * K }, (_, i) => {
  const part = (at: number): number => ((Math.imul(i * 4 + at + 1, 2654435761) >>> 8) % 10007) / 10007 - 0.5
  return 0.02 * (part(0) + part(1) + part(2) + part(3))
})
const spec = { K, N, layout: 'NK', bits: 4, blockSize: 32, symmetric: false } as const

/** Errors w - ŵ, [N, K]. */
function errorsOf(values: Float32Array, of: BlockSpec): Float64Array {
  const back = dequantizeBlocks(quantizeBlocks(values, of), of)
  return Float64Array.from(values, (v, i) => v - (back[i] ?? NaN))
}

const sum = (values: Float64Array): number => values.reduce((total, v) => total + v, 0)
const squares = (values: Float64Array): number => values.reduce((total, v) => total + v * v, 0)
const rowsOf = (values: Float64Array, length: number): readonly Float64Array[] =>
  Array.from({ length: values.length / length }, (_, n) => values.subarray(n * length, (n + 1) * length))

describe.each([2, 4, 8] as const)('%d bits', bits => {
  describe.each([true, false])('symmetric %s', symmetric => {
    const block = { ...spec, bits, symmetric, K: 32, N: (N * K) / 32 }
    test.each([0.05, 0.5, 8])('balance %d: what is to be least is no greater, in every block', balance => {
      const power = (errors: Float64Array): number => squares(errors) + balance * sum(errors) ** 2
      const nearest = rowsOf(errorsOf(weight, block), 32)
      const balanced = rowsOf(errorsOf(weight, { ...block, balance }), 32)
      let less = 0
      balanced.forEach((errors, n) => {
        const before = power(nearest[n] ?? new Float64Array())
        expect(power(errors)).toBeLessThanOrEqual(before * (1 + 1e-9))
        if (power(errors) < before * 0.999) less++
      })
      expect(less).toBeGreaterThan(balanced.length / 8)
    })
    test('a code moves by one at most, and scales and zero points do not move', () => {
      const nearest = quantizeBlocks(weight, block)
      const balanced = quantizeBlocks(weight, { ...block, balance: 1 })
      expect(balanced.scales).toEqual(nearest.scales)
      expect(balanced.zeroPoints).toEqual(nearest.zeroPoints)
      const [before, after] = [nearest, balanced].map(({ packed }) => unpackCodes(packed, bits, N * K))
      const moves = Array.from(after ?? [], (code, i) => Math.abs(code - (before?.[i] ?? NaN)))
      expect(Math.max(...moves)).toBe(1)
    })
  })
})

test('sums run on along a row: they stay near 0, as those of nearest codes do not', () => {
  const drift = (of: BlockSpec): number =>
    Math.max(...rowsOf(errorsOf(weight, of), K).map(errors => Math.abs(sum(errors))))
  // Steps are 0.003 at most. 8 asks for every code that helps.
  expect(drift({ ...spec, balance: 8 })).toBeLessThan(0.0016)
  expect(drift(spec)).toBeGreaterThan(0.01)
})

test('inputs with a mean lose less, those without lose little more', () => {
  // The expected power of the error of a product with inputs of mean m and variance 1.
  const lost = (of: BlockSpec, mean: number): number => {
    const rows = rowsOf(errorsOf(weight, of), K)
    return rows.reduce((total, errors) => total + squares(errors) + (mean * sum(errors)) ** 2, 0)
  }
  const decibels = (mean: number): number =>
    10 * Math.log10(lost(spec, mean) / lost({ ...spec, balance: 0.1 }, mean))
  expect(decibels(0)).toBeGreaterThan(-0.3)
  expect(decibels(0.5)).toBeGreaterThan(0.5)
  expect(decibels(2)).toBeGreaterThan(4)
})

test('both layouts and all bands give the same codes, also where K cuts a block off', () => {
  const [k, n] = [100, 24]
  const rows = weight.slice(0, k * n)
  const columns = rows.map((_, i) => rows[(i % n) * k + Math.floor(i / n)] ?? NaN)
  for (const search of ['minmax', 'mse', 'kquant', { zeroPoint: 'float' }] as const) {
    const whole = { ...spec, K: k, N: n, search, balance: 0.4 }
    expect(quantizeBlocks(columns, { ...whole, layout: 'KN' })).toEqual(quantizeBlocks(rows, whole))
  }
})

test('a balance below 0, or not a number, is refused', () => {
  for (const balance of [-1, NaN, Infinity])
    expect(() => quantizeBlocks(weight, { ...spec, balance })).toThrow('balance: expected a number from 0')
})
