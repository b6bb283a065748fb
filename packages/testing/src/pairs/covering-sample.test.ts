import fc from 'fast-check'
import { expect, test } from 'vitest'
import { coveringSample } from './covering-sample.ts'

/** Every two values that meet in some of the cases. */
function meetings(cases: readonly (readonly string[])[]): ReadonlySet<string> {
  return new Set(
    cases.flatMap(values =>
      values.flatMap((a, at) => values.flatMap((b, other) => (at === other ? [] : [`${a} ${b}`]))),
    ),
  )
}

test('nine of the 27 cases of three values in three places cover all 27 pairs', () => {
  const [a, b, c] = ['a', 'b', 'c'].map(letter => [1, 2, 3].map(digit => `${letter}${digit}`)) as [
    string[],
    string[],
    string[],
  ]
  const cases = a.flatMap(x => b.flatMap(y => c.map(z => [x, y, z])))
  const taken = coveringSample(cases)
  expect(taken.length).toBeGreaterThanOrEqual(9)
  expect(taken.length).toBeLessThanOrEqual(12)
  expect(meetings(taken.map(at => cases[at] ?? []))).toEqual(meetings(cases))
})

test('a sample covers what all cases cover, takes no case twice and is the same every time', () => {
  const cases = fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 4 }), {
    maxLength: 30,
  })
  fc.assert(
    fc.property(cases, given => {
      const taken = coveringSample(given)
      expect(new Set(taken).size).toBe(taken.length)
      expect(meetings(taken.map(at => given[at] ?? []))).toEqual(meetings(given))
      expect(coveringSample(given)).toEqual(taken)
    }),
  )
})

test('pairs that do not count need no case', () => {
  const cases = [['a', 'x'], ['b', 'x'], ['a', 'b']] // prettier-ignore
  expect(coveringSample(cases)).toEqual([0, 1, 2])
  expect(coveringSample(cases, (one, two) => one === 'x' || two === 'x')).toEqual([0, 1])
})

test('nothing meets, nothing is taken', () => {
  expect(coveringSample([])).toEqual([])
  expect(coveringSample([['a'], ['b']])).toEqual([])
})
