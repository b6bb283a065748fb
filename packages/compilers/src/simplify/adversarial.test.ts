// Graphs that invite mistakes: outputs that are inputs or are read inside, names that meet again in bodies, weights with several
// readers, operators with a will of their own, and values that are no tensors of numbers.
import { modelOf, smash, type Feeds } from '@damson/core'
import { onnx, stringTensor, tensorOf, walk, type Graph, type Tensor } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { simplify } from '../algorithms/simplify.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const simplified = async (graph: Graph): Promise<Graph> =>
  (await smash(modelOf(graph), [simplify()], { runtime })).part('model').graph
const ops = (graph: Graph): string => [...walk(graph)].map(({ node }) => node.op).join(' ')
const float = (shape: readonly number[], seed = 1): Tensor =>
  tensorOf(
    'float32',
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => Math.sin(seed + 1.7 * at)),
  )

interface Case {
  readonly title: string
  readonly graph: Graph
  /** Operators of all bodies that are left, outer ones first. */
  readonly left: string
  readonly feeds?: Feeds
}

const flag = (value: number): Feeds => ({ k: { dtype: 'bool', shape: [], data: Uint8Array.of(value) } })

const cases: readonly Case[] = [
  {
    title: 'an output that is the input, by way of nothing',
    graph: onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (y, z) { y = Identity(x) z = Neg(x) }`,
    left: 'Identity Neg',
  },
  {
    title: 'an output that is a weight',
    graph: onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (w, z) <float[2] w = ${float([2])}> { z = Add(x, w) }`,
    left: 'Add',
  },
  {
    title: 'an output that is constant',
    graph: onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (c, z) <float[2] w = ${float([2])}> { c = Sqrt(w) z = Abs(x) }`,
    left: 'Sqrt Abs',
  },
  {
    title: 'the inner one of a pair is an output too',
    graph: onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2,3] x) => (t, y) { t = Transpose<perm = [1,0]>(x) y = Transpose<perm = [1,0]>(t) }`,
    left: 'Transpose Transpose',
  },
  {
    title: 'two outputs of the same',
    graph: onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (a, b) { a = Exp(x) b = Exp(x) }`,
    left: 'Exp Exp',
  },
  {
    title: 'a weight that two convolutions share, one of them with a norm',
    graph: onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[1,2,4,4] x) => (y, z)
      <float[2,2,1,1] w = ${float([2, 2, 1, 1])}, float[2] s = ${float([2], 3)}, float[2] v = ${tensorOf('float32', [2], [1, 2])}> {
        a = Conv(x, w) y = BatchNormalization(a, s, s, s, v) z = Conv(x, w) }`,
    left: 'Conv Conv',
  },
  {
    title: 'names of a body that the outer graph has again, in another branch',
    graph: onnx`<ir_version: 8, opset_import: ["" : 17]> g (bool k, float[2] x) => (y)
      <float[2] w = ${float([2])}> {
        o = If(k) < then_branch = t () => (p) { s = Sqrt(w) p = Add(x, s) }, else_branch = f () => (p) { s = Exp(w) p = Sub(x, s) } >
        y = Identity(o) }`,
    left: 'If Add Sub',
    feeds: flag(0),
  },
  {
    title: 'a body whose output is an outer value',
    graph: onnx`<ir_version: 8, opset_import: ["" : 17]> g (bool k, float[2] x) => (y) {
      n = Neg(x)
      y = If(k) < then_branch = t () => (p) { p = Identity(n) }, else_branch = f () => (q) { q = Abs(x) } > }`,
    left: 'Neg If Identity Abs',
    feeds: flag(1),
  },
  {
    title: 'parts of a Split that nobody reads, and an optional output that is read',
    graph: onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[1,2,4] x) => (m, i) {
      a, b = Split<axis = 1>(x) m, j = MaxPool<kernel_shape = [2]>(b) i = Identity(j) }`,
    left: 'Split MaxPool',
  },
  {
    title: 'random numbers are drawn as often as before',
    graph: onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (y) {
      a = RandomNormal<shape = [2], seed = 1.0>() b = RandomNormal<shape = [2], seed = 1.0>() d = Sub(a, b) z = Mul(d, x) y = Sub(z, z) }`,
    left: 'RandomNormal RandomNormal Sub Mul Sub',
  },
  {
    title: 'strings are folded and kept',
    graph: onnx`<ir_version: 8, opset_import: ["" : 17]> g (int64[n] i) => (y)
      <string[3] w = ${stringTensor([3], ['a', 'b', 'c'])}> { t = Identity(w) y = Gather(t, i) }`,
    left: 'Gather',
    feeds: { i: { dtype: 'int64', shape: [2], data: BigInt64Array.of(2n, 0n) } },
  },
  {
    title: 'sequences stay sequences',
    graph: onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[4,2] x) => (y) <int64 at = ${tensorOf('int64', [], [1n])}> {
      s = SplitToSequence<axis = 0>(x) t = Identity(s) e = SequenceAt(t, at) y = Identity(e) }`,
    left: 'SplitToSequence SequenceAt',
  },
  {
    title: 'a loop whose state never changes runs as often as it did',
    graph: onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (y, all)
      <int64 n = ${tensorOf('int64', [], [3n])}, bool go = ${tensorOf('bool', [], [1])}> {
        y, all = Loop(n, go, x) < body = b (int64 i, bool c, float[2] s) => (d, r, v) { d = Identity(c) r = Add(s, s) w = Identity(r) v = Neg(w) } > }`,
    left: 'Loop Identity Add Neg',
  },
]

test.each(cases)('$title', async ({ graph, left, feeds = {} }) => {
  const made = await simplified(graph)
  expect(ops(made)).toBe(left)
  expect(made.outputs.map(({ name }) => name)).toEqual(graph.outputs.map(({ name }) => name))
  const fed = { ...feedsFor(graph, { seed: 1 }), ...feeds }
  await expectSameOutputs(runtime, made, graph, { atol: 1e-6, rtol: 0, feeds: fed })
  expect(await simplified(made)).toBe(made)
})
