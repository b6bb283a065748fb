// Every rule of `simplify`: where it fires, where it must not and why, and that outputs stay what they were.
import {
  nearMisses,
  inferTypes,
  onnx,
  rewrite,
  tensorOf,
  type Graph,
  type Rule,
  type Tensor,
} from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { logicRules, scalingRules } from './arithmetic.ts'
import { axisRules } from './axes.ts'
import { convolutionRules } from './convolutions.ts'
import { productRules } from './products.ts'
import { sliceRules } from './slices.ts'
import { viewRules } from './views.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

interface Case {
  readonly rule: string
  readonly graph: Graph
  /** Operators that are left, in order. */
  readonly left: string
  /** Absolute; 0 asks for equal bits. */
  readonly within?: number
}

const ops = (graph: Graph): string => graph.nodes.map(node => node.op).join(' ')
const float = (shape: readonly number[], seed = 1): Tensor =>
  tensorOf(
    'float32',
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => Math.sin(seed + 1.7 * at)),
  )
const ints = (...values: readonly number[]): Tensor => tensorOf('int64', [values.length], values.map(BigInt))

function fires(rules: readonly Rule[], cases: readonly Case[]): void {
  test.each(cases)('$rule', async ({ rule, graph, left, within = 0 }) => {
    const { graph: next, counts } = rewrite(inferTypes(graph), rules)
    expect(counts[rule]).toBeGreaterThan(0)
    expect(ops(next)).toBe(left)
    const feeds = feedsFor(graph, { seed: 5 })
    await expectSameOutputs(runtime, next, graph, { atol: within, rtol: 0, feeds })
  })
}

function refuses(
  rules: readonly Rule[],
  cases: readonly { rule: string; graph: Graph; because: RegExp }[],
): void {
  test.each(cases)('$rule does not where it $because', ({ rule, graph, because }) => {
    const typed = inferTypes(graph)
    const mine = rules.filter(each => each.name === rule)
    expect(rewrite(typed, mine).graph).toBe(typed)
    expect(
      mine
        .flatMap(each => nearMisses(typed, each))
        .map(miss => miss.reason)
        .join('\n'),
    ).toMatch(because)
  })
}

describe('logic', () => {
  fires(logicRules, [
    { rule: 'not-twice', graph: onnx`(bool[4] x) => (bool[4] y) { a = Not(x) b = Not(a) y = Not(b) }`, left: 'Not' },
    { rule: 'neg-twice', graph: onnx`(float[4] x) => (float[4] y) { a = Neg(x) b = Neg(a) y = Exp(b) }`, left: 'Exp' },
    { rule: 'where-not', graph: onnx`(bool[4] c, float[4] a, float[4] b) => (float[4] y) { n = Not(c) y = Where(n, a, b) }`, left: 'Where' },
    { rule: 'where-constant', graph: onnx`(float[2,3] a, float[3] b) => (float[2,3] y) <bool[1] c = ${tensorOf('bool', [1], [1])}> { w = Where(c, a, b) y = Exp(w) }`, left: 'Exp' },
    { rule: 'where-same', graph: onnx`(bool[3] c, float[2,3] a) => (float[2,3] y) { w = Where(c, a, a) y = Exp(w) }`, left: 'Exp' },
    { rule: 'same-twice', graph: onnx`(float[3] a) => (float[3] y) { w = Max(a, a) y = Exp(w) }`, left: 'Exp' },
    { rule: 'neutral-logic', graph: onnx`(bool[3] a) => (bool[3] y) <bool t = ${tensorOf('bool', [], [1])}> { w = And(a, t) y = Not(w) }`, left: 'Not' },
    { rule: 'relu-twice', graph: onnx`(float[3] a) => (float[3] y) { w = Relu(a) y = Relu(w) }`, left: 'Relu' },
    { rule: 'round-twice', graph: onnx`(float[3] a) => (float[3] y) { w = Round(a) y = Round(w) }`, left: 'Round' },
  ]) // prettier-ignore
  refuses(logicRules, [
    { rule: 'where-constant', graph: onnx`(float[3] a, float[2,3] b) => (float[2,3] y) <bool[1] c = ${tensorOf('bool', [1], [1])}> { y = Where(c, a, b) }`, because: /may be broadcast/ },
    { rule: 'where-same', graph: onnx`(bool[2,3] c, float[3] a) => (float[2,3] y) { y = Where(c, a, a) }`, because: /may be broadcast/ },
    { rule: 'neutral-logic', graph: onnx`(bool[3] a) => (bool[3] y) <bool t = ${tensorOf('bool', [], [0])}> { y = And(a, t) }`, because: /decides something/ },
  ]) // prettier-ignore
})

