import { expect, test } from 'vitest'
import { assertValid } from '../check/check.ts'
import { scopes } from '../scope.ts'
import { print } from '../text/print.ts'
import { onnx } from '../text/template.ts'
import { extract } from './extract.ts'

const graph = onnx`(float[2] x, float[2] z, bool c) => (float[2] y)
<float[2] w = {1, 2}, float[2] unused = {3, 4}, float[2] u = {5, 6}, float[2] a> {
  a = Abs(x)
  b = Mul(a, w)
  [if] d = If(c) <
    then_branch: graph = yes () => (float[2] r) { q = Mul(b, u) r = Add(q, z) },
    else_branch: graph = no () => (float[2] s) { s = Relu(z) }>
  y = Sub(d, b)
}`

test('between values, with the weights it needs and no more', () => {
  const part = extract(graph, { inputs: ['a'], outputs: ['b'], name: 'part' })
  assertValid(part)
  expect(print(part, { header: false })).toBe(
    'part (float[2] a) => (b)\n<\n  float[2] w = {1, 2}\n> {\n  b = Mul(a, w)\n}\n',
  )
  expect(part.tensor('w')).toBe(graph.tensor('w'))
})

test('graph inputs that are still needed become inputs, behind those given', () => {
  const part = extract(graph, { inputs: ['b'], outputs: ['d', 'b'] })
  assertValid(part)
  expect(part.inputs.map(input => input.name)).toEqual(['b', 'c', 'z'])
  expect([...part.initializers.keys()]).toEqual(['u'])
})

test('from a nested body: outer weights come along, other captured values become inputs', () => {
  const scope = [...scopes(graph)].find(each => each.path === 'if/then_branch')
  if (!scope) throw new Error('no branch')
  const part = extract(graph, { outputs: ['r'], scope })
  assertValid(part)
  expect(part.inputs.map(input => input.name)).toEqual(['b', 'z'])
  expect([...part.initializers.keys()]).toEqual(['u'])
  expect(part.nodes.map(node => node.op)).toEqual(['Mul', 'Add'])
})

test('a weight may be an output, and a Constant node comes along', () => {
  const constants = onnx`(float[2] x) => (float[2] y) <float[2] w = {1, 2}> {
    k = Constant<value = float[2] {3, 4}>() y = Mul(x, k) }`
  const part = extract(constants, { inputs: ['x'], outputs: ['y', 'w'] })
  assertValid(part)
  expect(part.nodes.map(node => node.op)).toEqual(['Constant', 'Mul'])
})

test('unknown names are errors', () => {
  expect(() => extract(graph, { outputs: ['nothing'] })).toThrow('nothing there is called "nothing"')
})
