// The solver against a naive twin in float64: optimal brain quantization as the paper states it, with an explicit inverse
// from which each column is eliminated once it is coded. Beside it: no choice of codes that ignores XᵀX may do better.
import { seededNormal } from '@damson/testing'
import { describe, expect, test } from 'vitest'
import { damped, diagonal, hessian, inverse, outputError, valuesOf } from '../test/output-errors.ts'
import { bestGrid, nearestCode, type GridSpec } from './block-grid.ts'
import { inverseFactor } from './inverse-factor.ts'
import { roundRows, visitingOrder } from './second-order.ts'
import { subtractProduct } from './subtract-product.ts'

/** Optimal brain quantization of one row, columns in the given order. */
function naiveRow(
  row: Float64Array,
  H: Float64Array,
  spec: GridSpec,
  order: Int32Array,
  damp: number,
): number[] {
  const K = row.length
  const importance = diagonal(H, K)
  const inverted = inverse(damped(H, K, damp), K)
  const w = row.slice()
  const inOrder = order.every((column, at) => column === at)
  const grids = new Map<number, { scale: number; zeroPoint: number }>()
  const codes = Array.from({ length: K }, () => 0)
  for (const k of order) {
    const block = Math.floor(k / spec.blockSize)
    const from = block * spec.blockSize
    const count = Math.min(spec.blockSize, K - from)
    const chosen =
      grids.get(block) ??
      bestGrid(inOrder ? w : row, from, count, importance.subarray(from, from + count), spec, {
        scale: 0,
        zeroPoint: 0,
      })
    grids.set(block, chosen)
    const code = nearestCode(w[k] ?? 0, chosen, 2 ** spec.bits - 1)
    codes[k] = code
    const pivot = inverted[k * K + k] ?? 1
    const error = ((w[k] ?? 0) - chosen.scale * (code - chosen.zeroPoint)) / pivot
    for (let j = 0; j < K; j++) w[j] = (w[j] ?? 0) - error * (inverted[k * K + j] ?? 0)
    const column = Float64Array.from({ length: K }, (_, i) => inverted[i * K + k] ?? 0)
    for (let i = 0; i < K; i++)
      for (let j = 0; j < K; j++)
        inverted[i * K + j] = (inverted[i * K + j] ?? 0) - ((column[i] ?? 0) * (column[j] ?? 0)) / pivot
    // What is coded is out: rounding may not leave a trace of it.
    for (let i = 0; i < K; i++) inverted[i * K + k] = inverted[k * K + i] = 0
  }
  return codes
}

const specs: readonly GridSpec[] = [
  { bits: 4, blockSize: 32, symmetric: true },
  { bits: 4, blockSize: 16, symmetric: false },
  { bits: 2, blockSize: 32, symmetric: false, dtype: 'float16' },
  { bits: 8, blockSize: 128, symmetric: true },
]

describe.each(specs)('$bits bits in blocks of $blockSize, symmetric $symmetric', spec => {
  // 150 columns: two batches and a last block that is not full.
  const K = 150
  const H = hessian(K, 400, 3)
  const importance = diagonal(H, K)
  const W = Float64Array.from(seededNormal(4, 6 * K, 0.05))

  test.each([true, false])('codes equal the naive twin (actOrder %s)', actOrder => {
    const order = visitingOrder(importance, actOrder)
    const factor = inverseFactor(H, K, { damp: 0.01, order })
    const { codes } = roundRows(W, K, spec, { factor, order, importance })
    for (let row = 0; row < 6; row++) {
      const naive = naiveRow(W.slice(row * K, (row + 1) * K), H, spec, order, 0.01)
      expect([...codes.subarray(row * K, (row + 1) * K)]).toEqual(naive)
    }
  })

  test('the output is closer than with every weight rounded by itself', () => {
    const order = visitingOrder(importance, true)
    const fine = roundRows(W, K, spec, {
      factor: inverseFactor(H, K, { damp: 0.01, order }),
      order,
      importance,
    })
    // A diagonal H has nothing to compensate with: round to nearest on the same grids.
    const alone = H.map((h, at) => (at % (K + 1) === 0 ? h : 0))
    const factor = inverseFactor(alone, K, { damp: 0, order })
    const coarse = roundRows(W, K, spec, { factor, order, importance })
    const [ours, theirs] = [fine, coarse].map(coded => outputError(W, valuesOf(coded, K, spec), H, K))
    expect((ours ?? NaN) / (theirs ?? NaN)).toBeLessThan(0.6)
  })
})

