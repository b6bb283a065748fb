// Grids by their share of the output: against a naive twin that reckons the error of the whole row for every try, and against
// blocks that are searched each by itself, whose errors add up where inputs go together.
import { seededNormal } from '@damson/testing'
import { describe, expect, test } from 'vitest'
import { outputError, valuesOf } from '../test/output-errors.ts'
import { nearestCode, rangeGrid, type CodedRows, type GridSpec } from './block-grid.ts'
import { codesByOutput, rangeShares } from './block-output.ts'

const [K, rows, blockSize] = [150, 24, 32]
const W = Float64Array.from(seededNormal(1, rows * K), w => 0.05 * w)
const seen = 600

/** XᵀX of inputs with a mean, as they are after a SiLU or where features hardly change. */
const H = (() => {
  const X = Float64Array.from(seededNormal(2, seen * K), x => 2 + x)
  const sums = new Float64Array(K * K)
  for (let row = 0; row < X.length; row += K)
    for (let i = 0; i < K; i++)
      for (let j = 0; j < K; j++)
        sums[i * K + j] = (sums[i * K + j] ?? 0) + (X[row + i] ?? 0) * (X[row + j] ?? 0)
  return sums
})()

/** What the search knew of H if it looked at each block by itself. */
const apart = H.map((h, at) =>
  Math.floor(Math.floor(at / K) / blockSize) === Math.floor((at % K) / blockSize) ? h : 0,
)

const code = (
  moments: Float64Array,
  spec: GridSpec,
  shares: readonly number[],
  refits: number,
): CodedRows => {
  const { coderOf } = codesByOutput({ H: moments, rows: 1e9 }, K, blockSize, { shares, refits })
  // Of a weight nothing but its spec is read.
  const found = { spec } as Parameters<typeof coderOf>[0]
  return coderOf(found)(W, 0)
}
const lost = (coded: CodedRows, spec: GridSpec): number => outputError(W, valuesOf(coded, K, spec), H, K)

describe.each([true, false])('4 bits, symmetric %s', symmetric => {
  const spec: GridSpec = { bits: 4, blockSize, symmetric }
  test('each block has the share that is best for the whole row, on what the blocks before it lost', () => {
    const coded = code(H, spec, rangeShares, 0)
    expect(coded.codes).toEqual(naiveCodes(spec))
  })
  test.each([0, 1])(
    'with %d refits blocks apart lose more, by a twentieth at least, and so does the plain range',
    refits => {
      const together = lost(code(H, spec, rangeShares, refits), spec)
      expect(1.05 * together).toBeLessThan(lost(code(apart, spec, rangeShares, refits), spec))
      expect(1.05 * together).toBeLessThan(lost(code(H, spec, [1], 0), spec))
    },
  )
})

/** (w − ŵ)ᵀH(w − ŵ) over the columns that are coded by now, of every share, damped as the solver does. */
function naiveCodes(spec: GridSpec): Uint8Array {
  const codes = new Uint8Array(W.length)
  const errors = new Float64Array(W.length)
  const added = (0.01 * H.reduce((sum, h, at) => sum + (at % (K + 1) === 0 ? h : 0), 0)) / K
  for (let from = 0; from < W.length; from += K)
    for (let first = 0; first < K; first += blockSize) {
      const end = Math.min(K, first + blockSize)
      let best: { total: number; codes: number[]; errors: number[] } | undefined
      for (const share of rangeShares) {
        const grid = rangeGrid(W, from + first, end - first, share, spec, { scale: 0, zeroPoint: 0 })
        const tried = Array.from(W.subarray(from + first, from + end), w => nearestCode(w, grid, 15))
        const e = tried.map((q, k) => (W[from + first + k] ?? 0) - grid.scale * (q - grid.zeroPoint))
        const all = [...errors.subarray(from, from + first), ...e]
        let total = 0
        for (let i = 0; i < end; i++)
          for (let j = 0; j < end; j++)
            total += (all[i] ?? 0) * (all[j] ?? 0) * ((H[i * K + j] ?? 0) + (i === j ? added : 0))
        if (!best || total < best.total) best = { total, codes: tried, errors: e }
      }
      codes.set(best?.codes ?? [], from + first)
      errors.set(best?.errors ?? [], from + first)
    }
  return codes
}
