import { modelOf, smash, type Feeds, type Model, type Step } from '@damson/core'
import { memoryTensor, onnx, walk } from '@damson/graph'
import { encodeFloats } from '@damson/numerics'
import { createRuntime, sqnr } from '@damson/runtime'
import { describeAlgorithm, runOnce, seededNormal, tinyEncoder, tinyMlp } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { tinySamples } from '../../test/tiny-samples.ts'
import { decibels, made, sentenceTask } from '../../test/zoo-quality.ts'
import { dynamicInt8 } from './dynamic-int8.ts'
import { llmInt8 } from './llm-int8.ts'

describeAlgorithm(llmInt8, {
  accepts: { encoder: tinyEncoder, mlp: tinyMlp },
  refuses: {
    'a graph without matrices': {
      model: () => modelOf(onnx`(float[n,4] x) => (float[n,4] y) { y = Relu(x) }`),
      reason: /no constant matrix/,
    },
  },
  // So that these small models have outliers, and other samples others.
  params: { threshold: 2.5 },
  samples: tinySamples,
  expect: { outputs: { sqnr: 32 }, size: 0.9 },
})

const runtime = createRuntime()
afterAll(() => runtime.close())

const [rows, K, N] = [24, 128, 96]
const large = new Map([[5, 20], [17, 40], [77, 60]]) // prettier-ignore
/** [rows, K], and three columns that are 20 to 60 times as large. */
const activations = (seed: number): Float32Array =>
  seededNormal(seed, rows * K).map((value, at) => value * (large.get(at % K) ?? 1))
const feedsOf = (seed: number): Feeds => ({
  x: { dtype: 'float32', shape: [rows, K], data: activations(seed) },
})
const samples = [1, 2, 3].map(seed => ({ part: 'model', feeds: feedsOf(seed) }))
const weight = seededNormal(9, K * N)

const product = (): Model =>
  modelOf(onnx`<opset_import: ["" : 17]> g (float[n,128] x) => (float[n,96] y)
    <float[128,96] w = ${memoryTensor('float32', [K, N], weight)}> { y = MatMul(x, w) }`)

const fast = (model: Model, step: Step): Promise<Model> => smash(model, [step], { runtime, samples })

async function outputOf(model: Model, seed: number): Promise<Float64Array> {
  return Float64Array.from((await runOnce(runtime, model, feedsOf(seed)))['y']?.data ?? [], Number)
}

/** y[r, n] = Σ_k a(r, k) · b(k, n) in float64. */
function multiply(a: (r: number, k: number) => number, b: (k: number, n: number) => number): Float64Array {
  return Float64Array.from({ length: rows * N }, (_, at) => {
    let sum = 0
    for (let k = 0; k < K; k++) sum += a(Math.floor(at / N), k) * b(k, at % N)
    return sum
  })
}

const decibelsOf = (got: Float64Array, want: Float64Array): number => {
  const power = (values: Float64Array): number => values.reduce((sum, value) => sum + value ** 2, 0)
  return 10 * Math.log10(power(want) / power(want.map((value, at) => value - (got[at] ?? NaN))))
}

type Coding = (values: readonly number[]) => (value: number) => number

/** max|x| / 127, as in the paper. */
const symmetric: Coding = values => {
  const scale = Math.max(...values.map(Math.abs)) / 127
  return value => Math.round(value / scale) * scale
}
/** (max − min) / 255 from min on. */
const offset: Coding = values => {
  const least = Math.min(...values)
  const scale = (Math.max(...values) - least) / 255
  return value => Math.round((value - least) / scale) * scale + least
}
/** (max − min) / 255 with a whole zero point, as weights are coded. */
const asymmetric: Coding = values => {
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)]
  const scale = (most - least) / 255
  const zero = Math.round(-least / scale)
  return value => (Math.min(255, Math.round(value / scale) + zero) - zero) * scale
}

