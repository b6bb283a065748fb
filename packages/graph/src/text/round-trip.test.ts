import fc from 'fast-check'
import { expect, test } from 'vitest'
import { graph } from '../../test/arbitrary-graph.ts'
import { difference } from '../check/difference.ts'
import { parse } from './parse.ts'
import { print, tensorsOf } from './print.ts'

test('the printed text of any graph parses to the same graph', () => {
  fc.assert(
    fc.property(graph, each => {
      const text = print(each, { tensors: 'all', notes: true })
      expect(difference(parse(text), each)).toBe(undefined)
    }),
    { numRuns: 400 },
  )
})

test('tensors left out of the text come back by key', () => {
  fc.assert(
    fc.property(graph, each => {
      const text = print(each)
      expect(difference(parse(text, { tensors: tensorsOf(each) }), each, { notes: false })).toBe(undefined)
      expect(difference(parse(text), each, { notes: false })).toBe(undefined)
    }),
    { numRuns: 200 },
  )
})
