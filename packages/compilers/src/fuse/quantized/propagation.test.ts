import { onnx, walk, type Graph } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { fuseGraph, missesOf } from '../fuse-graph.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const options = { target: 'cpu', rules: ['quantized'], absorb: false }
const fused = (graph: Graph): Graph => fuseGraph(graph, options).graph
const ops = (graph: Graph): readonly string[] => [...walk(graph)].map(({ node }) => node.op)
const same = async (graph: Graph): Promise<void> =>
  expectSameOutputs(runtime, fused(graph), graph, { feeds: feedsFor(graph, { seed: 5 }), atol: 0, rtol: 0 })

test('Q and DQ change places with what moves, and what cancels goes', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["": 17]> q (float[2,3,4] x) => (float[2,12] y)
    <float s = {0.05}, uint8 z = {128}, int64[2] to = {2, 12}> {
      a = QuantizeLinear(x, s, z) b = DequantizeLinear(a, s, z) c = Transpose<perm = [0, 2, 1]>(b)
      d = QuantizeLinear(c, s, z) e = DequantizeLinear(d, s, z) f = Reshape(e, to)
      g = QuantizeLinear(f, s, z) y = DequantizeLinear(g, s, z) }`
  const order = ops(fused(graph))
  expect(order.filter(op => op.endsWith('Linear'))).toEqual(['QuantizeLinear', 'DequantizeLinear'])
  expect(order).toHaveLength(4)
  await same(graph)
  expect(fused(fused(graph))).toBe(fused(graph))
})

test('not with another scale, nor one by channel, nor for a weight', async () => {
  const other = onnx`<ir_version: 8, opset_import: ["": 17]> q (uint8[2,3] x) => (uint8[2,3] y)
    <float s = {0.05}, float t = {0.06}, uint8 z = {128}> { b = DequantizeLinear(x, s, z) y = QuantizeLinear(b, t, z) }`
  expect(fused(other)).toBe(other)
  const channel = onnx`<ir_version: 8, opset_import: ["": 17]> q (uint8[2,3] x) => (float[3,2] y)
    <float[2] s = {0.05, 0.06}, uint8[2] z = {128, 127}> { b = DequantizeLinear<axis = 0>(x, s, z) y = Transpose(b) }`
  expect(fused(channel)).toBe(channel)
  const misses = [...missesOf(channel, options, () => true).values()].flat()
  expect(misses.map(({ reason }) => reason)).toContain('is not one scale above zero')
  const weight = onnx`<ir_version: 8, opset_import: ["": 17]> q (float[2,3] x) => (float[2,2] y)
    <uint8[2,3] w = {1, 2, 3, 4, 5, 6}, float s = {0.05}, uint8 z = {3}> { b = DequantizeLinear(w, s, z) t = Transpose(b) y = MatMul(x, t) }`
  expect(fused(weight)).toBe(weight)
})
