import { expect, test } from 'vitest'
import type { Node } from '../ir.ts'
import { onnx } from '../text/template.ts'
import { boundaryOf, downstream, regionBetween, upstream } from './region.ts'

const graph = onnx`(float[2] x, float[2] z, bool c) => (float[2] y) <float[2] w = {1, 2}> {
  a = Abs(x)
  b = Mul(a, w)
  k = Neg(z)
  [if] d = If(c) <
    then_branch: graph = yes () => (float[2] r) { r = Add(b, k) },
    else_branch: graph = no () => (float[2] s) { s = Relu(k) }>
  e = Sub(d, b)
  y = Add(e, k)
}`
const outputs = (nodes: readonly Node[]) => nodes.map(node => node.outputs[0])

test('upstream and downstream follow what nested bodies capture', () => {
  expect(outputs(upstream(graph, ['d']))).toEqual(['a', 'b', 'k', 'd'])
  expect(outputs(upstream(graph, ['d'], ['b']))).toEqual(['k', 'd'])
  expect(outputs(downstream(graph, ['a']))).toEqual(['b', 'd', 'e', 'y'])
  expect(outputs(downstream(graph, ['y']))).toEqual([])
})

test('between two values lies what depends on one and serves the other', () => {
  expect(outputs(regionBetween(graph, ['a'], ['e']))).toEqual(['b', 'd', 'e'])
  expect(outputs(regionBetween(graph, ['x'], ['b']))).toEqual(['a', 'b'])
  expect(outputs(regionBetween(graph, ['y'], ['a']))).toEqual([])
})

test('what crosses the border', () => {
  expect(boundaryOf(graph, regionBetween(graph, ['a'], ['e']))).toEqual({
    inputs: ['a', 'w', 'c', 'k'],
    outputs: ['e'],
  })
  expect(boundaryOf(graph, regionBetween(graph, ['x'], ['b'])).outputs).toEqual(['b'])
})
