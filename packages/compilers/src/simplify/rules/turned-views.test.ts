// Orders of axes around an Unsqueeze and a Squeeze, against ONNX Runtime; where nothing is turned in the end, no Transpose is left.
import { inferTypes, nearMisses, onnx, rewrite, tensorOf, type Graph, type Tensor } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { expectSameOutputs } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { turnedViewRules } from './turned-views.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

type Axes = readonly number[]
const orders = (axes: Axes): readonly Axes[] =>
  axes.length === 0
    ? [[]]
    : axes.flatMap(first => orders(axes.filter(axis => axis !== first)).map(rest => [first, ...rest]))
const ints = (...values: Axes): Tensor => tensorOf('int64', [values.length], values.map(BigInt))
const transposes = (graph: Graph): number => graph.nodes.filter(node => node.op === 'Transpose').length
const rewritten = (graph: Graph): Graph => rewrite(inferTypes(graph), turnedViewRules).graph

async function holds(graph: Graph): Promise<number> {
  const made = rewritten(graph)
  expect(transposes(made)).toBeLessThan(2)
  await expectSameOutputs(runtime, made, graph, { atol: 0, rtol: 0, feeds: feedsFor(graph, { seed: 2 }) })
  return transposes(made)
}

test('around an Unsqueeze', async () => {
  const left: number[] = []
  for (const p of [
    [0, 2, 1],
    [2, 0, 1],
  ])
    for (const [at, q] of orders([0, 1, 2, 3]).entries())
      left.push(
        await holds(onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2,3,4] x) => (y) <int64[1] a = ${ints((at % 5) - 1)}> {
          t = Transpose<perm = ${p}>(x) u = Unsqueeze(t, a) y = Transpose<perm = ${q}>(u) }`),
      )
  expect(left).toContain(0)
})

test('around a Squeeze', async () => {
  const left: number[] = []
  for (const p of [
    [0, 1, 3, 2],
    [1, 3, 0, 2],
    [3, 2, 1, 0],
  ])
    for (const q of orders([0, 1, 2]))
      left.push(
        await holds(onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2,1,3,4] x) => (y) <int64[1] a = ${ints(p.indexOf(1))}> {
          t = Transpose<perm = ${p}>(x) u = Squeeze(t, a) y = Transpose<perm = ${q}>(u) }`),
      )
  // One order of the three axes in six is the one they had.
  expect(left.filter(count => count === 0).length).toBe(left.length / 6)
})

test('with axes as attributes, two of them, and without a perm', async () => {
  await holds(onnx`<ir_version: 7, opset_import: ["" : 11]> g (float[2,3] x) => (y) {
    t = Transpose(x) u = Unsqueeze<axes = [0, 2]>(t) y = Transpose<perm = [3, 0, 1, 2]>(u) }`)
  await holds(onnx`<ir_version: 7, opset_import: ["" : 11]> g (float[1,3,1,2] x) => (y) {
    t = Transpose(x) u = Squeeze<axes = [1, 3]>(t) y = Transpose(u) }`)
})

test('not where the axes that go are not named', () => {
  const graph = inferTypes(onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[2,1,n] x) => (y) {
    t = Transpose<perm = [2,0,1]>(x) u = Squeeze(t) y = Transpose<perm = [1,0]>(u) }`)
  expect(rewrite(graph, turnedViewRules).graph).toBe(graph)
  const reasons = turnedViewRules.flatMap(each => nearMisses(graph, each)).map(miss => miss.reason)
  expect(reasons).toContain('has axes that are not constant')
})
