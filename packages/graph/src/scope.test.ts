import { expect, test } from 'vitest'
import { Graph } from './ir.ts'
import { mapBodies, resolve, scopeOf, scopes, Value, walk } from './scope.ts'
import { onnx } from './text/template.ts'
import { weights } from './weights.ts'

const graph = onnx`(float[2] x, bool c) => (float[2] y) <float[2] w = {1, 2}, float[3] v> {
  a = Add(x, w)
  [if] y = If(c) <
    then_branch: graph = yes () => (float[2] r) <float[2] k = {3, 4}> {
      m = Mul(a, k)
      [inner] r = If(c) <
        then_branch: graph = yes2 () => (float[2] s) { s = Mul(w, m) },
        else_branch: graph = no2 () => (float[2] t) { w = Constant<value = float[2] {5, 6}>() t = Add(w, m) }> },
    else_branch: graph = no () => (float[2] u) { u = Add(a, w) }>
}`
const paths = [...scopes(graph)].map(scope => scope.path)
const at = (path: string) => {
  const found = [...scopes(graph)].find(scope => scope.path === path)
  if (!found) throw new Error(`no body at ${path}`)
  return found
}

test('scopes have paths of node identities', () => {
  expect(paths).toEqual([
    '',
    'if/then_branch',
    'if/then_branch/inner/then_branch',
    'if/then_branch/inner/else_branch',
    'if/else_branch',
  ])
})

test('every node is visited, outer before inner', () => {
  expect([...walk(graph)].map(({ node }) => node.outputs[0])).toEqual([
    'a',
    'y',
    'm',
    'r',
    's',
    'w',
    't',
    'u',
  ])
})

test('bodies know what they use from outside', () => {
  expect([...at('if/then_branch/inner/then_branch').body.captures()]).toEqual(['w', 'm'])
  expect([...at('if/then_branch/inner/else_branch').body.captures()]).toEqual(['m'])
  expect([...at('if/then_branch').body.captures()].sort()).toEqual(['a', 'c', 'w'])
  expect(graph.captures().size).toBe(0)
  expect(graph.users('w').map(use => [use.node.op, use.input])).toEqual([['Add', 1], ['If', undefined]]) // prettier-ignore
})

test('a name resolves to the innermost body that defines it', () => {
  expect(resolve(at('if/then_branch/inner/then_branch'), 'w')?.path).toBe('')
  expect(resolve(at('if/then_branch/inner/else_branch'), 'w')?.path).toBe('if/then_branch/inner/else_branch')
  expect(resolve(at('if/then_branch/inner/else_branch'), 'k')?.path).toBe('if/then_branch')
  expect(resolve(scopeOf(graph), 'k')).toBe(undefined)
})

test('a value is everything known of a name', () => {
  const inner = at('if/then_branch/inner/else_branch')
  expect(new Value('w', inner).tensor?.shape).toEqual([2])
  expect(new Value('a', inner).producer?.op).toBe('Add')
  expect(new Value('x', inner)).toMatchObject({ dtype: 'float32', shape: [2], isOutput: false })
  expect(new Value('y', scopeOf(graph)).isOutput).toBe(true)
  expect(new Value('nowhere', inner).type).toBe(undefined)
})

test('mapping bodies keeps what does not change', () => {
  expect(mapBodies(graph, body => body)).toBe(graph)
  const renamed = mapBodies(graph, body => (body.name === 'no2' ? body.with({ name: 'other' }) : body))
  expect(renamed).toBeInstanceOf(Graph)
  expect([...scopes(renamed)].map(({ body }) => body.name)).toEqual(['graph', 'yes', 'yes2', 'other', 'no'])
  expect(renamed.nodes[0]).toBe(graph.nodes[0])
  expect([...scopes(graph)].map(({ body }) => body.name)).toEqual(['graph', 'yes', 'yes2', 'no2', 'no'])
})

test('weights have all their uses, in all bodies', () => {
  const found = weights(graph).map(({ id, storage, uses }) => [
    id,
    storage,
    uses.map(use => `${use.scope.path}:${use.node.op}`),
  ])
  expect(found).toEqual([
    ['w', 'initializer', [':Add', 'if/then_branch/inner/then_branch:Mul', 'if/else_branch:Add']],
    ['if/then_branch/k', 'initializer', ['if/then_branch:Mul']],
    ['if/then_branch/inner/else_branch/w', 'constant', ['if/then_branch/inner/else_branch:Add']],
  ])
})
