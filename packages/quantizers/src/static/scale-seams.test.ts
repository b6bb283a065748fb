import { modelOf } from '@damson/core'
import { memoryTensor, onnx, toTypedArray, type Graph, type Tensor } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce, seededNormal } from '@damson/testing'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { equalizingScales } from './equalization.ts'
import { scaledGraph } from './scaled-graph.ts'
import { seamsOf } from './scale-seams.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())
const { signal } = new AbortController()

/** Normal numbers whose channels along axis 0 differ by up to e^4. */
function uneven(seed: number, shape: readonly number[]): Tensor {
  const count = shape.reduce((a, b) => a * b, 1)
  const per = count / (shape[0] ?? 1)
  const sizes = seededNormal(seed + 1000, shape[0] ?? 1)
  return memoryTensor(
    'float32',
    shape,
    seededNormal(seed, count, 0.3).map((x, at) => x * Math.exp(2 * (sizes[Math.floor(at / per)] ?? 0))),
  )
}

/** Three convolutions in a row, the middle one in groups, with what may stand between them; then a product over two readers. */
const convolutions = (seed: number, groups: number, slope: number): Graph =>
  onnx`<ir_version: 8, opset_import: ["" : 17]>
    net (float[n,3,8,8] x) => (float[n,4,3,3] y, float[n,4,3,3] z)
    <float[8,3,3,3] a = ${uneven(seed, [8, 3, 3, 3])}, float[8] a_bias = ${uneven(seed + 1, [8])},
     float[12,${8 / groups},3,3] b = ${uneven(seed + 2, [12, 8 / groups, 3, 3])}, float[12] b_bias = ${uneven(seed + 3, [12])},
     float[4,12,1,1] c = ${uneven(seed + 4, [4, 12, 1, 1])}, float[4,12,1,1] d = ${uneven(seed + 5, [4, 12, 1, 1])}>
    {
      a1 = Conv<pads = [1, 1, 1, 1]>(x, a, a_bias)
      a2 = LeakyRelu<alpha = ${slope}>(a1)
      b1 = Conv<group = ${groups}>(a2, b, b_bias)
      b2 = Relu(b1)
      b3 = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(b2)
      y = Conv(b3, c)
      z = Conv(b3, d)
    }`

test('equalized convolutions compute what they computed, and the ranges of both sides are equal', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 10_000 }), fc.constantFrom(1, 2, 4), fc.constantFrom(0.5, 0.125),
      async (seed, groups, slope) => {
        const graph = convolutions(seed, groups, slope)
        const seams = seamsOf(graph)
        expect(seams.map(({ value }) => value)).toEqual(['a2', 'b3'])
        const scales = await equalizingScales(seams, signal)
        const scaled = scaledGraph(graph, seams, scales)
        const feeds = feedsFor(graph, { seed })
        const [want, got] = [
          await runOnce(runtime, modelOf(graph), feeds, 'model'),
          await runOnce(runtime, modelOf(scaled), feeds, 'model'),
        ]
        // Rounding of float32 through three layers.
        expect(sqnr(got, want)).toBeGreaterThan(110)
        for (const { maker, readers } of seamsOf(scaled)) {
          if (!maker) continue
          const made = peaks(await toTypedArray(maker.weight.tensor), maker.outputOf)
          const read = new Map<number, number>()
          for (const { weight, inputOf } of readers)
            for (const [channel, peak] of peaks(await toTypedArray(weight.tensor), inputOf)) read.set(channel, Math.max(read.get(channel) ?? 0, peak))
          // A pass ends when no scale moves by more than 1 %.
          for (const [channel, peak] of made) expect(peak / (read.get(channel) ?? 0)).toBeCloseTo(1, 1)
        }
      },
    ),
    { numRuns: 6, seed: 1 },
  )
}) // prettier-ignore

function peaks(values: ArrayLike<number | bigint>, channelOf: (at: number) => number): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  for (let at = 0; at < values.length; at++) {
    const channel = channelOf(at)
    found.set(channel, Math.max(found.get(channel) ?? 0, Math.abs(Number(values[at]))))
  }
  return found
} // prettier-ignore

const [first, second] = [uneven(1, [4, 3, 3, 3]), uneven(2, [4, 4, 3, 3])]
test.each([
  [
    'a Sigmoid between',
    onnx`<ir_version: 8, opset_import: ["" : 17]>
      net (float[n,3,8,8] x) => (float[n,4,4,4] y) <float[4,3,3,3] a = ${first}, float[4,4,3,3] b = ${second}>
      { a1 = Conv(x, a)  m = Sigmoid(a1)  y = Conv(m, b) }`,
  ],
  [
    'a value that is an output',
    onnx`<ir_version: 8, opset_import: ["" : 17]>
      net (float[n,3,8,8] x) => (float[n,4,4,4] y, float[n,4,6,6] m) <float[4,3,3,3] a = ${first}, float[4,4,3,3] b = ${second}>
      { a1 = Conv(x, a)  m = Relu(a1)  y = Conv(m, b) }`,
  ],
  [
    'a sum that another value goes into',
    onnx`<ir_version: 8, opset_import: ["" : 17]>
      net (float[n,3,8,8] x) => (float[n,4,4,4] y) <float[4,3,3,3] a = ${first}, float[4,4,3,3] b = ${second}>
      { a1 = Conv(x, a)  r = Relu(a1)  m = Add(a1, r)  y = Conv(m, b) }`,
  ],
])('%s is no seam', (_, graph) => {
  expect(seamsOf(graph)).toEqual([])
})