/** LLM.int8 in float64: outlier columns exact, rows of x and columns of w coded each by itself. */
function twin(x: Float32Array, ofRows: Coding, ofColumns: Coding): Float64Array {
  const inner = [...Array(K).keys()].filter(k => !large.has(k))
  const rowCodes = Array.from({ length: rows }, (_, r) => ofRows(inner.map(k => x[r * K + k] ?? 0)))
  const columnCodes = Array.from({ length: N }, (_, n) => ofColumns(inner.map(k => weight[k * N + n] ?? 0)))
  const coded = (codes: readonly ((value: number) => number)[], at: number, k: number, value = 0): number =>
    large.has(k) ? value : (codes[at]?.(value) ?? NaN)
  return multiply((r, k) => coded(rowCodes, r, k, x[r * K + k]), (k, n) => coded(columnCodes, n, k, weight[k * N + n])) // prettier-ignore
}

describe('a product with three outlier columns', () => {
  const x = activations(50)
  const exact = multiply((r, k) => x[r * K + k] ?? 0, (k, n) => weight[k * N + n] ?? 0) // prettier-ignore

  test.each(['fused', 'standard'] as const)('keeps just those in float, equals its twin in float64, and is no worse than the paper: %s', async format => {
    const model = await fast(product(), llmInt8({ format }))
    expect(model.part('model').graph.initializers.get('w_outliers')?.tensor.shape).toEqual([3, N])
    const operators = [...walk(model.part('model').graph)].map(({ node }) => node.op)
    expect(operators.filter(op => op === 'MatMulIntegerToFloat')).toHaveLength(format === 'fused' ? 1 : 0)
    const got = await outputOf(model, 50)
    // What is left is float32 arithmetic, and ties.
    expect(decibelsOf(got, twin(x, offset, asymmetric))).toBeGreaterThan(90)
    expect(decibelsOf(got, exact)).toBeGreaterThan(decibelsOf(twin(x, symmetric, symmetric), exact))
  }) // prettier-ignore

  test('loses at least 20 dB less than with all columns in integers', async () => {
    const plain = decibelsOf(await outputOf(await fast(product(), dynamicInt8()), 50), exact)
    const separated = decibelsOf(await outputOf(await fast(product(), llmInt8()), 50), exact)
    expect(separated - plain).toBeGreaterThan(20)
  })

  test('without samples codes all columns row by row, and says so', async () => {
    const said: string[] = []
    const model = await smash(product(), [llmInt8()], {
      runtime,
      onEvent: event => event.type === 'warning' && said.push(event.code),
    })
    expect(said).toEqual(['no-samples'])
    expect([...walk(model.part('model').graph)].some(({ node }) => node.op === 'MatMul')).toBe(false)
    expect(decibelsOf(await outputOf(model, 50), exact)).toBeGreaterThan(30)
  })
})

test('Gemm with all its attributes, stacks, float16 and newer opsets', async () => {
  const half = encodeFloats(weight, 'float16')
  const model =
    modelOf(onnx`<opset_import: ["" : 18]> g (float[n,128] x) => (float[96,n] y, float[2,n,48] z, float16[n,96] h)
    <float[96,128] w = ${memoryTensor('float32', [N, K], weight)}, float16[128,96] v = ${memoryTensor('float16', [K, N], half)},
     float[2,128,48] s = ${memoryTensor('float32', [2, K, 48], weight)}, float[96] c = ${memoryTensor('float32', [N], seededNormal(3, N))}>
    { t = Transpose<perm = [1, 0]>(x)  g0 = Gemm<transA = 1, transB = 1, alpha = 0.5, beta = 2.0>(t, w, c)  y = Transpose<perm = [1, 0]>(g0)
      z = MatMul(x, s)  half = Cast<to = 10>(x)  h = Gemm(half, v) }`)
  const coded = await fast(model, llmInt8())
  const ops = [...walk(coded.part('model').graph)].map(({ node }) => node.op)
  expect(ops).not.toContain('Gemm')
  const feeds = feedsOf(51)
  expect(sqnr(await runOnce(runtime, coded, feeds), await runOnce(runtime, model, feeds))).toBeGreaterThan(35)
})

describe('on real text', () => {
  zooTest('models/use_lite.onnx', 'at least 30 dB with dynamicInt8, and more row by row', async () => {
    const task = await sentenceTask()
    const plain = await decibels(task, await made(task, dynamicInt8(), runtime), runtime)
    const separated = await decibels(task, await made(task, llmInt8(), runtime), runtime)
    expect(plain).toBeGreaterThan(30)
    expect(separated).toBeGreaterThan(plain + 0.5)
  })
})
