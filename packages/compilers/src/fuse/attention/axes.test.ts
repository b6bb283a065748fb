// Dealing axes out to dimensions: what a Reshape does to a layout, and where sizes do not tell.
import { describe, expect, test } from 'vitest'
import { regroup, textOf, transpose, untranspose, type Axis, type Layout } from './axes.ts'

const axis = (letter: Axis['letter'], size: Axis['size']): Axis => ({ letter, size })
const layout = (n: number, h: number, s: Axis['size'] = 's', b: Axis['size'] = 'b'): Layout => [
  [axis('b', b)], [axis('s', s)], [axis('n', n)], [axis('h', h)],
] // prettier-ignore
const text = (from: Layout, dims: readonly (number | string | null)[]): string | undefined => {
  const to = regroup(from, dims)
  return to && textOf(to)
}

describe('regroup', () => {
  test('merges and parts', () => {
    expect(text(layout(4, 8), ['b', 's', 32])).toBe('b s nh')
    expect(text(layout(4, 8), ['4*b*s', 8])).toBe('bsn h')
    expect(text([[axis('b', 'b'), axis('n', 4)], [axis('s', 's')], [axis('h', 8)]], ['b', 4, 's', 8])).toBe(
      'b n s h',
    )
  })
  test('parts heads into groups where a dimension asks for it', () => {
    expect(
      text([[axis('b', 'b')], [axis('n', 6)], [axis('s', 's')], [axis('h', 8)]], ['b', 2, 3, 's', 8]),
    ).toBe('b g r s h')
    expect(text(layout(6, 8), ['b', 's', 4, 12])).toBeUndefined()
  })
  test('one dimension of unknown size takes what is left, two do not', () => {
    expect(text(layout(4, 8), [null, 's', 32])).toBe('b s nh')
    expect(text(layout(4, 8), ['b', null, 32])).toBe('b s nh')
    expect(text(layout(4, 8), [null, null, 32])).toBeUndefined()
  })
  test('sizes of one come and go', () => {
    expect(text(layout(1, 8), ['b', 1, 's', 8])).toBe('b 1 s nh')
    expect(text(layout(1, 8), ['b', 's', 8])).toBe('b s nh')
    expect(text(layout(4, 8, 1, 1), [1, 32])).toBe('b snh')
  })
  test('what does not come out even is none', () => {
    expect(text(layout(4, 8), ['b', 's', 16, 2])).toBeUndefined()
    expect(text(layout(4, 8), ['s', 'b', 32])).toBeUndefined()
    expect(text(layout(4, 8), ['b', 's', 8, 4])).toBeUndefined()
  })
})

test('a Transpose and its way back', () => {
  const there = transpose(layout(4, 8), [0, 2, 1, 3])
  expect(there && textOf(there)).toBe('b n s h')
  const back = there && untranspose(there, [0, 2, 1, 3])
  expect(back && textOf(back)).toBe('b s n h')
  expect(untranspose(layout(4, 8), [0, 1])).toBeUndefined()
})