const [two, half] = [tensorOf('float32', [], [2]), tensorOf('float32', [1], [0.3])]

describe('scaling', () => {
  fires(scalingRules, [
    { rule: 'scale-twice', graph: onnx`(float[2,3] x) => (float[2,3] y) <float a = ${two}, float[1] b = ${half}> { s = Mul(x, a) y = Div(s, b) }`, left: 'Mul', within: 1e-5 },
    { rule: 'log-of-softmax', graph: onnx`(float[2,3] x) => (float[2,3] y) { s = Softmax<axis = -1>(x) y = Log(s) }`, left: 'LogSoftmax', within: 1e-5 },
  ]) // prettier-ignore
  refuses(scalingRules, [
    { rule: 'scale-twice', graph: onnx`(float[2,3] x) => (float[2,3] y) <float a = ${two}, float[3] b = ${float([3])}> { s = Mul(x, a) y = Mul(s, b) }`, because: /is not one number/ },
    { rule: 'scale-twice', graph: onnx`(float[2,3] x) => (float[2,3] y, float[2,3] s) <float a = ${two}, float b = ${two}> { s = Mul(x, a) y = Mul(s, b) }`, because: /is a graph output/ },
    { rule: 'scale-twice', graph: onnx`(float x) => (float[1] y) <float a = ${two}, float[1] b = ${half}> { s = Mul(x, a) y = Mul(s, b) }`, because: /may raise the rank/ },
  ]) // prettier-ignore
})

