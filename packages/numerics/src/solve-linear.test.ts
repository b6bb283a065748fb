import fc from 'fast-check'
import { expect, test } from 'vitest'
import { solveLinear } from './solve-linear.ts'

const numbers = (length: number) =>
  fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: length, maxLength: length })

test('what is found solves the equations', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 5 })
        .chain(n => fc.tuple(fc.array(numbers(n), { minLength: n, maxLength: n }), numbers(n))),
      ([matrix, wanted]) => {
        // A heavy diagonal keeps the equations apart from each other.
        const heavy = matrix.map((row, i) =>
          row.map((value, j) => (i === j ? value + Math.sign(value || 1) * 99 : value)),
        )
        const sides = heavy.map(row => row.reduce((sum, value, j) => sum + value * (wanted[j] ?? 0), 0))
        const found = solveLinear(heavy, sides) ?? []
        found.forEach((x, i) => expect(x).toBeCloseTo(wanted[i] ?? NaN, 9))
      },
    ),
  )
})

test('rows are exchanged where a pivot is zero, and equations that say the same twice have no answer', () => {
  expect(solveLinear([[0, 2], [3, 1]], [4, 5])).toEqual([1, 2]) // prettier-ignore
  expect(solveLinear([[1, 2], [2, 4]], [1, 2])).toBeUndefined() // prettier-ignore
  expect(solveLinear([[1, 0], [0, 1e-15]], [1, 1], 1e-14)).toBeUndefined() // prettier-ignore
})
