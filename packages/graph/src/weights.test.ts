import { expect, test } from 'vitest'
import { onnx } from './text/template.ts'
import { weights } from './weights.ts'

const graph = onnx`
  <ir_version: 8, opset_import: ["" : 17]>
  g (bool flag, float[2] x) => (float[2] y)
  <float[2] shared = {1, 2}, float[2] given = {3, 4}, float[2] spare = {5, 6}>
  {
    [c] inner = Constant<value = float[2] {7, 8}>()
    [a] b = Add(x, shared)
    [i] y = If(flag) <
      then_branch = t () => (float[2] u) { k = Constant<value = float[2] {9, 10}>()  m = Mul(b, shared)  n = Add(m, inner)  u = Add(n, k) },
      else_branch = e () => (float[2] given) { z = Neg(b) }
    >
  }`

const byName = new Map(weights(graph).map(weight => [weight.name, weight]))

test('initializers and constants of every body, each with all its uses in all bodies', () => {
  expect([...byName.keys()].sort()).toEqual(['given', 'inner', 'k', 'shared', 'spare'])
  expect(byName.get('shared')?.uses.map(({ node, scope }) => [node.op, scope.path])).toEqual([
    ['Add', ''],
    ['Mul', 'i/then_branch'],
  ])
  expect(byName.get('inner')?.storage).toBe('constant')
  expect(byName.get('k')?.id).toBe('i/then_branch/k')
  expect(byName.get('spare')?.uses).toEqual([])
})

test('a weight that a nested body gives out as it is counts as an output', () => {
  expect(byName.get('given')?.isOutput).toBe(true)
  expect(byName.get('shared')?.isOutput).toBe(false)
})

test('the same graph gives the same list, and a changed one a new one', () => {
  expect(weights(graph)).toBe(weights(graph))
  expect(weights(graph.with({ name: 'other' }))).not.toBe(weights(graph))
})
