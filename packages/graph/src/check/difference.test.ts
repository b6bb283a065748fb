import { expect, test } from 'vitest'
import { onnx } from '../text/template.ts'
import { difference } from './difference.ts'

const graph = onnx`(float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = Add(x, w) }`

test.each([
  [onnx`(float[3] x) => (float[2] y) <float[2] w = {1, 2}> { y = Add(x, w) }`, 'inputs.0.type.shape.0: 2, 3'],
  [onnx`(float[2] x) => (float[2] y) <float[2] w = {1, 3}> { y = Add(x, w) }`, 'initializers.w.tensor: byte 6 is 0, 64'],
  [onnx`(float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = Sub(x, w) }`, 'nodes.0.op: "Add", "Sub"'],
  [onnx`(float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = Add<a = 1>(x, w) }`, 'nodes.0.attributes.a: nothing, something'],
  [onnx`(float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = Add(x, w) z = Abs(x) }`, 'nodes: 1 of them, 2 of them'],
  [onnx`(float[2] x) => (float[2] y) { y = Add(x, w) }`, 'initializers.w: something, nothing'],
  [onnx`<ir_version: 9, opset_import: ["": 21]> graph (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = Add(x, w) }`, 'header.irVersion: 10, 9'],
])('names the first place where two graphs differ (%#)', (other, expected) => {
  expect(difference(graph, other)).toBe(expected)
}) // prettier-ignore

test('equal graphs have none, in any order of attributes', () => {
  const a = onnx`(x) => (y) { y = F<a = 1, b = nan, c = [1]>(x) }`
  const b = onnx`(x) => (y) { y = F<c = [1], b = nan, a = 1>(x) }`
  expect(difference(a, b)).toBe(undefined)
})

test('notes count unless told otherwise', () => {
  const noted = graph.with({ nodes: graph.nodes.map(node => ({ ...node, doc: 'why' })) })
  expect(difference(graph, noted)).toBe('nodes.0.doc: nothing, "why"')
  expect(difference(graph, noted, { notes: false })).toBe(undefined)
})
