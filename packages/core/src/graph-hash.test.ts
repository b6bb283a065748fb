import { onnx } from '@damson/graph'
import { expect, test } from 'vitest'
import { graphHash } from './graph-hash.ts'

const relu = onnx`(float[2] x) => (float[2] y) { y = Relu(x) }`

test('equal structures have equal hashes, others do not', () => {
  expect(graphHash(relu)).toBe(graphHash(onnx`(float[2] x) => (float[2] y) { y = Relu(x) }`))
  const others = [
    onnx`(float[2] x) => (float[2] y) { y = Neg(x) }`,
    onnx`(float[2] z) => (float[2] y) { y = Relu(z) }`,
    onnx`(float[2] x) => (float[2] y) { y = LeakyRelu<alpha = 0.5>(x) }`,
    onnx`(float[2] x) => (float[2] y) { y = LeakyRelu<alpha = 0.25>(x) }`,
    onnx`(float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = Relu(x) }`,
  ]
  expect(new Set([relu, ...others].map(graphHash)).size).toBe(others.length + 1)
})
