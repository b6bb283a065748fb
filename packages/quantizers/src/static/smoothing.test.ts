import { modelOf, smash, type Model, type Sample, type SmashEvent } from '@damson/core'
import { memoryTensor, onnx } from '@damson/graph'
import { createRuntime, sqnr } from '@damson/runtime'
import { runOnce, seededNormal } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { staticInt8 } from '../algorithms/static-int8.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const width = 32
/** One channel in eight is 40 times as large as the others, as in the residual streams of language models. */
const gains = Float32Array.from({ length: width }, (_, at) => (at % 8 === 3 ? 40 : 1))
/** The rows that meet large channels are small, so the others matter as much. */
const rows = seededNormal(1, width * width, 0.2).map((w, at) => w / (gains[Math.floor(at / width)] ?? 1))

/** A norm, and two products that read it; `residual` reads it too. */
const normed = (residual: boolean): Model =>
  modelOf(onnx`<ir_version: 8, opset_import: ["" : 17]>
    block (float[n,${width}] x) => (float[n,${width}] y, float[n,${width}] z)
    <float[${width}] gain = ${memoryTensor('float32', [width], gains)}, float[${width}] shift = ${memoryTensor('float32', [width], seededNormal(2, width, 0.1))},
     float[${width},${width}] up = ${memoryTensor('float32', [width, width], rows)}, float[${width},${width}] gate = ${memoryTensor(
       'float32',
       [width, width],
       rows.toReversed().map((w, at) => w / (gains[Math.floor(at / width)] ?? 1)),
     )}>
    {
      [norm] n = LayerNormalization<axis = -1>(x, gain, shift)
      [up_product] u = MatMul(n, up)
      [gate_product] z = MatMul(n, gate)
      y = Add(u, ${residual ? 'n' : 'x'})
    }`)

const sample = (seed: number): Sample => ({
  part: 'model',
  feeds: { x: { dtype: 'float32', shape: [16, width], data: seededNormal(seed, 16 * width) } },
})

async function smoothed(model: Model, smooth: number) {
  const warnings: SmashEvent[] = []
  const fast = await smash(model, [staticInt8({ smooth, protect: 0, per: 'tensor' })], {
    runtime,
    samples: [1, 2, 3].map(sample),
    onEvent: event => void warnings.push(event),
  })
  const { feeds } = sample(9)
  const quality = sqnr(await runOnce(runtime, fast, feeds, 'model'), await runOnce(runtime, model, feeds, 'model'))
  const left = warnings.find(event => event.type === 'warning' && event.code === 'not-smoothed')
  return { quality, left, graph: fast.part('model').graph }
} // prettier-ignore

test('large channels of a norm go into the weights behind it', async () => {
  const [plain, fast] = [await smoothed(normed(false), 0), await smoothed(normed(false), 0.5)]
  // 40 times as many codes for seven channels of eight.
  expect(fast.quality).toBeGreaterThan(plain.quality + 6)
  expect(fast.left).toBeUndefined()
  // Nothing is added: the norm takes 1/s.
  expect(fast.graph.nodes.length).toBe(plain.graph.nodes.length)
})

test('a norm that somebody else reads takes no scales, and its products are named', async () => {
  const [plain, fast] = [await smoothed(normed(true), 0), await smoothed(normed(true), 0.5)]
  expect(fast.left).toMatchObject({ details: { nodes: ['up_product', 'gate_product'] } })
  expect(fast.quality).toBe(plain.quality)
})
