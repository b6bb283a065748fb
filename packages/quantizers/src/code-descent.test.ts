import { seededNormal } from '@damson/testing'
import { describe, expect, test } from 'vitest'
import { damped, diagonal, hessian, outputError, valuesOf } from '../test/output-errors.ts'
import type { CodedRows, GridSpec } from './block-grid.ts'
import { descend } from './code-descent.ts'
import { inverseFactor } from './inverse-factor.ts'
import { roundRows, visitingOrder } from './second-order.ts'

const [K, rows] = [80, 6]
const H = hessian(K, 400, 1)
const W = Float64Array.from(seededNormal(2, rows * K))
const damp = 0.01
const smooth = damped(H, K, damp)

function coded(spec: GridSpec): CodedRows {
  const importance = diagonal(smooth, K)
  const order = visitingOrder(importance, true)
  return roundRows(W, K, spec, { factor: inverseFactor(H, K, { damp, order }), order, importance })
}

const errorOf = (found: CodedRows, spec: GridSpec): number =>
  outputError(W, valuesOf(found, K, spec), smooth, K)
const copyOf = ({ codes, scales, zeroPoints }: CodedRows): CodedRows => ({
  codes: codes.slice(),
  scales: scales.slice(),
  zeroPoints: zeroPoints.slice(),
})

const specs: readonly GridSpec[] = [
  { bits: 4, blockSize: 32, symmetric: false },
  { bits: 2, blockSize: 32, symmetric: true },
  { bits: 4, blockSize: 16, symmetric: false, dtype: 'float16' },
]

describe.each(specs)('$bits bits in blocks of $blockSize', spec => {
  test('brings the error of second-order codes down further', () => {
    const before = coded(spec)
    const after = copyOf(before)
    descend(W, K, spec, smooth, after, 3)
    expect(errorOf(after, spec)).toBeLessThan(0.97 * errorOf(before, spec))
    expect(after.zeroPoints).toEqual(before.zeroPoints)
  })

  test('ends where no single code and no scale alone does better', () => {
    const found = coded(spec)
    descend(W, K, spec, smooth, found, 1000)
    const least = errorOf(found, spec)
    const slack = 1e-9 * least
    for (let at = 0; at < found.codes.length; at += 7) {
      for (const step of [-1, 1]) {
        const code = (found.codes[at] ?? 0) + step
        if (code < 0 || code >= 2 ** spec.bits) continue
        const other = copyOf(found)
        other.codes[at] = code
        expect(errorOf(other, spec)).toBeGreaterThanOrEqual(least - slack)
      }
    }
    for (let at = 0; at < found.scales.length; at++) {
      for (const share of [0.97, 1.03]) {
        const other = copyOf(found)
        other.scales[at] = share * (found.scales[at] ?? 0)
        expect(errorOf(other, spec)).toBeGreaterThan(least)
      }
    }
  })
})

test('no sweeps: nothing changes', () => {
  const [spec = { bits: 4, blockSize: 32, symmetric: false }] = specs
  const found = coded(spec)
  const before = copyOf(found)
  descend(W, K, spec, smooth, found, 0)
  expect(found).toEqual(before)
})
