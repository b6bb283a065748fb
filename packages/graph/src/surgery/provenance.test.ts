import { expect, test } from 'vitest'
import { onnx } from '../text/template.ts'
import { claimOf, claims, originsOf } from './provenance.ts'

const graph = onnx`(float[2] x, bool c) => (float[2] y) <
  #: {"origins": ["conv.w", "bn.w"]}
  float[2] w = {1, 2}> {
  #: {"origins": ["conv", "bn"]}
  [merged] a = Mul(x, w)
  #: {"origins": []}
  [cast] b = Cast<to = 1>(a)
  [if] y = If(c) <
    then_branch: graph = yes () => (float[2] r) { [add] r = Add(b, x) },
    else_branch: graph = no () => (float[2] s) { s = Neg(x) }>
}`

const select = (...origins: string[]) => claims(graph, origin => origins.includes(origin))
const names = (found: ReturnType<typeof claims>) => found.nodes.map(({ node }) => node.name)

test('a merged node counts when all that it came from is selected', () => {
  expect(names(select('conv', 'bn'))).toEqual(['merged'])
  expect(select('conv.w', 'bn.w').weights.map(weight => weight.name)).toEqual(['w'])
  expect(select('conv', 'bn').partial).toEqual([])
})

test('a partial match is refused, naming it and what is missing', () => {
  const found = select('conv', 'bn.w')
  expect(names(found)).toEqual([])
  expect(found.weights).toEqual([])
  expect(found.partial).toEqual([
    { refused: 'the node was merged from 2 original ones, and the selection lacks bn', at: 'merged' },
    { refused: 'the weight was merged from 2 original ones, and the selection lacks conv.w', at: 'w' },
  ])
})

test('nodes of nested bodies count, nodes without origins never', () => {
  expect(names(select('if/then_branch/add', 'cast', ''))).toEqual(['add'])
})

test('origins of what is made from several', () => {
  expect(originsOf({ origins: ['a', 'b'] }, { origins: [] }, { origins: ['b', 'c'] })).toEqual([
    'a',
    'b',
    'c',
  ])
  expect(claimOf([], () => true)).toBe('out')
})
