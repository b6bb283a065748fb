import fc from 'fast-check'
import { expect, test } from 'vitest'
import { glob, Patterns } from './patterns.ts'

test('globs match whole names; a star crosses slashes', () => {
  expect(glob('/down*').test('/down_blocks.0/resnets.0/Conv')).toBe(true)
  expect(glob('*to_?').test('/a/to_q')).toBe(true)
  expect(glob('*to_?').test('/a/to_q/MatMul')).toBe(false)
  expect(glob('a.b(c)+').test('a.b(c)+')).toBe(true)
  expect(glob('a.b').test('axb')).toBe(false)
})

test('a set of patterns matches what its globs match one by one', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '*', '?'), maxLength: 4 })
  fc.assert(
    fc.property(fc.array(text), fc.array(text), (patterns, names) => {
      const slow = patterns.filter(pattern => names.some(name => glob(pattern).test(name)))
      const set = new Patterns(patterns)
      expect(new Set(set.matching(names))).toEqual(new Set(slow))
      for (const name of names) expect(set.has(name)).toBe(patterns.includes(name))
    }),
    { numRuns: 500 },
  )
})

test('ten thousand plain names are looked up, not tried', () => {
  const names = Array.from({ length: 10_000 }, (_, at) => `/model/layers.${at}/MatMul`)
  const set = new Patterns([...names, '*.norm'])
  const tried = names.filter(name => set.matching([name]).length === 1)
  // Trying each of them on each name would be 100 million expressions: longer than a test may take.
  expect(tried).toHaveLength(names.length)
})
