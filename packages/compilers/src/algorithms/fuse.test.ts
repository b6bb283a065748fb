import { modelOf, plan, smash, type Model } from '@damson/core'
import { memoryTensor, onnx, print, walk, type Graph, type Tensor } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { describeAlgorithm, expectSameOutputs, seededNormal, tinyMlp } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { fuse } from './fuse.ts'

const random = (seed: number, ...shape: readonly number[]): Tensor =>
  memoryTensor(
    'float32',
    shape,
    seededNormal(
      seed,
      shape.reduce((a, b) => a * b, 1),
      0.3,
    ),
  )
const scalar = (value: number): Tensor => memoryTensor('float32', [], Float32Array.of(value))

/** A layer of a transformer without its attention: x + W₂·gelu(W₁·norm(x) + b), normed again. */
function layer(): Model {
  return modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 14]>
    layer (float[batch,sequence,32] x) => (float[batch,sequence,32] y)
    <float[32] g1 = ${random(1, 32)}, float[32] b1 = ${random(2, 32)}, float[32] g2 = ${random(3, 32)}, float[32,64] w1 = ${random(4, 32, 64)},
     float[64] bias = ${random(5, 64)}, float[64,32] w2 = ${random(6, 64, 32)}, float eps = ${scalar(1e-5)}, float two = ${scalar(2)},
     float root = ${scalar(Math.SQRT2)}, float one = ${scalar(1)}, float half = ${scalar(0.5)}>
    {
      ["norm.1/mean"] m = ReduceMean<axes = [-1]>(x)
      ["norm.1/sub"] d = Sub(x, m)
      ["norm.1/pow"] q = Pow(d, two)
      ["norm.1/var"] v = ReduceMean<axes = [-1]>(q)
      ["norm.1/add"] e = Add(v, eps)
      ["norm.1/sqrt"] s = Sqrt(e)
      ["norm.1/div"] n = Div(d, s)
      ["norm.1/scale"] t = Mul(n, g1)
      ["norm.1/shift"] h = Add(t, b1)
      ["up"] u0 = MatMul(h, w1)
      ["up_bias"] u = Add(bias, u0)
      ["act/div"] a = Div(u, root)
      ["act/erf"] f = Erf(a)
      ["act/add"] p = Add(f, one)
      ["act/mul"] c = Mul(u, p)
      ["act/half"] z = Mul(c, half)
      ["down"] o = MatMul(z, w2)
      ["residual"] r = Add(x, o)
      ["norm.2/pow"] rq = Pow(r, two)
      ["norm.2/mean"] rv = ReduceMean<axes = [-1]>(rq)
      ["norm.2/add"] re = Add(rv, eps)
      ["norm.2/sqrt"] rs = Sqrt(re)
      ["norm.2/div"] ri = Div(one, rs)
      ["norm.2/mul"] rn = Mul(r, ri)
      ["norm.2/scale"] y = Mul(g2, rn)
    }`)
}

const graphOf = (model: Model): Graph => model.part('model').graph
const ops = (model: Model): readonly string[] => [...walk(graphOf(model))].map(({ node }) => node.op)

describeAlgorithm(fuse, {
  accepts: { layer },
  refuses: { 'a model with nothing to fuse': { model: tinyMlp, reason: /nothing to fuse/ } },
  expect: { outputs: { sqnr: 110 }, size: 1.1 },
  inert: {
    absorb:
      'it matters to embeddings, products and convolutions, none of which has a norm or an activation of its own here',
  },
})

describe('a layer', () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())
  const fused = ['LayerNormalization', 'MatMul', 'BiasGelu', 'MatMul', 'SkipSimplifiedLayerNormalization']

  test('norms, activation and residual become operators of their own; again nothing changes', async () => {
    const model = layer()
    const after = await smash(model, [fuse()])
    expect(ops(after)).toEqual(fused)
    await expectSameOutputs(runtime, graphOf(after), graphOf(model), {
      feeds: feedsFor(graphOf(model), { seed: 3 }),
      atol: 1e-5,
      rtol: 1e-5,
    })
    expect(plan(after, [fuse()], { target: 'cpu' }).conflicts).toHaveLength(1)
    expect(print(graphOf(await smash(layer(), [fuse()])))).toBe(print(graphOf(after)))
  })

  test('nodes carry the names of all those that they were made of, weights stay theirs', async () => {
    const after = graphOf(await smash(layer(), [fuse()]))
    expect(after.nodes[0]?.origins).toEqual(
      expect.arrayContaining(['norm.1/mean', 'norm.1/sub', 'norm.1/div', 'norm.1/scale', 'norm.1/shift']),
    )
    expect(after.nodes.find(({ op }) => op === 'BiasGelu')?.origins).toContain('up_bias')
    expect(after.nodes.find(({ name }) => name === 'up')?.origins).toEqual(['up'])
    expect(after.initializers.get('g1')?.origins).toEqual(['g1'])
  })

  test('kinds and names of rules', async () => {
    expect(ops(await smash(layer(), [fuse({ rules: ['activation'] })]))).toContain('BiasGelu')
    const gelu = ops(await smash(layer(), [fuse({ rules: ['gelu'] })]))
    expect(gelu.filter(op => op === 'Gelu')).toHaveLength(1)
    expect(gelu).toContain('ReduceMean')
    expect(() => fuse({ rules: ['gelo'] })).toThrow(/rules/)
  })

  test('a place fuses what lies in it, and one that covers part of a pattern is refused, naming what it leaves out', async () => {
    const inside = ops(await smash(layer(), [fuse({}, { include: ['norm.1/*'] })]))
    expect(inside.slice(0, 3)).toEqual(['LayerNormalization', 'MatMul', 'Add'])
    expect(inside).toContain('Erf')
    const [conflict] = plan(layer(), [fuse({}, { parts: ['model'], include: ['act/erf'] })], {
      target: 'cpu',
    }).conflicts
    expect(conflict?.message).toMatch(/the place leaves out .*act\/div, up_bias/)
  })

  test('what reaches beyond the place stays inside it, with a warning', async () => {
    const warnings: string[] = []
    const after = await smash(layer(), [fuse({}, { exclude: ['residual'] })], {
      onEvent: event => event.type === 'warning' && warnings.push(event.message),
    })
    expect(ops(after)).toEqual([
      'LayerNormalization',
      'MatMul',
      'BiasGelu',
      'MatMul',
      'Add',
      'SimplifiedLayerNormalization',
    ])
    expect(warnings).toEqual([
      expect.stringMatching(/1 fusions reach beyond the place, .* like that of "residual"/),
    ])
  })

  test('and taken apart again', async () => {
    const apart = await smash(await smash(layer(), [fuse()]), [fuse({ direction: 'unfuse' })])
    expect(
      [...walk(graphOf(apart))].every(({ node }) => node.domain === '' && !node.op.includes('Normalization')),
    ).toBe(true)
    await expectSameOutputs(runtime, graphOf(apart), graphOf(layer()), {
      feeds: feedsFor(graphOf(layer()), { seed: 4 }),
      atol: 1e-5,
      rtol: 1e-5,
    })
  })
})
