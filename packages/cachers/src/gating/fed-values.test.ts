import { halfOf } from '@damson/runtime'
import { expect, test } from 'vitest'
import { timeOf } from './fed-values.ts'

test('the time is a number in whatever type it is fed', () => {
  expect(timeOf({ timestep: { dtype: 'float16', shape: [1], data: Uint16Array.of(halfOf(0.75)) } })).toBe(
    0.75,
  )
  expect(timeOf({ sigma: { dtype: 'float32', shape: [], data: Float32Array.of(0.5) } })).toBe(0.5)
  expect(timeOf({ t: { dtype: 'int64', shape: [2], data: BigInt64Array.of(999n, 999n) } })).toBe(999)
  expect(timeOf({ sample: { dtype: 'float32', shape: [1], data: Float32Array.of(3) } })).toBeUndefined()
})
