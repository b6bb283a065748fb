import { expect, test } from 'vitest'
import { walk } from '../scope.ts'
import { parse } from '../text/parse.ts'
import { nestedBodies } from '../uses.ts'
import { detachCaptures } from './detached-captures.ts'

const graphOf = (middle: string, captured: string) =>
  parse(`<ir_version: 10, opset_import: ["" : 21]>
  g (uint8[2, 3] codes, float[2, 3] x, bool c) => (float[p, q] y)
  <float s = {0.5}, uint8 z = {3}, int64[2] rows = {3, 2}> {
    d = DequantizeLinear(codes, s, z)
    ${middle}
    y = If (c) <
      then_branch = t () => (float[a, b] u) { u = Neg(${captured}) },
      else_branch = e () => (float[a2, b2] v) { v = Abs(${captured}) }>
  }`)
const read = (graph: ReturnType<typeof graphOf>) => [
  ...new Set([...walk(graph)].filter(({ scope }) => scope.outer).map(({ node }) => node.inputs[0] ?? '')),
]

test('a value that was only moved since it was decoded is captured as a copy, one for all branches', () => {
  const graph = graphOf('r = Reshape(d, rows) m = Transpose<perm = [1, 0]>(r)', 'm')
  const detached = detachCaptures(graph)
  expect(read(graph)).toEqual(['m'])
  const [copy = '', ...others] = read(detached)
  expect(others).toEqual([])
  expect(detached.producer(copy)).toMatchObject({ op: 'Concat', inputs: ['m'] })
  expect(detachCaptures(detached)).toBe(detached)
  expect(detached.nodes.filter(node => nestedBodies(node).length > 0)).toHaveLength(1)
})

test.each([
  ['the decoded value itself', '', 'd'],
  ['what is computed from it', 'n = Neg(d) m = Transpose<perm = [1, 0]>(n)', 'm'],
  ['what was never in codes', 'm = Transpose<perm = [1, 0]>(x)', 'm'],
])('%s stays', (_, middle, captured) => {
  const graph = graphOf(middle, captured)
  expect(detachCaptures(graph)).toBe(graph)
})