test('rows are coded alike whether they come in one slice or in several', () => {
  const K = 64
  const spec: GridSpec = { bits: 4, blockSize: 32, symmetric: true }
  const H = hessian(K, 100, 5)
  const importance = diagonal(H, K)
  const order = visitingOrder(importance, true)
  const how = { factor: inverseFactor(H, K, { damp: 0.01, order }), order, importance }
  const W = Float64Array.from(seededNormal(6, 5 * K))
  const whole = roundRows(W, K, spec, how)
  const parts = [W.subarray(0, 3 * K), W.subarray(3 * K)].map(rows => roundRows(rows, K, spec, how))
  expect(parts.flatMap(({ codes }) => [...codes])).toEqual([...whole.codes])
  expect(parts.flatMap(({ scales }) => [...scales])).toEqual([...whole.scales])
})

test.each([1, 63, 64, 65, 150])('UᵀU is the inverse of the damped matrix of %i columns', K => {
  const H = hessian(K, 2 * K + 20, 7)
  const order = visitingOrder(diagonal(H, K), true)
  const U = inverseFactor(H, K, { damp: 0.01, order })
  const expected = inverse(damped(H, K, 0.01), K)
  let [worst, below] = [0, 0]
  for (let i = 0; i < K; i++)
    for (let j = 0; j < K; j++) {
      let sum = 0
      for (let m = 0; m < K; m++) sum += (U[m * K + i] ?? 0) * (U[m * K + j] ?? 0)
      const want = expected[(order[i] ?? 0) * K + (order[j] ?? 0)] ?? 0
      worst = Math.max(worst, Math.abs(sum - want))
      if (j < i) below = Math.max(below, Math.abs(U[i * K + j] ?? 0))
    }
  expect(worst).toBeLessThan(1e-12 * Math.max(...expected.map(Math.abs)) * K)
  expect(below).toBe(0)
})

test('inputs that were never seen are rounded and compensate nothing', () => {
  const K = 32
  const H = hessian(K, 100, 8)
  for (let k = 0; k < K; k++) H[5 * K + k] = H[k * K + 5] = 0
  const order = visitingOrder(diagonal(H, K), true)
  const U = inverseFactor(H, K, { damp: 0.01, order })
  const at = order.indexOf(5)
  expect(at).toBe(K - 1)
  expect([...U.subarray(0, K * K)].every(Number.isFinite)).toBe(true)
  expect(Array.from({ length: K - 1 }, (_, i) => U[i * K + at])).toEqual(
    Array.from({ length: K - 1 }, () => 0),
  )
})

test('a matrix that is not finite is refused with what to do', () => {
  const H = new Float64Array(4).fill(NaN)
  expect(() => inverseFactor(H, 2, { damp: 0.01, order: Int32Array.of(0, 1) })).toThrow(/larger damp/)
})

test.each([
  [5, 7, 9],
  [2, 4, 300],
  [3, 130, 257],
  [1, 1, 1],
])('C −= A·B of %i × %i × %i', (rows, depth, columns) => {
  const [C, A, B] = [rows * columns, rows * depth, depth * columns].map((size, seed) =>
    Float64Array.from(seededNormal(seed, size)),
  )
  if (!C || !A || !B) throw new Error('three matrices')
  const want = C.map((c, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns]
    let sum = c
    for (let m = 0; m < depth; m++) sum -= (A[i * depth + m] ?? 0) * (B[m * columns + j] ?? 0)
    return sum
  })
  const part = (data: Float64Array, stride: number) => ({ data, from: 0, stride })
  subtractProduct(part(C, columns), part(A, depth), part(B, columns), { rows, depth, columns })
  C.forEach((c, at) => expect(Math.abs(c - (want[at] ?? NaN))).toBeLessThan(1e-11))
})
