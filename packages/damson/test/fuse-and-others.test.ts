// fuse and quantizers in one recipe: no order is a cycle, and names of the original nodes and weights still mean the same.
import { load, modelOf, plan, smash, type Model, type Step } from '@damson/core'
import { fuse } from '@damson/compilers'
import { memoryTensor, onnx, walk, weights } from '@damson/graph'
import {
  autoBits,
  awq,
  binary,
  bnb4,
  dynamicInt8,
  float8,
  gptq,
  half,
  hqq,
  llmInt8,
  scaleEstimation,
  staticInt8,
  weightOnly,
} from '@damson/quantizers'
import { seededNormal } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { expect, test } from 'vitest'

const random = (seed: number, ...shape: readonly number[]) =>
  memoryTensor(
    'float32',
    shape,
    seededNormal(
      seed,
      shape.reduce((a, b) => a * b, 1),
      0.3,
    ),
  )
const scalar = (value: number) => memoryTensor('float32', [], Float32Array.of(value))

/** x + W₂·gelu(W₁·x + b), normed. */
function layer(): Model {
  return modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    layer (float[batch,sequence,64] x) => (float[batch,sequence,64] y)
    <float[64,128] w1 = ${random(1, 64, 128)}, float[128] b1 = ${random(2, 128)}, float[128,64] w2 = ${random(3, 128, 64)}, float[64] g = ${random(4, 64)},
     float root = ${scalar(Math.SQRT2)}, float one = ${scalar(1)}, float half = ${scalar(0.5)}>
    {
      [up] u0 = MatMul(x, w1)
      [up_bias] u = Add(u0, b1)
      [act_div] a = Div(u, root)
      [act_erf] f = Erf(a)
      [act_add] p = Add(f, one)
      [act_mul] c = Mul(u, p)
      [act_half] z = Mul(c, half)
      [down] o = MatMul(z, w2)
      [residual] r = Add(x, o)
      [norm] y = LayerNormalization(r, g)
    }`)
}

const coded = (model: Model): readonly string[] =>
  weights(model.part('model').graph)
    .flatMap(({ tensor, origins }) => (tensor.dtype === 'uint8' ? origins : []))
    .toSorted()
const ops = (model: Model): readonly string[] =>
  [...walk(model.part('model').graph)].map(({ node }) => node.op)

const quantizers: Readonly<Record<string, () => Step>> = {
  autoBits: () => autoBits({ budget: { value: 4.5, unit: 'bits' } }),
  awq, binary, bnb4, dynamicInt8, float8, gptq, half, hqq, llmInt8, scaleEstimation, staticInt8, weightOnly,
} // prettier-ignore

for (const [name, quantizer] of Object.entries(quantizers)) {
  test(`fuse and ${name} plan in either order of the list`, () => {
    for (const steps of [
      [fuse(), quantizer()],
      [quantizer(), fuse()],
    ])
      expect(plan(layer(), steps, { target: 'cpu' }).conflicts).toEqual([])
  })
}

test('names of original nodes and weights hit the same weights after fusing as before', async () => {
  for (const include of [['down'], ['up', 'w1'], ['op:MatMul'], ['w*']]) {
    const quantize = hqq({}, { include })
    const before = await smash(layer(), [quantize])
    const after = await smash(await smash(layer(), [fuse()]), [quantize])
    expect(coded(before).length).toBeGreaterThan(0)
    expect(coded(after)).toEqual(coded(before))
    expect(ops(after)).toEqual(expect.arrayContaining(['BiasGelu', 'SkipLayerNormalization', 'MatMulNBits']))
  }
})

zooTest('fixtures/bert-tiny-ts/model.onnx', 'module paths hit the same weights after fusing', async file => {
  const model = await load(file)
  const fused = await smash(model, [fuse()])
  for (const include of [
    ['/encoder/layer.0/*'],
    ['*attention*'],
    ['*query*', '*intermediate*'],
    ['op:MatMul'],
  ]) {
    const [before, after] = [
      await smash(model, [weightOnly({}, { include })]),
      await smash(fused, [weightOnly({}, { include })]),
    ]
    expect(coded(before).length).toBeGreaterThan(0)
    expect(coded(after)).toEqual(coded(before))
  }
})

test('a quantizer in a place that covers part of a merged node is refused, naming it', async () => {
  const fused = await smash(layer(), [fuse()])
  const { conflicts } = plan(fused, [half({}, { include: ['act_erf'] })], { target: 'webgpu' })
  expect(conflicts).toMatchObject([{ code: 'partial-match', message: expect.stringMatching(/act_half/) }])
})

test('taking apart in a place that covers part of a merged node is refused, naming it', async () => {
  const fused = await smash(layer(), [fuse()])
  const { conflicts } = plan(fused, [fuse({ direction: 'unfuse' }, { include: ['act_erf'] })], {
    target: 'cpu',
  })
  expect(conflicts).toMatchObject([{ code: 'partial-match', message: expect.stringMatching(/act_half/) }])
})
