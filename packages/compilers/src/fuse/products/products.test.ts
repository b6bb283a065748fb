import type { TensorData } from '@damson/core'
import {
  fileSource,
  memoryTensor,
  onnx,
  parse,
  readGraph,
  walk,
  type Graph,
  type Tensor,
} from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs, seededNormal } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { fuseGraph, missesOf } from '../fuse-graph.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const fused = (graph: Graph, rule: string, absorb = false, target = 'cpu'): Graph =>
  fuseGraph(graph, { target, rules: [rule], absorb }).graph
const apart = (graph: Graph): Graph =>
  fuseGraph(graph, { target: 'cpu', rules: 'all', absorb: false, direction: 'unfuse' }).graph
const ops = (graph: Graph): readonly string[] => [...walk(graph)].map(({ node }) => node.op)
const reason = (graph: Graph, rule: string, absorb = true): string | undefined => {
  const options = { target: 'cpu', rules: [rule], absorb }
  return [...missesOf(graph, options, each => each.name === rule).values()][0]?.[0]?.reason
}
const same = async (graph: Graph, after: Graph, feeds = feedsFor(graph, { seed: 5 })): Promise<void> =>
  expectSameOutputs(runtime, after, graph, { feeds, atol: 2e-5, rtol: 1e-5 })
const random = (seed: number, ...shape: readonly number[]): Tensor =>
  memoryTensor('float32', shape, seededNormal(seed, shape.reduce((a, b) => a * b, 1), 0.3)) // prettier-ignore

describe('matrix products', () => {
  const products = (steps: string): Graph =>
    parse(`<ir_version: 8, opset_import: ["": 17]> products (float[2,3,4] a, float[2,5,4] b) => (float[2,3,5] y)
      <float k = {0.5}, float[3,1] rows = {1, 2, 3}> { ${steps} }`)

  test('of two activations, turned and scaled', async () => {
    const graph = products('t = Transpose<perm = [0, 2, 1]>(b) p = MatMul(a, t) y = Mul(p, k)')
    const after = fused(graph, 'fused-matmul')
    expect(ops(after)).toEqual(['FusedMatMul'])
    await same(graph, after)
    expect(ops(apart(after))).toEqual(['Transpose', 'MatMul', 'Mul'])
    await same(graph, apart(after))
    expect(fuseGraph(graph, { target: 'cpu', rules: 'all', absorb: false }).counts).toEqual({})
  })

  test('not scaled by row, nor turned otherwise, nor with a weight', () => {
    const rows = products('t = Transpose<perm = [0, 2, 1]>(b) p = MatMul(a, t) y = Mul(p, rows)')
    expect(ops(fused(rows, 'fused-matmul'))).toEqual(['FusedMatMul', 'Mul'])
    expect(reason(rows, 'fused-matmul')).toMatch(/not one constant number/)
    const weight = onnx`<ir_version: 8, opset_import: ["": 17]> w (float[2,4] a) => (float[2,4] y) <float[4,4] w = ${random(1, 4, 4)}, float k = {0.5}> { p = MatMul(a, w) y = Mul(p, k) }`
    expect(fused(weight, 'fused-matmul')).toBe(weight)
    expect(reason(weight, 'fused-matmul')).toMatch(/is a weight/)
  })
})

describe('activations behind products and convolutions', () => {
  const gemm = onnx`<ir_version: 8, opset_import: ["": 17]> g (float[2,4] a) => (float[2,3] y)
    <float[4,3] w = ${random(1, 4, 3)}, float[3] b = ${random(2, 3)}> { p = Gemm<alpha = 0.5>(a, w, b) y = Relu(p) }`
  const conv = onnx`<ir_version: 8, opset_import: ["": 17]> c (float[1,3,8,8] x) => (float[1,4,8,8] y)
    <float[4,3,3,3] w = ${random(3, 4, 3, 3, 3)}, float[4] b = ${random(4, 4)}> { p = Conv<pads = [1, 1, 1, 1]>(x, w, b) y = Sigmoid(p) }`

  test('only where weights may be absorbed; taken apart again they are the same', async () => {
    for (const [graph, rule, operator] of [
      [gemm, 'gemm-activation', 'FusedGemm'],
      [conv, 'conv-activation', 'FusedConv'],
    ] as const) {
      expect(fused(graph, rule)).toBe(graph)
      const after = fused(graph, rule, true)
      expect(ops(after)).toEqual([operator])
      await same(graph, after)
      expect(ops(apart(after))).toEqual(ops(graph))
      await same(graph, apart(after))
    }
  })

  test('not where the product is used elsewhere', () => {
    const graph = onnx`<ir_version: 8, opset_import: ["": 17]> g (float[2,4] a) => (float[2,3] y, float[2,3] p)
      <float[4,3] w = ${random(1, 4, 3)}> { p = Gemm(a, w) y = Relu(p) }`
    expect(fused(graph, 'gemm-activation', true)).toBe(graph)
    expect(reason(graph, 'gemm-activation')).toMatch(/p is a graph output/)
  })
})

