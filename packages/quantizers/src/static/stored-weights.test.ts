// Weights of products that stay in floating point: codes that are made numbers when a session is made, not in every run.
import { modelOf, smash, type Model, type Sample } from '@damson/core'
import { check, memoryTensor, onnx, toTypedArray, type Graph, type Node } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce, seededNormal } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { staticInt8 } from '../algorithms/static-int8.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const filters = (seed: number, ...shape: readonly number[]) =>
  memoryTensor('float32', shape, seededNormal(seed, shape.reduce((a, b) => a * b, 1), 0.1)) // prettier-ignore

/** Narrow filters, which integers make no faster on x86 without VNNI, and one too small to be worth any codes. */
const narrow = modelOf(onnx`
  <ir_version: 8, opset_import: ["" : 17]>
  g (float[1,10,28,28] x) => (float[1,10,28,28] y)
  <float[10,10,3,3] t = ${filters(1, 10, 10, 3, 3)}, float[10,10,3,3] u = ${filters(2, 10, 10, 3, 3)},
   float[10,10,3,3] v = ${filters(3, 10, 10, 3, 3)}, float[10,10,3,3] w = ${filters(4, 10, 10, 3, 3)}, float[10,1,3,3] d = ${filters(5, 10, 1, 3, 3)}>
  { a = Conv<pads = [1, 1, 1, 1]>(x, t)  b = Relu(a)  c = Conv<pads = [1, 1, 1, 1]>(b, u)  e = Relu(c)  f = Conv<pads = [1, 1, 1, 1]>(e, v)
    h = Conv<pads = [1, 1, 1, 1]>(f, w)  y = Conv<pads = [1, 1, 1, 1], group = 10>(h, d) }`)
const samples = [1, 2, 3].map((seed): Sample => ({
  part: 'model',
  feeds: feedsFor(graphOf(narrow), { seed }),
}))

function graphOf(model: Model): Graph {
  return model.part('model').graph
}

const coded = (params: Parameters<typeof staticInt8>[0] = {}): Promise<Model> =>
  smash(narrow, [staticInt8(params)], { runtime, samples })

const producers = (graph: Graph, from: string | undefined): readonly Node[] => {
  const node = graph.producer(from ?? '')
  return node ? [...producers(graph, node.inputs[0]), node] : []
}

test.each([
  [{}, ['Cast', 'Mul']],
  [{ weights: 'uint8' }, ['Cast', 'Sub', 'Mul']],
  [{ per: 'tensor' }, ['Cast', 'Mul']],
  [{ format: 'qoperator' }, ['Cast', 'Mul']],
] as const)('%o: %o stand behind the codes, and are folded', async (params, ops) => {
  const made = await coded(params)
  const graph = graphOf(made)
  expect(check(graph)).toEqual([])
  const stored = graph.nodes
    .filter(({ op }) => op === 'Conv')
    .map(({ inputs }) => producers(graph, inputs[1]))
  expect(stored.map(nodes => nodes.map(({ op }) => op))).toEqual([ops, ops, ops, ops, []])
  const optimized = await runtime.optimized?.(graph)
  expect(optimized?.nodes.map(({ op }) => op).filter(op => !/^(Fused)?Conv$/.test(op))).toEqual([])
  const feeds = feedsFor(graphOf(narrow), { seed: 11 })
  expect(sqnr(await runOnce(runtime, made, feeds), await runOnce(runtime, narrow, feeds))).toBeGreaterThan(35)
})

async function peaksOf(model: Model): Promise<readonly number[]> {
  const codes = graphOf(model).initializers.get('t_quantized')?.tensor
  const values = codes ? Array.from(await toTypedArray(codes), Number) : []
  return Array.from({ length: 10 }, (_, filter) => Math.max(...values.slice(filter * 90, filter * 90 + 90).map(Math.abs)))
} // prettier-ignore

test('nothing multiplies these codes, so they take the whole range on any processor', async () => {
  expect(new Set(await peaksOf(await coded()))).toEqual(new Set([127]))
  expect(Math.min(...(await peaksOf(await coded({ protect: 0 }))))).toBeLessThan(127)
})
