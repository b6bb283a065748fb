import { onnx, weights } from '@damson/graph'
import { expect, test } from 'vitest'
import { facts } from './facts.ts'
import { modelOf } from './model-value.ts'

const model = modelOf(onnx`
  <ir_version: 8, opset_import: ["" : 17]>
  decoded (float[1, 4] x) => (float[1, 4] y, float[1, 4] z)
  <uint8[4, 1, 2] codes = {1, 2, 3, 4, 5, 6, 7, 8}, uint8[4, 1] zeros = {1, 1, 1, 1}, float[4, 1] scales = {1, 1, 1, 1},
   float[2] powers = {1, 0.0625}, float sixteen = {16}, int64[2] column = {-1, 1}, int64[2] rows = {-1, 4}, int64[2] shape = {4, 4},
   uint8[4] mask = {1, 0, 1, 0}, float[4] slope = {1, 2, 3, 4}>
  {
    bytes = Cast<to = 1>(codes)  tall = Reshape(bytes, column)  shifted = Mul(tall, powers)  whole = Floor(shifted)
    numbers = Mod<fmod = 1>(whole, sixteen)  blocks = Reshape(numbers, rows)
    zeroNumbers = Cast<to = 1>(zeros)  zeroColumn = Reshape(zeroNumbers, column)
    scaleColumn = Reshape(scales, column)
    centred = Sub(blocks, zeroColumn)  values = Mul(centred, scaleColumn)  w = Reshape(values, shape)
    y = MatMul(x, w)
    open = Cast<to = 1>(mask)  z = Mul(open, slope)
  }`)

test('codes decoded by plain operators are coded, their scales no weight of their own; a mask that is cast is neither', () => {
  const part = model.part('model')
  const said = (fact: 'weight:float' | 'weight:coded'): Record<string, boolean | undefined> =>
    Object.fromEntries(
      weights(part.graph)
        .filter(({ name }) => ['codes', 'zeros', 'scales', 'mask', 'slope'].includes(name))
        .map(weight => [weight.name, facts[fact].probe?.({ weight }, part)]),
    )
  expect(said('weight:coded')).toEqual({
    codes: true,
    zeros: true,
    scales: undefined,
    mask: false,
    slope: false,
  })
  expect(said('weight:float')).toEqual({
    codes: false,
    zeros: false,
    scales: undefined,
    mask: false,
    slope: true,
  })
})

test('signed bytes that are cast and scaled by a constant are coded, others are not', () => {
  const part = modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    stored (float[1, 2] x, float[1, 2] gain) => (float[1, 2] y, float[1, 2] z)
    <int8[2, 2] codes = {1, -2, 3, 4}, float[2, 1] scales = {0.5, 0.25}, int8[1, 2] signs = {1, -1}>
    {
      numbers = Cast<to = 1>(codes)  w = Mul(numbers, scales)  y = MatMul(x, w)
      turns = Cast<to = 1>(signs)  z = Mul(turns, gain)
    }`).part('model')
  const said = weights(part.graph).map(weight => [
    weight.name,
    facts['weight:coded'].probe?.({ weight }, part),
  ])
  expect(Object.fromEntries(said)).toEqual({ codes: true, scales: undefined, signs: false })
})