describe('all the phases of a picture', () => {
  const phases = (
    dilations: readonly number[] = [1, 1],
  ): Graph => onnx`<ir_version: 8, opset_import: ["": 17]> p (float[1,3,8,8] x) => (float[1,4,4,4] y)
    <float[4,12,3,3] w = ${random(1, 4, 12, 3, 3)}, int64[2] from0 = {0, 0}, int64[2] from1 = {0, 1}, int64[2] from2 = {1, 0}, int64[2] from3 = {1, 1},
     int64[2] end = {8, 8}, int64[2] axes = {-2, -1}, int64[2] two = {2, 2}>
    { a = Slice(x, from0, end, axes, two) b = Slice(x, from1, end, axes, two) c = Slice(x, from2, end, axes, two) d = Slice(x, from3, end, axes, two)
      j = Concat<axis = 1>(a, b, c, d) y = Conv<pads = [1, 1, 1, 1], dilations = ${dilations}>(j, w) }`

  test('are convolved where they lie', async () => {
    const graph = phases()
    for (const target of ['cpu', 'wasm', 'webgpu']) {
      const { graph: after, counts } = fuseGraph(graph, { target, rules: 'all', absorb: false })
      expect(counts).toEqual({ 'conv-phases': 1 })
      expect(ops(after)).toEqual(['Conv'])
      await same(graph, after)
    }
  })

  test('not where the filter is dilated, and the report says so; other joined values are not in it', () => {
    const dilated = phases([1, 2])
    expect(fused(dilated, 'conv-phases')).toBe(dilated)
    expect(reason(dilated, 'conv-phases')).toBe('is dilated')
    const skip = onnx`<ir_version: 8, opset_import: ["": 17]> s (float[1,3,8,8] x) => (float[1,4,6,6] y)
      <float[4,6,3,3] w = ${random(1, 4, 6, 3, 3)}> { r = Relu(x) j = Concat<axis = 1>(x, r) y = Conv(j, w) }`
    expect(reason(skip, 'conv-phases')).toBe(undefined)
    const twice = onnx`<ir_version: 8, opset_import: ["": 17]> s (float[1,3,8,8] x) => (float[1,4,6,6] y, float[1,4,6,6] z)
      <float[4,6,3,3] w = ${random(1, 4, 6, 3, 3)}> { r = Relu(x) j = Concat<axis = 1>(x, r) y = Conv(j, w) z = Conv(j, w) }`
    expect(reason(twice, 'conv-phases')).toBe(undefined)
  })

  zooTest('models/yolox_nano_coco.onnx', 'as the first layer of a detector cuts them', async file => {
    const graph = await readGraph(await fileSource(file))
    const { graph: after, counts } = fuseGraph(graph, {
      target: 'cpu',
      rules: ['conv-phases'],
      absorb: false,
    })
    expect(counts).toEqual({ 'conv-phases': 1 })
    expect(ops(after)).not.toContain('Slice')
    // Boxes are up to hundreds of pixels wide.
    const feeds = feedsFor(graph, { seed: 5 })
    await expectSameOutputs(runtime, after, graph, { feeds, atol: 5e-4, rtol: 1e-5 })
  })
})

describe('the gated layer of a U-Net', () => {
  const gated = (width: number, axis = -1): Graph => onnx`
    <ir_version: 10, opset_import: ["": 18, "com.microsoft": 1]> g (float${[1, 2, width]} x) => (float${[1, 2, width / 2]} y)
    <float${[width]} b = ${random(1, width)}> { s = Add(x, b) l, r = Split<axis = ${axis}, num_outputs = 2>(s) g = com.microsoft.Gelu(r) y = Mul(l, g) }`

  test('is one operator on WebGPU in the widths of its kernel; taken apart it is the same', async () => {
    const graph = gated(2560)
    const after = fused(graph, 'bias-split-gelu', false, 'webgpu')
    expect(ops(after)).toEqual(['BiasSplitGelu'])
    await same(graph, apart(after))
    const narrow = gated(64)
    expect(fused(narrow, 'bias-split-gelu')).toBe(narrow)
    expect(reason(narrow, 'bias-split-gelu')).toMatch(/not 2560, 5120, 10240 wide/)
  })
})

describe('embeddings and their norm', () => {
  const graph = onnx`
    <ir_version: 8, opset_import: ["": 17]> e (int64[2,5] ids, int64[2,5] kinds, int64[1,5] places) => (float[2,5,8] y)
    <float[16,8] w = ${random(1, 16, 8)}, float[2,8] s = ${random(2, 2, 8)}, float[5,8] p = ${random(3, 5, 8)}, float[8] g = ${random(4, 8)}, float[8] b = ${random(5, 8)}>
    { a = Gather(w, ids) c = Gather(s, kinds) d = Gather(p, places) t = Add(a, c) u = Add(t, d) y = LayerNormalization(u, g, b) }`
  const indices = (shape: readonly number[], below: number): TensorData => {
    const count = shape.reduce((a, b) => a * b, 1)
    return {
      dtype: 'int64',
      shape,
      data: BigInt64Array.from({ length: count }, (_, at) => BigInt((3 * at) % below)),
    }
  }
  const feeds = { ids: indices([2, 5], 16), kinds: indices([2, 5], 2), places: indices([1, 5], 5) }

  test('with absorb; taken apart they are the same', async () => {
    expect(fused(graph, 'embedding-norm')).toBe(graph)
    const after = fused(graph, 'embedding-norm', true)
    expect(ops(after).filter(op => op !== 'Cast')).toEqual(['EmbedLayerNormalization'])
    await same(graph, after, feeds)
    await same(graph, apart(after), feeds)
  })

  test('not with tables that are computed', () => {
    const computed = onnx`<ir_version: 8, opset_import: ["": 17]> e (int64[2,5] ids, float[16,8] w) => (float[2,5,8] y)
      <float[2,8] s = ${random(2, 2, 8)}, float[5,8] p = ${random(3, 5, 8)}, float[8] g = ${random(4, 8)}, float[8] b = ${random(5, 8)}>
      { a = Gather(w, ids) c = Gather(s, ids) d = Gather(p, ids) t = Add(a, c) u = Add(t, d) y = LayerNormalization(u, g, b) }`
    expect(fused(computed, 'embedding-norm', true)).toBe(computed)
    expect(reason(computed, 'embedding-norm')).toMatch(/not a table of constants/)
  })
})
