import { onnx } from '@damson/graph'
import { expect, test } from 'vitest'
import { chooseFloat, type Prices } from './float-choice.ts'
import { integerNodes, type IntegerNode } from './integer-nodes.ts'
import { pairsOf } from './pairs.ts'

// Three convolutions in a row, a sum with what the first one made, and a Relu that joins the second.
const graph = onnx`<ir_version: 8, opset_import: ["" : 17]>
  g (float[1,1,4,4] x) => (float[1,1,4,4] y)
  <float[1,1,1,1] u = {1.0}, float[1,1,1,1] v = {1.0}, float[1,1,1,1] w = {1.0}>
  { a = Conv(x, u)  b = Conv(a, v)  c = Relu(b)  d = Add(a, c)  y = Conv(d, w) }`
const { nodes } = integerNodes(graph)

const prices = (noise: Readonly<Record<string, number>>, work = 1000, bytes = 1e9): Prices => ({
  noise: name => noise[name] ?? 0,
  total: Object.values(noise).reduce((a, b) => a + b, 0),
  integer: ({ kind }) => (kind === 'product' ? work / 2 : 0),
  float: ({ kind }) => (kind === 'product' ? work : 128),
  conversion: () => 128,
  bytes: () => bytes,
})
const names = (list: readonly IntegerNode[]): readonly string[] => list.map(({ output }) => output)

test('convolutions and the sum between them can run in integers; Relu gives its bounds', () => {
  expect(names(nodes)).toEqual(['a', 'c', 'd', 'y'])
  expect([...pairsOf(nodes).keys()]).toEqual(['x', 'a', 'c', 'd', 'y'])
})

test('nothing is taken out where nothing may be spent', () => {
  expect(chooseFloat(nodes, prices({ x: 1, y: 1 }), 0).float).toEqual([])
})

test('the node with the noisy output is taken out, and no other', () => {
  expect(names(chooseFloat(nodes, prices({ a: 0.001, y: 1 }), 0.6).float)).toEqual(['y'])
})

test('a noisy value in the middle takes its maker and all its readers', () => {
  expect(names(chooseFloat(nodes, prices({ c: 1, y: 0.001 }), 1).float)).toEqual(['c', 'd'])
})

test('what costs more than may be spent stays in integers', () => {
  expect(chooseFloat(nodes, prices({ y: 1 }, 1e9), 0.1).float).toEqual([])
})

test('a noisy weight stays as it is with its node, where there is room for its bytes', () => {
  const light = (id: string): number => (id === 'w' ? 1 : 100)
  const choice = chooseFloat(nodes, { ...prices({ w: 1 }), bytes: light }, 0.6)
  expect(names(choice.float)).toEqual(['y'])
  expect([...choice.weights]).toEqual(['w'])
})

test('a noisy weight that is too large is coded, and its node runs in integers', () => {
  const choice = chooseFloat(nodes, prices({ w: 1 }), 0.6)
  expect(choice).toEqual({ float: [], weights: new Set() })
})

test('what is faster in floating point stays there, noisy or not, with its weight where that is small', () => {
  const slow = (node: IntegerNode): number => (node.output === 'c' ? 5000 : 500)
  const given = { ...prices({ y: 0.001 }), integer: slow }
  expect(names(chooseFloat(nodes, given, 0.02).float)).toContain('c')
  const light = (id: string): number => (id === 'v' ? 1 : 100)
  expect([...chooseFloat(nodes, { ...given, bytes: light }, 0.001).weights]).toEqual([])
  expect([...chooseFloat(nodes, { ...given, bytes: id => light(id) * 5 }, 0.02).weights]).toEqual(['v'])
})

test('time that one node saves in floating point is not spent on another', () => {
  const slow = (node: IntegerNode): number => (node.output === 'c' ? 9000 : 500)
  const given = { ...prices({ y: 1 }), integer: slow }
  expect(names(chooseFloat(nodes, given, 0.05).float)).not.toContain('y')
  expect(names(chooseFloat(nodes, given, 0.5).float)).toContain('y')
})
