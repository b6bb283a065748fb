import { modelOf, smash, type Model } from '@damson/core'
import { memoryTensor, onnx, walk, weights, type Graph, type Tensor } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { describeAlgorithm, differences, runOnce, seededNormal, tinyMlp } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { fuseQkv } from './fuse-qkv.ts'

const random = (seed: number, ...shape: readonly number[]): Tensor => {
  const count = shape.reduce((a, b) => a * b, 1)
  return memoryTensor('float32', shape, seededNormal(seed, count, 0.2))
}

/** One attention with biases on queries and values, then a gated layer: x [batch, sequence, 32]. */
function attention(): Model {
  return modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    block (float[batch,sequence,32] x) => (float[batch,sequence,32] y, float[batch,sequence,32] k)
    <float[32,32] wq = ${random(1, 32, 32)}, float[32,32] wk = ${random(2, 32, 32)}, float[32,48] wv = ${random(3, 32, 48)},
     float[32] bq = ${random(4, 32)}, float[48] bv = ${random(5, 48)}, float[48,32] wo = ${random(6, 48, 32)},
     float[32,64] gate = ${random(7, 32, 64)}, float[32,64] up = ${random(8, 32, 64)}, float[64,32] down = ${random(9, 64, 32)}>
    {
      [q_proj] q0 = MatMul(x, wq)
      [q_bias] q = Add(bq, q0)
      [k_proj] k = MatMul(x, wk)
      [v_proj] v0 = MatMul(x, wv)
      [v_bias] v = Add(v0, bv)
      [turn] kt = Transpose<perm = [0, 2, 1]>(k)
      [scores] s = MatMul(q, kt)
      [softmax] p = Softmax<axis = -1>(s)
      [mix] m = MatMul(p, v)
      [o_proj] o = MatMul(m, wo)
      [residual] h = Add(x, o)
      [gate_proj] g0 = MatMul(h, gate)
      [act] g = Sigmoid(g0)
      [up_proj] u = MatMul(h, up)
      [mul] gu = Mul(g, u)
      [down_proj] y = MatMul(gu, down)
    }`)
}

const partOf = (model: Model): Graph => model.part('model').graph
const opsOf = (model: Model): readonly string[] => [...walk(partOf(model))].map(({ node }) => node.op)
const count = (model: Model, op: string): number => opsOf(model).filter(each => each === op).length

describeAlgorithm(fuseQkv, {
  accepts: { attention },
  refuses: {
    'a model without parallel products': { model: tinyMlp, reason: /no two products of one value/ },
    'old operator sets': {
      model: () =>
        modelOf(
          onnx`<ir_version: 4, opset_import: ["" : 9]> old (float[n,4] x) => (float[n,4] y) { y = Relu(x) }`,
        ),
      reason: /operator set 9/,
    },
  },
  expect: { outputs: 'equal', size: 1.05 },
})

describe('what is fused', () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())
  const same = async (model: Model, changed: Model): Promise<void> => {
    const feeds = feedsFor(partOf(model), { seed: 3 })
    const [got, want] = [
      await runOnce(runtime, changed, feeds, 'model'),
      await runOnce(runtime, model, feeds, 'model'),
    ]
    // Columns of a product are summed alike however many there are.
    expect(differences(got, want, { atol: 0, rtol: 0 })).toEqual([])
  }

  test('queries, keys and values become one product; an output keeps its name; a bias that some lack stays', async () => {
    const model = attention()
    const fused = await smash(model, [fuseQkv()])
    expect(count(fused, 'MatMul')).toBe(count(model, 'MatMul') - 2)
    expect(count(fused, 'Add')).toBe(count(model, 'Add'))
    await same(model, fused)
    const joined = weights(partOf(fused)).find(({ name }) => name === 'wq_fused')
    expect(joined?.tensor.shape).toEqual([32, 112])
    expect(joined?.origins).toEqual(['wq', 'wk', 'wv'])
  })

  test('scope "all" takes the gated layer too', async () => {
    const model = attention()
    const fused = await smash(model, [fuseQkv({ scope: 'all' })])
    expect(count(fused, 'MatMul')).toBe(count(model, 'MatMul') - 3)
    await same(model, fused)
  })

  test('a place that names two of three leaves the third alone', async () => {
    const fused = await smash(attention(), [fuseQkv({}, { include: ['q_*', 'k_*', 'wq', 'wk', 'bq'] })])
    expect(weights(partOf(fused)).some(({ name }) => name === 'wv')).toBe(true)
    expect(weights(partOf(fused)).find(({ name }) => name === 'wq_fused')?.tensor.shape).toEqual([32, 64])
    await same(attention(), fused)
  })

  test('Gemm with transposed weights and biases', async () => {
    const model = modelOf(onnx`
      <ir_version: 8, opset_import: ["" : 11]>
      gemms (float[n,32] x) => (float[n,16] a, float[n,48] b)
      <float[16,32] w1 = ${random(1, 16, 32)}, float[48,32] w2 = ${random(2, 48, 32)}, float[16] b1 = ${random(3, 16)}, float[1,48] b2 = ${random(4, 1, 48)}>
      {
        [one] a = Gemm<transB = 1>(x, w1, b1)
        [two] b = Gemm<transB = 1>(x, w2, b2)
      }`)
    const fused = await smash(model, [fuseQkv({ scope: 'all' })])
    expect(opsOf(fused)).toEqual(['Gemm', 'Split'])
    expect(weights(partOf(fused)).map(({ tensor }) => tensor.shape)).toEqual([[64, 32], [64]])
    await same(model, fused)
  })

  test('biases that all have become one Add, in float16 and in Constant nodes', async () => {
    const half = (seed: number, ...shape: readonly number[]): Tensor =>
      memoryTensor(
        'float16',
        shape,
        Uint16Array.from(
          seededNormal(
            seed,
            shape.reduce((a, b) => a * b, 1),
          ),
          x => 0x3000 + Math.abs(Math.round(x * 900)),
        ),
      )
    const model = modelOf(onnx`
      <ir_version: 8, opset_import: ["" : 17]>
      halves (float16[n,32] x) => (float16[n,16] a, float16[n,48] b)
      <float16[32,48] w2 = ${half(2, 32, 48)}, float16[48] b2 = ${half(4, 48)}, float16[16] b1 = ${half(3, 16)}>
      {
        w1 = Constant<value = ${half(1, 32, 16)}>()
        [one] a0 = MatMul(x, w1)
        [add_one] a = Add(a0, b1)
        [two] b0 = MatMul(x, w2)
        [add_two] b = Add(b2, b0)
      }`)
    const fused = await smash(model, [fuseQkv({ scope: 'all' })])
    expect(opsOf(fused)).toEqual(['MatMul', 'Add', 'Split'])
    await same(model, fused)
  })

  test('a weight that others read is left alone, with the reason', async () => {
    const model = modelOf(onnx`
      <ir_version: 8, opset_import: ["" : 17]>
      shared (float[n,32] x, float[n,32] z) => (float[n,16] a, float[n,16] b, float[n,16] c, float[n,16] d)
      <float[32,16] w1 = ${random(1, 32, 16)}, float[32,16] w2 = ${random(2, 32, 16)}, float[32,16] w3 = ${random(3, 32, 16)}>
      {
        [one] a = MatMul(x, w1)
        [two] b = MatMul(x, w2)
        [three] c = MatMul(x, w3)
        [other] d = MatMul(z, w3)
      }`)
    const warned: string[] = []
    const fused = await smash(model, [fuseQkv({ scope: 'all' })], {
      onEvent: event => event.type === 'warning' && warned.push(event.message),
    })
    expect(warned.join()).toMatch(/like "three": shares the weight "w3" with other nodes/)
    expect(count(fused, 'MatMul')).toBe(3)
    await same(model, fused)
  })

  test('inside the body of an If, with weights of the outer graph', async () => {
    const model = modelOf(onnx`
      <ir_version: 8, opset_import: ["" : 17]>
      branched (bool flag, float[n,32] x) => (float[n,16] y)
      <float[32,16] w1 = ${random(1, 32, 16)}, float[32,16] w2 = ${random(2, 32, 16)}, float[32,16] w3 = ${random(3, 32, 16)}>
      {
        [choice] y = If(flag) <
          then_branch = yes () => (float[n,16] t) { [one] a = MatMul(x, w1) [two] b = MatMul(x, w2) t = Sub(a, b) },
          else_branch = no () => (float[n,16] e) { [three] e = MatMul(x, w3) }
        >
      }`)
    const fused = await smash(model, [fuseQkv({ scope: 'all' })])
    expect(count(fused, 'MatMul')).toBe(2)
    await same(model, fused)
  })
})
