import { modelOf, smash, type Model, type Sample, type SmashEvent } from '@damson/core'
import { memoryTensor, onnx, print, type Tensor } from '@damson/graph'
import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { describeAlgorithm, runOnce, seededNormal, tinyConvNet, tinyMlp } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { staticInt8 } from './static-int8.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const samplesOf = async (model: Model): Promise<readonly Sample[]> =>
  [...model.parts.values()].flatMap(({ name, graph }) =>
    [1, 2, 3].map(seed => ({ part: name, feeds: feedsFor(graph, { seed }) })),
  )

describeAlgorithm(staticInt8, {
  accepts: { convNet: tinyConvNet, mlp: tinyMlp },
  refuses: {
    'a graph without matrices': {
      model: () => modelOf(onnx`(float[n,4] x) => (float[n,4] y) { y = Relu(x) }`),
      reason: /no constant matrix/,
    },
  },
  samples: samplesOf,
  expect: { outputs: { sqnr: 28 }, size: 0.4 },
  inert: { overrides: 'names values of one model; tested below' },
})

const matrix = (seed: number): Tensor => memoryTensor('float32', [16, 16], seededNormal(seed, 256, 0.25))

/** One attention layer whose mask adds a huge negative number where a position does not count. */
const masked = (low: number): Model =>
  modelOf(onnx`<ir_version: 8, opset_import: ["" : 17]>
    attention (float[b,s,16] x, float[b,1,s] mask) => (float[b,s,16] y)
    <float[16,16] q = ${matrix(1)}, float[16,16] k = ${matrix(2)}, float[16,16] v = ${matrix(3)}, float[16,16] o = ${matrix(4)},
     float low = ${memoryTensor('float32', [], Float32Array.of(low))}, float one = {1.0}>
    {
      qx = MatMul(x, q)
      kx = MatMul(x, k)
      vx = MatMul(x, v)
      kt = Transpose<perm = [0, 2, 1]>(kx)
      scores = MatMul(qx, kt)
      away = Sub(one, mask)
      far = Mul(away, low)
      kept = Add(scores, far)
      weights = Softmax<axis = -1>(kept)
      mixed = MatMul(weights, vx)
      y = MatMul(mixed, o)
    }`)

const padded = (seed: number, length: number): Sample => ({
  part: 'model',
  feeds: {
    x: { dtype: 'float32', shape: [2, 12, 16], data: seededNormal(seed, 384) },
    mask: {
      dtype: 'float32',
      shape: [2, 1, 12],
      data: Float32Array.from({ length: 24 }, (_, at) => (at % 12 < length ? 1 : 0)),
    },
  },
})

test.each([-1e9, -3.4e38])('a mask of %s widens no range', async low => {
  const model = masked(low)
  // Enough of them that their ranges hold for others.
  const samples = Array.from({ length: 12 }, (_, at) => padded(at + 1, at + 1))
  const fast = await smash(model, [staticInt8()], { runtime, samples })
  for (const { feeds } of [padded(21, 5), padded(22, 12)]) {
    const quality = sqnr(
      await runOnce(runtime, fast, feeds, 'model'),
      await runOnce(runtime, model, feeds, 'model'),
    )
    // ONNX Runtime's own tool is left with about 0 dB.
    expect(quality).toBeGreaterThan(24)
  }
})

test('how many products run in integers is read from the optimized graph', async () => {
  const model = masked(-1e9)
  const events: SmashEvent[] = []
  const samples = [padded(1, 12)]
  await smash(model, [staticInt8({ protect: 0 })], {
    runtime,
    samples,
    onEvent: event => void events.push(event),
  })
  const report = events.find(event => event.type === 'warning' && event.code === 'integer-nodes')
  // Four products with constants; the two of activations stay in floating point.
  expect(report).toMatchObject({ details: { integer: 4, float: 2 } })
})

test('pairs stand on the edges of the nodes that are coded, not on the shared value', async () => {
  const model = modelOf(onnx`<ir_version: 8, opset_import: ["" : 17]>
    g (float[b,16] x) => (float[b,16] y, float[b,16] z) <float[16,16] u = ${matrix(5)}, float[16,16] w = ${matrix(6)}>
    { [left] y = MatMul(x, u)  [right] z = MatMul(x, w) }`)
  const samples: readonly Sample[] = [{ part: 'model', feeds: feedsFor(model.part('model').graph) }]
  const fast = await smash(model, [staticInt8({ protect: 0 }, { include: ['left'] })], { runtime, samples })
  const { graph } = fast.part('model')
  const reads = (output: string): string | undefined => graph.producer(output)?.inputs[0]
  expect(reads('y')).toBe('x_coded')
  expect(reads('z'), print(graph)).toBe('x')
})

test('an override sets the range of one value', async () => {
  const model = masked(-1e9)
  const fast = await smash(model, [staticInt8({ overrides: { x: [-2, 2] } })], {
    runtime,
    samples: [padded(1, 12)],
  })
  const scale = fast.part('model').graph.initializers.get('x_scale')
  expect(scale?.tensor.data && new Float32Array(scale.tensor.data.slice().buffer)[0]).toBeCloseTo(4 / 255, 7)
})

test('an override of a value that is not coded is an error that names it', async () => {
  const step = staticInt8({ overrides: { nothing: [-2, 2] } })
  const smashed = smash(masked(-1e9), [step], { runtime, samples: [padded(1, 12)] })
  await expect(smashed).rejects.toThrow(/"overrides".*nothing.*x/)
})

test('scales by channel come with opset 13, and initializers leave the inputs', async () => {
  const model = modelOf(onnx`<ir_version: 3, opset_import: ["" : 9]>
    g (float[1,3,8,8] x, float[4,3,3,3] w) => (float[1,4,6,6] y)
    <float[4,3,3,3] w = ${memoryTensor('float32', [4, 3, 3, 3], seededNormal(8, 108, 0.2))}>
    { y = Conv(x, w) }`)
  const feeds = feedsFor(model.part('model').graph)
  const fast = await smash(model, [staticInt8()], { runtime, samples: [{ part: 'model', feeds }] })
  const { graph } = fast.part('model')
  expect(graph.opset()).toBe(13)
  expect(graph.inputs.map(({ name }) => name)).toEqual(['x'])
  const quality = sqnr(
    await runOnce(runtime, fast, feeds, 'model'),
    await runOnce(runtime, model, feeds, 'model'),
  )
  expect(quality).toBeGreaterThan(30)
})