describe('convolutions', () => {
  const w = float([3, 2, 3, 3])
  const turned = float([2, 3, 2, 2])
  const each = float([3, 1, 1], 4)
  fires(convolutionRules, [
    { rule: 'conv-scale', graph: onnx`(float[1,2,5,5] x) => (float[1,3,3,3] y) <float[3,2,3,3] w = ${w}, float[3,1,1] c = ${each}> { t = Conv(x, w) y = Mul(c, t) }`, left: 'Conv', within: 1e-5 },
    { rule: 'conv-scale', graph: onnx`(float[1,2,5,5] x) => (float[1,3,3,3] y) <float[3,2,3,3] w = ${w}, float[3] b = ${float([3])}, float c = ${two}> { t = Conv(x, w, b) y = Div(t, c) }`, left: 'Conv', within: 1e-5 },
    { rule: 'conv-scale', graph: onnx`(float[1,2,5,5] x) => (float[1,3,10,10] y) <float[2,3,2,2] w = ${turned}, float[1,3,1,1] c = ${float([1, 3, 1, 1])}> { t = ConvTranspose<strides = [2, 2]>(x, w) y = Mul(t, c) }`, left: 'ConvTranspose', within: 1e-5 },
    { rule: 'conv-shift', graph: onnx`(float[1,2,5,5] x) => (float[1,3,3,3] y) <float[3,2,3,3] w = ${w}, float[3] b = ${float([3])}, float[3,1,1] c = ${each}> { t = Conv(x, w, b) y = Sub(t, c) }`, left: 'Conv', within: 1e-5 },
    { rule: 'pad-into-conv', graph: onnx`(float[1,2,5,5] x) => (y) <float[3,2,3,3] w = ${w}, int64[8] p = ${ints(0, 0, 1, 2, 0, 0, 0, 1)}> { t = Pad(x, p) y = Conv<pads = [1, 0, 0, 1]>(t, w) }`, left: 'Conv', within: 1e-5 },
    { rule: 'pad-into-pool', graph: onnx`(float[1,2,5,5] x) => (y) <int64[8] p = ${ints(0, 0, 1, 1, 0, 0, 1, 1)}> { t = Pad(x, p) y = AveragePool<kernel_shape = [3, 3]>(t) }`, left: 'AveragePool', within: 1e-6 },
    { rule: 'pad-into-pool', graph: onnx`(float[1,2,5,5] x) => (y) <int64[8] p = ${ints(0, 0, 1, 1, 0, 0, 1, 1)}, float low = ${tensorOf('float32', [], [-Infinity])}> { t = Pad(x, p, low) y = MaxPool<kernel_shape = [3, 3]>(t) }`, left: 'MaxPool' },
  ]) // prettier-ignore
  refuses(convolutionRules, [
    { rule: 'conv-scale', graph: onnx`(float[1,2,5,5] x) => (y) <float[3,2,3,3] w = ${w}, float[3] c = ${float([3])}> { t = Conv(x, w) y = Mul(t, c) }`, because: /not one number for each channel/ },
    { rule: 'conv-scale', graph: onnx`(float[1,2,5,5] x) => (y, z) <float[3,2,3,3] w = ${w}, float c = ${two}> { t = Conv(x, w) y = Mul(t, c) z = Conv<pads = [1, 1, 1, 1]>(x, w) }`, because: /used by other nodes too/ },
    { rule: 'conv-scale', graph: onnx`(float[1,2,5,5] x) => (y) <float[3,2,3,3] w = ${w}, float c = ${two}> { t = Conv(x, w) y = Div(c, t) }`, because: /expected Conv/ },
    { rule: 'pad-into-conv', graph: onnx`(float[1,2,5,5] x) => (y) <float[3,2,3,3] w = ${w}, int64[8] p = ${ints(0, 0, 1, 1, 0, 0, 1, 1)}> { t = Pad<mode = "reflect">(x, p) y = Conv(t, w) }`, because: /does not pad with a constant/ },
    { rule: 'pad-into-conv', graph: onnx`(float[1,2,5,5] x) => (y) <float[3,4,3,3] w = ${float([3, 4, 3, 3])}, int64[8] p = ${ints(0, 1, 1, 1, 0, 1, 1, 1)}> { t = Pad(x, p) y = Conv(t, w) }`, because: /pads batch or channels/ },
    { rule: 'pad-into-pool', graph: onnx`(float[1,2,5,5] x) => (y) <int64[8] p = ${ints(0, 0, 1, 1, 0, 0, 1, 1)}> { t = Pad(x, p) y = MaxPool<kernel_shape = [3, 3]>(t) }`, because: /does not pad with −∞/ },
  ]) // prettier-ignore
})

describe('products', () => {
  fires(productRules, [
    { rule: 'gemm-add', graph: onnx`(float[2,3] x) => (float[2,4] y) <float[3,4] w = ${float([3, 4])}, float[4] c = ${float([4])}> { t = Gemm(x, w) y = Add(c, t) }`, left: 'Gemm', within: 1e-5 },
    { rule: 'transpose-into-gemm-a', graph: onnx`(float[3,2] x) => (float[2,4] y) <float[3,4] w = ${float([3, 4])}> { t = Transpose(x) y = Gemm(t, w) }`, left: 'Gemm', within: 1e-5 },
    { rule: 'transpose-into-gemm-b', graph: onnx`(float[2,3] x, float[3,4] w) => (float[2,3] y) { t = Transpose<perm = [1, 0]>(w) h = MatMul(x, w) y = Gemm(h, t) }`, left: 'MatMul Gemm', within: 1e-5 },
  ]) // prettier-ignore
  refuses(productRules, [
    { rule: 'gemm-add', graph: onnx`(float[1,3] x, float[2,4] c) => (float[2,4] y) <float[3,4] w = ${float([3, 4])}> { t = Gemm(x, w) y = Add(c, t) }`, because: /may change the shape/ },
  ]) // prettier-ignore
})

