import { modelOf, smash, type Model, type Sample } from '@damson/core'
import { check, onnx } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { runOnce } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { normalTensor } from '../../test/normal-tensor.ts'
import { staticInt8 } from '../algorithms/static-int8.ts'
import { withSharedConstants } from './shared-constants.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

/** Two equal scales and zero points of a step, and the same numbers as the model's own constants. */
const paired = (): Model =>
  modelOf(onnx`<ir_version: 8, opset_import: ["" : 17]>
    g (float[n,4] x) => (float[n,4] y, float own) <float half = {0.5}, float x_scale = {0.5}, uint8 x_zero_point = {128}, float h_scale = {0.5}, uint8 h_zero_point = {128}>
    {
      a = QuantizeLinear(x, x_scale, x_zero_point)  b = DequantizeLinear(a, x_scale, x_zero_point)  h = Relu(b)
      c = QuantizeLinear(h, h_scale, h_zero_point)  y = DequantizeLinear(c, h_scale, h_zero_point)  own = Neg(half)
    }`)

test('equal constants of the step are kept once; those of the model stay apart', async () => {
  const model = paired()
  const { graph } = model.part('model')
  const source = modelOf(onnx`<ir_version: 8, opset_import: ["" : 17]>
    g (float[n,4] x) => (float[n,4] y, float own) <float half = {0.5}> { h = Relu(x)  y = Identity(h)  own = Neg(half) }`)
  const shared = withSharedConstants(graph, source.part('model').graph)
  expect(check(shared)).toEqual([])
  expect([...shared.initializers.keys()]).toEqual(['half', 'x_scale', 'x_zero_point'])
  expect(shared.nodes.map(({ inputs }) => inputs.slice(1))).toEqual([
    ['x_scale', 'x_zero_point'], ['x_scale', 'x_zero_point'], [], ['x_scale', 'x_zero_point'], ['x_scale', 'x_zero_point'], [],
  ]) // prettier-ignore
  const feeds = feedsFor(graph, { seed: 1, dims: { n: 3 } })
  expect(await runOnce(runtime, model.withGraph('model', shared), feeds)).toEqual(
    await runOnce(runtime, model, feeds),
  )
})

const gated = (): Model =>
  modelOf(onnx`<ir_version: 8, opset_import: ["" : 17]>
    g (float[n,8,6,6] x) => (float[n,8,6,6] y)
    <float[8,8,3,3] a = ${normalTensor(1, [8, 8, 3, 3], 0.2)}, float[8,8,3,3] b = ${normalTensor(2, [8, 8, 3, 3], 0.2)}, float[8] c = ${normalTensor(3, [8], 0.1)}>
    {
      p = Conv<pads = [1, 1, 1, 1]>(x, a, c)  s = Sigmoid(p)  q = Mul(p, s)
      r = Conv<pads = [1, 1, 1, 1]>(q, b, c)  t = Sigmoid(r)  y = Mul(r, t)
    }`)

test.each(['qdq', 'qoperator'] as const)('no two constants of a step are equal: %s', async format => {
  const model = gated()
  const { graph } = model.part('model')
  const samples = [1, 2].map((seed): Sample => ({
    part: 'model',
    feeds: feedsFor(graph, { seed, dims: { n: 2 } }),
  }))
  const made = await smash(model, [staticInt8({ format, protect: 0 })], { runtime, samples })
  const keys = [...made.part('model').graph.initializers.values()].map(({ tensor }) => tensor.key)
  expect(keys.length).toBeGreaterThan(10)
  expect(new Set(keys).size).toBe(keys.length)
})
