// Sizes as expressions: reading and printing are inverse, and arithmetic on expressions is arithmetic on their values.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Dim } from '../ir.ts'
import {
  addDims, ceilDivide, dimNames, divideDims, evaluateDim, floorDivide, lowerBound, multiplyDims, readDim, smallerDim,
  subtractDims, upperBound,
} from './dim.ts' // prettier-ignore

const names = ['a', 'b', 'seq_len']
const sizes = fc
  .record({ a: fc.nat(50), b: fc.nat(50), seq_len: fc.nat(50) })
  .map(all => new Map(Object.entries(all)))

/** Expressions built by the operations themselves. */
const dims = fc.letrec<{ dim: Dim }>(tie => ({
  dim: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Dim>(...names),
    fc.integer({ min: 0, max: 9 }),
    fc.tuple(tie('dim'), tie('dim')).map(([a, b]) => addDims(a, b)),
    fc.tuple(tie('dim'), tie('dim')).map(([a, b]) => multiplyDims(a, b)),
    fc.tuple(tie('dim'), tie('dim')).map(([a, b]) => smallerDim(a, b)),
    fc.tuple(tie('dim'), fc.integer({ min: 1, max: 6 })).map(([a, n]) => floorDivide(a, n)),
  ),
})).dim

const known = dims.filter(dim => dim !== null)
const value = (dim: Dim, at: ReadonlyMap<string, number>): number => evaluateDim(dim, at) ?? NaN

describe('an expression', () => {
  test('reads back as itself', () => {
    fc.assert(
      fc.property(known, dim => {
        expect(readDim(dim)).toBe(dim)
      }),
    )
  })

  test('has the value of its parts', () => {
    fc.assert(
      fc.property(known, known, fc.integer({ min: 1, max: 9 }), sizes, (a, b, n, at) => {
        const [x, y] = [value(a, at), value(b, at)]
        const results: readonly (readonly [Dim, number])[] = [
          [addDims(a, b), x + y],
          [subtractDims(a, b), x - y],
          [multiplyDims(a, b), x * y],
          [smallerDim(a, b), Math.min(x, y)],
          [floorDivide(subtractDims(a, b), n), Math.floor((x - y) / n)],
          [ceilDivide(a, n), Math.ceil(x / n)],
        ]
        for (const [dim, expected] of results) if (dim !== null) expect(value(dim, at) + 0).toBe(expected + 0)
        const quotient = divideDims(a, b)
        if (quotient !== null && y !== 0) expect(value(quotient, at) * y).toBe(x)
        expect(lowerBound(subtractDims(a, b))).toBeLessThanOrEqual(x - y)
        expect(upperBound(subtractDims(a, b))).toBeGreaterThanOrEqual(x - y)
      }),
    )
  })

  test.each<readonly [string, Dim]>([
    ['past_sequence_length + sequence_length', 'past_sequence_length + sequence_length'],
    ['2*s25', '2*s25'],
    ['s25 * 2', '2*s25'],
    ['(s25//2)', '(s25//2)'],
    ['sample_height / 2', '(sample_height//2)'],
    ['s0**2 - 1', 's0*s0 - 1'],
    ['batch-size', '"batch-size"'],
    ['min(seq, 128)', 'min(128, seq)'],
    ['77', 77],
    ['?', null],
    ['-1', null],
    ['', null],
  ])('%s is read as %s', (text, expected) => {
    expect(readDim(text)).toBe(expected)
  })

  test('of quotients is one quotient', () => {
    expect(floorDivide(floorDivide('h', 2), 2)).toBe('(h//4)')
    expect(floorDivide(addDims(multiplyDims(6, 'h'), 5), 3)).toBe('2*h + 1')
    expect([...dimNames('2*(h//4) + min(n, 7)')]).toEqual(['h', 'n'])
  })

  test('too large or hostile is unknown, not slow', () => {
    const deep = `${'('.repeat(900)}a${')'.repeat(900)}`
    expect(readDim(deep)).not.toBeNull()
    const wide = Array.from({ length: 60 }, (_, at) => `x${at}`).reduce<Dim>(
      (sum, name) => addDims(sum, name),
      0,
    )
    expect(wide).toBeNull()
    expect(multiplyDims(2 ** 40, 2 ** 40)).toBeNull()
  })
})