describe('slices', () => {
  fires(sliceRules, [
    { rule: 'slice-twice', graph: onnx`(float[4,5,6] x) => (y) <int64[1] one = ${ints(1)}, int64[1] end = ${ints(99)}, int64[1] last = ${ints(-1)}, int64[1] two = ${ints(2)}> { a = Slice(x, one, end, last, two) y = Slice(a, one, end, one) }`, left: 'Slice' },
    { rule: 'slice-nothing', graph: onnx`(float[4,5] x) => (float[4,5] y) <int64[1] zero = ${ints(0)}, int64[1] end = ${ints(5)}, int64[1] one = ${ints(1)}> { a = Slice(x, zero, end, one) y = Exp(a) }`, left: 'Exp' },
    { rule: 'tile-nothing', graph: onnx`(float[4,5] x) => (float[4,5] y) <int64[2] r = ${ints(1, 1)}> { a = Tile(x, r) y = Exp(a) }`, left: 'Exp' },
    { rule: 'resize-nothing', graph: onnx`(float[1,1,4,5] x) => (y) <float[4] s = ${tensorOf('float32', [4], [1, 1, 1, 1])}> { a = Resize<mode = "linear">(x, , s) y = Exp(a) }`, left: 'Exp' },
    { rule: 'split-into-one', graph: onnx`(float[4,5] x) => (float[4,5] y) <int64[1] s = ${ints(4)}> { a = Split(x, s) y = Exp(a) }`, left: 'Exp' },
    { rule: 'gather-of-shape', graph: onnx`(float[n,5] x) => (int64[1] y) <int64[1] i = ${ints(-2)}> { s = Shape(x) y = Gather(s, i) }`, left: 'Shape' },
    { rule: 'slice-of-shape', graph: onnx`(float[n,5] x) => (y) <int64[1] i = ${ints(0)}, int64[1] e = ${ints(-1)}> { s = Shape(x) y = Slice(s, i, e) }`, left: 'Shape' },
  ]) // prettier-ignore
  refuses(sliceRules, [
    { rule: 'slice-twice', graph: onnx`(float[4,5,6] x) => (y) <int64[1] one = ${ints(1)}, int64[1] end = ${ints(99)}> { a = Slice(x, one, end, one) y = Slice(a, one, end, one) }`, because: /cuts the same axis twice/ },
    { rule: 'slice-nothing', graph: onnx`(float[n,5] x) => (y) <int64[1] zero = ${ints(0)}, int64[1] end = ${ints(5)}> { y = Slice(x, zero, end, zero) }`, because: /takes a part/ },
    { rule: 'resize-nothing', graph: onnx`(float[1,1,4,5] x) => (y) <float[4] s = ${tensorOf('float32', [4], [1, 1, 2, 1])}> { y = Resize(x, , s) }`, because: /scales/ },
    { rule: 'gather-of-shape', graph: onnx`(float[n,5] x) => (y) <int64 i = ${tensorOf('int64', [], [0n])}> { s = Shape(x) y = Gather(s, i) }`, because: /not one index in a list/ },
  ]) // prettier-ignore
})

