import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createChannelObserver } from './channel-observer.ts'
import { absoluteQuantile, createHistogramObserver, quantile } from './histogram-observer.ts'
import { createMomentsObserver } from './moments-observer.ts'
import type { Observer } from './observer.ts'
import { createMovingAverageObserver, createRangeObserver } from './range-observer.ts'

const number = fc.double({ min: -1e4, max: 1e4, noNaN: true })
const batch = fc.array(number, { minLength: 1, maxLength: 50 }).map(values => Float32Array.from(values))
const batches = fc.array(batch, { minLength: 1, maxLength: 8 })

function resultOf<R>(observer: Observer<R>, arrays: readonly Float32Array[]): R {
  for (const values of arrays) observer.observe(values)
  return observer.result()
}
const joined = (arrays: readonly Float32Array[]): number[] => arrays.flatMap(values => [...values])
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)

test('range: over all arrays, without what is not finite', () => {
  fc.assert(
    fc.property(batches, arrays => {
      const all = joined(arrays)
      const noisy = [...arrays, Float32Array.of(NaN, Infinity, -Infinity)]
      const { min, max, count, nonFinite } = resultOf(createRangeObserver(), noisy)
      expect([min + 0, max + 0, count, nonFinite]).toEqual([
        Math.min(...all) + 0,
        Math.max(...all) + 0,
        all.length,
        3,
      ])
    }),
  )
})

test('moving average: the first range, then a step towards each new one', () => {
  const observer = createMovingAverageObserver({ weight: 0.25 })
  const arrays = [Float32Array.of(-1, 3), Float32Array.of(NaN), Float32Array.of(-5, 7)]
  expect(resultOf(observer, arrays)).toEqual({ min: -2, max: 4, count: 4, nonFinite: 1 })
  expect(() => createMovingAverageObserver({ weight: 0 })).toThrow('above 0 and at most 1, got 0')
})

describe('channels', () => {
  test('are the slices along any axis', () => {
    const shapes = fc.tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 6 }),
    )
    fc.assert(
      fc.property(shapes, fc.integer({ min: -3, max: 2 }), (shape, axis) => {
        const [a, b, c] = shape
        const values = Float32Array.from({ length: a * b * c }, (_, i) => Math.sin(i * i + 1))
        const at = axis < 0 ? axis + 3 : axis
        const channels = shape[at] ?? 0
        const observer = createChannelObserver(channels)
        observer.observe(values, shape, axis)
        const { min, max, absMax } = observer.result()
        for (let channel = 0; channel < channels; channel++) {
          const own = [...values].filter(
            (_, i) => [Math.floor(i / b / c), Math.floor(i / c) % b, i % c][at] === channel,
          )
          expect([min[channel], max[channel]]).toEqual([Math.min(...own), Math.max(...own)])
          expect(absMax[channel]).toBe(Math.max(...own.map(Math.abs)))
        }
      }),
    )
  })
  test('a shape that does not fit is an error', () => {
    const observer = createChannelObserver(3)
    expect(() => observer.observe(new Float32Array(6), [3, 2], 1)).toThrow('3 channels along axis 1')
    expect(() => observer.observe(new Float32Array(7), [2, 3], 1)).toThrow('expected 7 values')
  })
})

test('moments: as computed from all values at once, also far from 0', () => {
  fc.assert(
    fc.property(batches, fc.constantFrom(0, 1e6), (arrays, offset) => {
      const shifted = arrays.map(values => values.map(v => v + offset))
      const all = joined(shifted)
      const mean = all.reduce((a, b) => a + b, 0) / all.length
      const variance = all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length
      const moments = resultOf(createMomentsObserver(), shifted)
      expect(moments.count).toBe(all.length)
      expect(Math.abs(moments.mean - mean)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(mean)))
      expect(Math.abs(moments.variance - variance)).toBeLessThanOrEqual(1e-6 * (1 + variance))
      const rms = Math.sqrt(all.reduce((a, b) => a + b * b, 0) / all.length)
      expect(Math.abs(moments.rms - rms)).toBeLessThanOrEqual(1e-6 * (1 + rms))
    }),
  )
})

describe('histogram', () => {
  test('counts are exact for its bins, in whatever order arrays come', () => {
    fc.assert(
      fc.property(batches, arrays => {
        const { counts, limit, width, count } = resultOf(createHistogramObserver({ bins: 64 }), arrays)
        const backwards = resultOf(createHistogramObserver({ bins: 64 }), [...arrays].reverse())
        const all = joined(arrays)
        expect(backwards.counts).toEqual(counts)
        expect(count).toBe(all.length)
        counts.forEach((n, i) => {
          const from = -limit + i * width
          const inside = all.filter(v => (limit === 0 ? i === 32 : v >= from && v < from + width))
          expect(n).toBe(inside.length)
        })
      }),
    )
  })
  test('quantiles are right to within a bin', () => {
    fc.assert(
      fc.property(batches, fc.double({ min: 0, max: 1, noNaN: true }), (arrays, q) => {
        const histogram = resultOf(createHistogramObserver(), arrays)
        const expectNear = (value: number, values: readonly number[]): void => {
          const rank = Math.max(0, Math.ceil(q * values.length) - 1)
          expect(Math.abs(value - (values[rank] ?? NaN))).toBeLessThanOrEqual(histogram.width)
        }
        expectNear(quantile(histogram, q), sorted(joined(arrays)))
        expectNear(absoluteQuantile(histogram, q), sorted(joined(arrays).map(Math.abs)))
      }),
    )
  })
  test('the ends are the range; an empty one has no quantiles', () => {
    const histogram = resultOf(createHistogramObserver(), [Float32Array.of(-3, 1, 2, 7, NaN)])
    expect([quantile(histogram, 0), quantile(histogram, 1), absoluteQuantile(histogram, 1)]).toEqual([
      -3, 7, 7,
    ])
    expect(histogram.nonFinite).toBe(1)
    expect(quantile(createHistogramObserver().result(), 0.5)).toBeNaN()
    expect(() => quantile(histogram, 1.5)).toThrow('from 0 to 1, got 1.5')
    expect(() => createHistogramObserver({ bins: 7 })).toThrow('even number, got 7')
  })
})
