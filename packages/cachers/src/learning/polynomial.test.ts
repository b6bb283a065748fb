import { expect, test } from 'vitest'
import { fitPolynomial } from './polynomial.ts'

const at = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, c, i) => sum + c * x ** i, 0)

test('a polynomial is found again from its points, whatever their scale', () => {
  for (const scale of [1e-3, 1, 50]) {
    const points = Array.from({ length: 9 }, (_, i) => {
      const x = (scale * (i + 1)) / 9
      return [x, at([0.1, -2, 0.5, 3, -1], x / scale)] as const
    })
    const found = fitPolynomial(points, 4) ?? []
    for (const [x, y] of points) expect(at(found, x)).toBeCloseTo(y, 9)
  }
})

test('between points that disagree it goes where the squares are least', () => {
  // The mean of each pair, and the line through the means.
  const points = [[0, 0], [0, 2], [1, 2], [1, 4], [2, 4], [2, 6]] as const // prettier-ignore
  expect((fitPolynomial(points, 1) ?? []).map(c => Number(c.toFixed(12)))).toEqual([1, 2])
})

test('too few points say nothing', () => {
  expect(fitPolynomial([[1, 1], [2, 2], [2, 3]], 1)).toBeUndefined() // prettier-ignore
  expect(fitPolynomial([], 4)).toBeUndefined()
})