describe('axes', () => {
  const table = float([7, 3])
  fires(axisRules, [
    { rule: 'unsqueeze-of-reducemean', graph: onnx`(float[2,3] x) => (y) <int64[1] a = ${ints(-1)}, int64[1] b = ${ints(1)}> { r = ReduceMean<keepdims = 0>(x, b) y = Unsqueeze(r, a) }`, left: 'ReduceMean' },
    { rule: 'squeeze-of-reducemax', graph: onnx`(float[2,3] x) => (y) <int64[1] a = ${ints(1)}> { r = ReduceMax(x, a) y = Squeeze(r, a) }`, left: 'ReduceMax' },
    { rule: 'squeeze-of-reducemax', graph: onnx`<ir_version: 7, opset_import: ["" : 12]> g (float[2,3] x) => (y) { r = ReduceMax<axes = [-1]>(x) y = Squeeze<axes = [1]>(r) }`, left: 'ReduceMax' },
    { rule: 'cast-like', graph: onnx`(float[2] x, int64[1] t) => (int64[2] y) { y = CastLike(x, t) }`, left: 'Cast' },
    { rule: 'einsum-to-matmul', graph: onnx`(float[2,3,4] a, float[2,4,5] b) => (y) { y = Einsum<equation = "bij, bjk -> bik">(a, b) }`, left: 'MatMul', within: 1e-5 },
    { rule: 'flatten-nothing', graph: onnx`(float[2,3] a) => (y) { f = Flatten(a) y = Exp(f) }`, left: 'Exp' },
    { rule: 'unsqueeze-into-indices', graph: onnx`(int64[4] i) => (y) <float[7,3] t = ${table}, int64[1] a = ${ints(-2)}, int64 n = ${tensorOf('int64', [], [7n])}> { m = Mod(i, n) g = Gather(t, m) y = Unsqueeze(g, a) }`, left: 'Mod Unsqueeze Gather' },
  ]) // prettier-ignore
  refuses(axisRules, [
    { rule: 'unsqueeze-of-reducemean', graph: onnx`(float[2,3] x) => (y) <int64[1] a = ${ints(0)}, int64[1] b = ${ints(1)}> { r = ReduceMean<keepdims = 0>(x, b) y = Unsqueeze(r, a) }`, because: /has other axes/ },
    { rule: 'einsum-to-matmul', graph: onnx`(float[2,3,4] a, float[2,5,4] b) => (y) { y = Einsum<equation = "bij,bkj->bik">(a, b) }`, because: /is no matrix product/ },
    { rule: 'einsum-to-matmul', graph: onnx`(float[3] a, float[3] b) => (y) { y = Einsum<equation = "i,j->ij">(a, b) }`, because: /is no matrix product/ },
    { rule: 'unsqueeze-into-indices', graph: onnx`(int64[4] i) => (y) <float[7,3] t = ${table}, int64[1] a = ${ints(2)}> { g = Gather(t, i) y = Unsqueeze(g, a) }`, because: /beyond those of its indices/ },
  ]) // prettier-ignore
})

describe('views', () => {
  fires(viewRules, [
    { rule: 'view-twice', graph: onnx`(float[b,4,6] x) => (y) <int64[1] a = ${ints(1)}, int64[4] s = ${ints(0, 4, 3, 2)}> { u = Flatten<axis = 1>(x) y = Reshape(u, s) }`, left: 'Reshape' },
    { rule: 'view-nothing', graph: onnx`(float[b,4] x) => (y) <int64[2] s = ${ints(-1, 4)}> { u = Reshape(x, s) y = Exp(u) }`, left: 'Exp' },
    { rule: 'transpose-as-reshape', graph: onnx`(float[b,1,4] x) => (y) { t = Transpose<perm = [0, 2, 1]>(x) y = Exp(t) }`, left: 'Reshape Exp' },
  ]) // prettier-ignore
  refuses(viewRules, [
    { rule: 'view-nothing', graph: onnx`(float[b,4] x) => (y) <int64[2] s = ${ints(4, -1)}> { y = Reshape(x, s) }`, because: /changes the shape/ },
    { rule: 'transpose-as-reshape', graph: onnx`(float[b,2,4] x) => (y) { y = Transpose<perm = [0, 2, 1]>(x) }`, because: /moves elements/ },
    // An empty b would leave -1 undecided, where Flatten and Unsqueeze bear it.
    { rule: 'view-twice', graph: onnx`(float[b,c,6] x) => (y) <int64[1] a = ${ints(2)}> { u = Flatten<axis = 1>(x) y = Unsqueeze(u, a) }`, because: /no constant Reshape/ },
  ]) // prettier-ignore
})
