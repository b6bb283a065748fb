// The fp16 doctor: what leaves the range inside a model whose outputs show nothing of it.
import { modelOf, smash, type Model, type Sample } from '@damson/core'
import { memoryTensor, onnx, walk, type Graph } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { runOnce, seededNormal } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { half } from './algorithms/half.ts'
import { fp16Report } from './fp16-report.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const graphOf = (model: Model): Graph => model.part('model').graph
const matrix = (seed: number, scale: number) =>
  memoryTensor('float32', [64, 64], seededNormal(seed, 64 * 64, scale))

/**
 * A norm over groups, written out: numbers of about 800 have squares of 640,000, and the quotient hides them again. ONNX
 * Runtime's CPU provider keeps what passes between two nodes without fp16 kernels in fp32, even through one node that has
 * such a kernel; between the power and the mean here are two.
 */
const writtenOutNorm = (): Model =>
  modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[n,64] x) => (float[n,64] y)
    <float[64,64] up = ${matrix(1, 100)}, float[64,64] down = ${matrix(2, 0.1)}, float two = {2.0}, float eps = {0.00001},
     int64[3] groups = {-1, 4, 16}, int64[2] flat = {-1, 64}, int64[4] order = {3, 2, 1, 0}>
    { p = MatMul(x, up)
      mean = ReduceMean<axes = [-1]>(p)
      [sub] d = Sub(p, mean)  [pow] squares = Pow(d, two)  [group] grouped = Reshape(squares, groups)
      [pick] picked = Gather<axis = 1>(grouped, order)  [variance] v = ReduceMean<axes = [-1]>(picked)  [eps_add] e = Add(v, eps)
      [sqrt] s = Sqrt(e)  b = Reshape(d, groups)  c = Gather<axis = 1>(b, order)
      [div] q = Div(c, s)  r = Reshape(q, flat)
      y = MatMul(r, down) }`)

/** A residual stream that grows beyond the range, and a norm behind it. */
const residualStream = (): Model =>
  modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[n,64] x) => (float[n,64] y)
    <float[64,64] up = ${matrix(3, 500)}, float[64,64] down = ${matrix(4, 0.1)}, float[64] gain = ${memoryTensor('float32', [64], new Float32Array(64).fill(1))}>
    { [first] p = MatMul(x, up)  [again] r = MatMul(x, up)  [stream] a = Add(p, r)  [further] b = Add(a, a)
      [norm] n = LayerNormalization(b, gain)  y = MatMul(n, down) }`)

const samplesOf = (model: Model): readonly Sample[] =>
  [1, 2, 3].map(seed => ({ part: 'model', feeds: feedsFor(graphOf(model), { seed, dims: { n: 8 } }) }))

async function quality(model: Model, guard: 'weights' | 'calibrated'): Promise<number> {
  const feeds = feedsFor(graphOf(model), { seed: 9, dims: { n: 8 } })
  const want = await runOnce(runtime, model, feeds)
  const made = await smash(model, [half({ guard, compute: 'half' })], { runtime, samples: samplesOf(model) })
  const got = await runOnce(runtime, made, feeds)
  // The trap: nothing in the outputs shows that a value inside was infinite.
  expect(Object.values(got).every(({ data }) => data.every(value => Number.isFinite(Number(value))))).toBe(
    true,
  )
  return sqnr(got, want)
}

describe('a norm written out', () => {
  test('comes out right only with samples', async () => {
    expect(await quality(writtenOutNorm(), 'weights')).toBeLessThan(3)
    expect(await quality(writtenOutNorm(), 'calibrated')).toBeGreaterThan(55)
  })

  test('the smallest island: what makes the squares, and what reads them until they are roots', async () => {
    const model = writtenOutNorm()
    const said: { readonly code: string; readonly details: unknown }[] = []
    const made = await smash(model, [half({ compute: 'half' })], {
      runtime,
      samples: samplesOf(model),
      onEvent: event => event.type === 'warning' && said.push({ code: event.code, details: event.details }),
    })
    const casts = [...walk(graphOf(made))].flatMap(({ node }) => (node.op === 'Cast' ? [node.inputs[0]] : []))
    expect(casts).toEqual(['x', 'd', 's', 'y_float16'])
    expect(said).toHaveLength(1)
    expect(said[0]).toMatchObject({
      code: 'kept-float32',
      details: {
        part: 'model',
        guard: 'calibrated',
        islands: [
          { value: 'squares', nodes: ['pow', 'group'] },
          { value: 'grouped', nodes: ['group', 'pick'] },
          { value: 'picked', nodes: ['pick', 'variance'] },
          { value: 'v', nodes: ['variance', 'eps_add'] },
          { value: 'e', nodes: ['eps_add', 'sqrt'] },
        ],
        unfit: [],
      },
    })
  })
})

test('a residual stream beyond the range stays in fp32 up to the norm behind it', async () => {
  expect(await quality(residualStream(), 'calibrated')).toBeGreaterThan(55)
  const report = (
    await fp16Report(residualStream(), {
      runtime,
      feeds: () => samplesOf(residualStream()).map(({ feeds }) => feeds),
    })
  ).get('model')
  expect(report && 'islands' in report && report.islands.map(({ value }) => value)).toEqual(['b'])
})

test('masks are no reason to keep scores in fp32', async () => {
  const model = modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[n,64] x, bool[n,n] keep) => (float[n,64] y)
    <float[64,64] w = ${matrix(5, 0.2)}, float never = {-3.4028234663852886e38}>
    { q = MatMul(x, w)  k = Transpose<perm = [1, 0]>(x)  s = MatMul(q, k)  m = Where(keep, s, never)
      a = Softmax(m)  y = MatMul(a, x) }`)
  const report = (
    await fp16Report(model, { runtime, feeds: () => samplesOf(model).map(({ feeds }) => feeds) })
  ).get('model')
  expect(report).toMatchObject({
    islands: [],
    unfit: [],
    clamped: [{ weight: 'never', to: -32752 }],
    floatNodes: 0,
  })
})
