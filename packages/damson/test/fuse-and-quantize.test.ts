// Families in one recipe: joined products are coded as what they are, and places still name the weights that they came from.
import { modelOf, plan, smash, type Model, type Step } from '@damson/core'
import { memoryTensor, onnx, weights } from '@damson/graph'
import { fuseQkv } from '@damson/factorizers'
import { hqq, weightOnly } from '@damson/quantizers'
import { expect, test } from 'vitest'

function attention(): Model {
  const square = (seed: number) =>
    memoryTensor(
      'float32',
      [64, 64],
      Float32Array.from({ length: 64 * 64 }, (_, at) => Math.sin(seed * 1000 + at * at)),
    )
  return modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    block (float[batch,sequence,64] x) => (float[batch,sequence,64] y)
    <float[64,64] wq = ${square(1)}, float[64,64] wk = ${square(2)}, float[64,64] wv = ${square(3)}, float[64,64] wo = ${square(4)}>
    {
      [q_proj] q = MatMul(x, wq)
      [k_proj] k = MatMul(x, wk)
      [v_proj] v = MatMul(x, wv)
      [turn] kt = Transpose<perm = [0, 2, 1]>(k)
      [scores] s = MatMul(q, kt)
      [softmax] p = Softmax<axis = -1>(s)
      [mix] m = MatMul(p, v)
      [o_proj] y = MatMul(m, wo)
    }`)
}

const initializers = (model: Model): readonly string[] =>
  weights(model.part('model').graph)
    .filter(({ tensor }) => tensor.byteLength > 100)
    .map(({ name }) => name)
    .toSorted()

test('fusing comes first, whatever the order of the list, and the joined weight is coded as one', async () => {
  const steps = [weightOnly({ symmetric: true }), fuseQkv()]
  const { steps: order, conflicts } = plan(attention(), steps)
  expect(conflicts).toEqual([])
  expect(order.map(({ id }) => id)).toEqual([
    '@damson/factorizers/fuse-qkv',
    '@damson/quantizers/weight-only',
  ])
  expect(initializers(await smash(attention(), steps))).toEqual([
    'wo_Q4',
    'wo_scales',
    'wq_fused_Q4',
    'wq_fused_scales',
  ])
})

test('places that name the original nodes reach the joined weight', async () => {
  const steps: readonly Step[] = [
    fuseQkv(),
    weightOnly({ bits: 8 }, { include: ['q_proj', 'k_proj', 'v_proj'] }),
    hqq({ bits: 4 }, { include: ['o_proj'] }),
  ]
  const names = initializers(await smash(attention(), steps))
  expect(names).toEqual(expect.arrayContaining(['wq_fused_Q8', 'wo_Q4']))
})

test('a place that names some of what was joined is refused by name', async () => {
  const steps = [fuseQkv(), weightOnly({}, { include: ['q_proj'] })]
  await expect(smash(attention(), steps)).rejects.toThrow(
    /merged from places inside \(.*\) and outside \(.*\)/,
  )
})
