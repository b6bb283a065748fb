import { describe, expect, test } from 'vitest'
import type { Graph } from '../ir.ts'
import { walk } from '../scope.ts'
import { parse } from '../text/parse.ts'
import { nestedBodies } from '../uses.ts'
import { codesIntoBodies } from './codes-into-bodies.ts'

const gated = (others: string): Graph =>
  parse(`<ir_version: 10, opset_import: ["" : 21]>
  g (float[2, 2] x, bool c) => (float[2, 2] y, float[2, 2] z)
  <int8[2, 2] w = {1, 2, 3, 4}, float s = {0.5}, float[2, 2] f = {1, 1, 1, 1}> {
    y = If (c) <
      then_branch = t () => (float[2, 2] a) { d = DequantizeLinear(w, s) e = Add(d, f) a = MatMul(x, e) },
      else_branch = e () => (float[2, 2] b) { b = Identity(x) }>
    ${others}
  }`)

const branches = (graph: Graph) => graph.nodes.flatMap(nestedBodies).map(({ body }) => body)
const decoder = (graph: Graph) => [...walk(graph)].find(({ node }) => node.op === 'DequantizeLinear')

describe('weights that a branch decodes', () => {
  const graph = gated('z = Neg(x)')
  const moved = codesIntoBodies(graph)

  test('move into the branch, with their origins and bytes; what is not decoded stays', () => {
    expect([...moved.initializers.keys()]).toEqual(['f'])
    const [then, otherwise] = branches(moved)
    const inside = decoder(moved)?.node.inputs.map(name => then?.initializers.get(name))
    expect(inside?.map(weight => weight?.origins)).toEqual([['w'], ['s']])
    expect(inside?.[0]?.tensor).toBe(graph.initializers.get('w')?.tensor)
    expect(otherwise?.initializers.size).toBe(0)
  })
  test('nothing more to do the second time, and the original is as it was', () => {
    expect(codesIntoBodies(moved)).toBe(moved)
    expect([...graph.initializers.keys()]).toEqual(['w', 's', 'f'])
  })
})

test('a weight that is used outside too is in both places, and is one tensor', () => {
  const graph = gated('v = DequantizeLinear(w, s) z = MatMul(x, v)')
  const shared = codesIntoBodies(graph)
  expect([...shared.initializers.keys()]).toEqual(['w', 's', 'f'])
  const [then] = branches(shared)
  expect(then && [...then.initializers.values()].map(({ tensor }) => tensor)).toEqual(
    ['w', 's'].map(name => graph.initializers.get(name)?.tensor),
  )
})

test('two decoders in a branch share what they share, at any depth', () => {
  const graph = parse(`<ir_version: 10, opset_import: ["" : 21]>
  g (float[2, 2] x, bool c) => (float[2, 2] y)
  <int8[2, 2] w = {1, 2, 3, 4}, int8[2, 2] v = {4, 3, 2, 1}, float s = {0.5}> {
    y = If (c) <
      then_branch = t () => (float[2, 2] a) {
        d = DequantizeLinear(w, s)
        e = DequantizeLinear(v, s)
        a = If (c) <
          then_branch = t2 () => (float[2, 2] i) { k = DequantizeLinear(v, s) j = Add(d, k) i = Add(j, e) },
          else_branch = e2 () => (float[2, 2] l) { l = Identity(x) }>
      },
      else_branch = e () => (float[2, 2] b) { b = Identity(x) }>
  }`)
  const moved = codesIntoBodies(graph)
  expect(moved.initializers.size).toBe(0)
  const [then] = branches(moved)
  expect(then?.initializers.size).toBe(3)
  const inner = then?.nodes.flatMap(nestedBodies).map(({ body }) => body.initializers.size)
  expect(inner).toEqual([2, 0])
})

test('what is coded and decoded in a branch has one scale there, and what is fed stays', () => {
  const graph = parse(`<ir_version: 10, opset_import: ["" : 21]>
  g (float[2, 2] x, uint8 z, bool c) => (float[2, 2] y) <float s = {0.5}> {
    y = If (c) <
      then_branch = t () => (float[2, 2] a) { q = QuantizeLinear(x, s, z) a = DequantizeLinear(q, s, z) },
      else_branch = e () => (float[2, 2] b) { b = Identity(x) }>
  }`)
  const moved = codesIntoBodies(graph)
  const [then] = branches(moved)
  const [scale] = then?.initializers.keys() ?? []
  expect(then?.nodes.map(({ inputs }) => inputs.slice(1))).toEqual([[scale, 'z'], [scale, 'z']]) // prettier-ignore
  expect(moved.initializers.size).toBe(0)
})
