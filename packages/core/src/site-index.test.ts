import { expect, test } from 'vitest'
import { onnx } from '@damson/graph'
import { modelOf } from './model-value.ts'
import { SiteIndex } from './site-index.ts'

const graph = onnx`
  <ir_version: 10, opset_import: ["" : 21]>
  branches (float[2] x, float[2] z) => (float[2] y, float[2] w)
  <float[2] k = {1, 2}>
  {
    [before] a = Relu(x)
    [cond0] s = ReduceSum<keepdims = 0>(z)
    [cond] c = Cast<to = 9>(s)
    [branch] b = If(c) <
      then_branch = t () => (float[2] u) { [left] u = Mul(a, k) },
      else_branch = e () => (float[2] v) { [right1] r = Exp(x)  [right2] v = Add(r, k) }>
    [after] y = Neg(b)
    [aside] w = Abs(z)
  }`
const index = new SiteIndex(modelOf(graph).part('model'))
const numberOf = (name: string): number => index.nodes.findIndex(({ node }) => node.name === name)
const above = (name: string): readonly string[] =>
  [...index.upstream([numberOf(name)])].map(number => index.nodes[number]?.node.name ?? '').sort()

test('upstream goes through branches, and not from one branch into the other', () => {
  expect(above('after')).toEqual(['after', 'before', 'branch', 'cond', 'cond0', 'left', 'right1', 'right2'])
  expect(above('left')).toEqual(['before', 'cond', 'cond0', 'left'])
  expect(above('right2')).toEqual(['cond', 'cond0', 'right1', 'right2'])
  expect(above('aside')).toEqual(['aside'])
})

test('a weight is labelled by the node that reads it, and touches all that do', () => {
  const key = [...index.keys('weight')].find(each => each === 'w:k') ?? ''
  expect(index.label(key)).toBe('left')
  expect(index.nodesAt(key)).toEqual([numberOf('left'), numberOf('right2')])
  expect(index.keyOf(index.siteOf(key))).toBe(key)
})

test('sites of another graph have no key', () => {
  const other = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (float[2] y) { y = Relu(x) }`
  const [node] = other.nodes
  expect(node && index.keyOf({ node })).toBeUndefined()
})
