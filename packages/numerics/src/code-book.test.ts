import { describe, expect, test } from 'vitest'
import { bitsOf, bytesOf, floatsOf, golden } from '../test/golden.ts'
import { codeBookValues, dequantizeByBook, quantizeByBook } from './code-book.ts'

test.each(golden('book'))('$book, block $blockSize: ONNX Runtime, bit for bit', golden => {
  const { book, blockSize } = golden
  const coded = quantizeByBook(floatsOf(golden.data), blockSize, book)
  expect(coded.packed).toEqual(bytesOf(golden.packed))
  expect(bitsOf(coded.absmax)).toEqual(bitsOf(floatsOf(golden.absmax)))
  expect(coded.nonFinite).toBe(0)
})

describe.each(['nf4', 'fp4'] as const)('%s', book => {
  const numbers = codeBookValues(book)
  test('its numbers are coded as themselves', () => {
    const coded = quantizeByBook(numbers, 16, book)
    expect(dequantizeByBook(coded, 16, 16, book)).toEqual(numbers.map(v => v + 0))
  })

  test('every number goes to one that is nearest, but for pivots rounded by 1e-5', () => {
    const values = Float32Array.from({ length: 4001 }, (_, i) => -1 + i / 2000)
    const back = dequantizeByBook(quantizeByBook(values, 4096, book), 4001, 4096, book)
    values.forEach((v, i) => {
      const nearest = Math.min(...numbers.map(number => Math.abs(number - v)))
      expect(Math.abs((back[i] ?? NaN) - v)).toBeLessThanOrEqual(nearest + 2e-5)
    })
  })

  test('numbers that are not finite are counted', () => {
    expect(quantizeByBook(Float32Array.of(1, NaN, -Infinity, 0.5, 2), 4, book).nonFinite).toBe(2)
  })
})
