import { expect, test } from 'vitest'
import { reshapeTarget } from './reshape-target.ts'

test('numbers, sizes that stay, and one that is left', () => {
  expect(reshapeTarget(['b', 's', 64], ['b', 's', 4, 16])).toEqual([0, 0, 4, 16])
  expect(reshapeTarget(['b', 's', 64], ['b*s', 64])).toEqual([-1, 64])
  expect(reshapeTarget([2, 6], [3, 4])).toEqual([3, 4])
})

test('no constant says two unknown sizes, or a number that is 0', () => {
  expect(reshapeTarget(['b', 's'], ['s', 'b'])).toBeUndefined()
  expect(reshapeTarget([null, null], [null, null])).toBeUndefined()
  expect(reshapeTarget(['b', 4], [0, 'b'])).toBeUndefined()
})

test('-1 beside a size that may be 0 in a run only where the source fails there too', () => {
  expect(reshapeTarget(['b', 's', 4], ['b', '4*s'])).toBeUndefined()
  expect(reshapeTarget(['b', 's', 4], ['b', '4*s'], [['b']])).toEqual([0, -1])
  expect(reshapeTarget(['b', 's', 4], ['b', '4*s'], [['s']])).toBeUndefined()
})
