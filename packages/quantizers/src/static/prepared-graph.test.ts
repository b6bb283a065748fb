// What the graph is made ready for: all the phases of a picture are one convolution where some nodes may stay in floating point.
import { modelOf, smash, type Sample } from '@damson/core'
import { isRefusal, memoryTensor, onnx, type Graph } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce, seededNormal } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { staticInt8 } from '../algorithms/static-int8.ts'
import { preparedGraph } from './prepared-graph.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const weight = (seed: number, ...shape: readonly number[]) =>
  memoryTensor('float32', shape, seededNormal(seed, shape.reduce((a, b) => a * b, 1), 0.2)) // prettier-ignore

/** As detectors begin: even and odd rows and columns as channels, a convolution, SiLU, and others, of which the last has `filters`. */
const detector = (
  filters: number,
): Graph => onnx`<ir_version: 8, opset_import: ["": 17]> d (float[1,3,32,32] x) => (float${[1, filters, 16, 16]} y)
  <float[16,12,3,3] w = ${weight(1, 16, 12, 3, 3)}, float[512,16,3,3] v = ${weight(2, 512, 16, 3, 3)}, float${[filters, 512, 1, 1]} u = ${weight(3, filters, 512, 1, 1)},
   int64[2] from0 = {0, 0}, int64[2] from1 = {1, 0}, int64[2] from2 = {0, 1}, int64[2] from3 = {1, 1}, int64[2] end = {32, 32}, int64[2] axes = {2, 3}, int64[2] two = {2, 2}>
  { a = Slice(x, from0, end, axes, two) b = Slice(x, from1, end, axes, two) c = Slice(x, from2, end, axes, two) d = Slice(x, from3, end, axes, two)
    j = Concat<axis = 1>(a, b, c, d) p = Conv<pads = [1, 1, 1, 1]>(j, w) s = Sigmoid(p) m = Mul(p, s) q = Conv<pads = [1, 1, 1, 1]>(m, v) y = Conv(q, u) }`
const large = detector(1024)

const ops = (graph: Graph): readonly string[] => graph.nodes.map(({ op }) => op)

test('phases of a picture are cut out only where all has to be in integers, or where filters are no small part', () => {
  const prepared = (graph: Graph, protect: number): readonly string[] => {
    const made = preparedGraph(graph, { activations: 'auto', protect })
    return isRefusal(made) ? [made.refused] : ops(made)
  }
  expect(prepared(large, 0.02)).toEqual(['Conv', 'Sigmoid', 'Mul', 'Conv', 'Conv'])
  expect(prepared(large, 0)).toEqual(ops(large))
  expect(prepared(detector(8), 0.02)).toEqual(ops(detector(8)))
})

test('that first convolution stays in floating point, the others are coded', async () => {
  const samples = [1, 2, 3].map((seed): Sample => ({ part: 'model', feeds: feedsFor(large, { seed }) }))
  const model = modelOf(large)
  const made = await smash(model, [staticInt8()], { runtime, samples })
  const { graph } = made.part('model')
  const decoded = graph.nodes.filter(({ op }) => op === 'Conv').map(({ inputs }) => graph.producer(inputs[1] ?? '')?.op)
  expect(decoded).toEqual([undefined, 'DequantizeLinear', 'DequantizeLinear'])
  expect(ops(graph)).not.toContain('Slice')
  const feeds = feedsFor(large, { seed: 11 })
  const whole = await smash(model, [staticInt8({ protect: 0 })], { runtime, samples })
  const want = await runOnce(runtime, model, feeds)
  const [some, all] = [sqnr(await runOnce(runtime, made, feeds), want), sqnr(await runOnce(runtime, whole, feeds), want)]
  expect(all).toBeGreaterThan(25)
  expect(some).toBeGreaterThan(all + 1)
}) // prettier-ignore
