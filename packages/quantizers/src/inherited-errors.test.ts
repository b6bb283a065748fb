import { modelOf } from '@damson/core'
import { memoryTensor, onnx } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { seededNormal } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { damped, hessian, inverse, outputError } from '../test/output-errors.ts'
import { driftedInputs, upperQuarter } from './drifted-inputs.ts'
import { makingUp } from './inherited-errors.ts'
import { inverseFactor } from './inverse-factor.ts'
import { visitingOrder } from './second-order.ts'

const product = (A: Float64Array, B: Float64Array, K: number): Float64Array =>
  A.map((_, at) => {
    let sum = 0
    for (let k = 0; k < K; k++) sum += (A[at - (at % K) + k] ?? 0) * (B[k * K + (at % K)] ?? 0)
    return sum
  })

test("rows that make up are those of the normal equations: w' = w + (X̂ᵀX̂ + λI)⁻¹ X̂ᵀ(X − X̂) w", () => {
  const [K, rows, damp] = [24, 5, 0.02]
  const H = hessian(K, 100, 3)
  const drift = Float64Array.from(seededNormal(4, K * K, 20))
  const W = Float64Array.from(seededNormal(5, rows * K))
  const order = visitingOrder(
    Float64Array.from({ length: K }, (_, k) => H[k * K + k] ?? 0),
    true,
  )
  const factor = inverseFactor(H, K, { damp, order })
  const made = makingUp(K, { factor, order, drift, share: 0.5 })(W)
  // Rows: w'ᵀ = wᵀ + ½ wᵀ Dᵀ H⁻¹.
  const turned = drift.map((_, at) => drift[(at % K) * K + Math.floor(at / K)] ?? 0)
  const added = product(product(W, turned, K), inverse(damped(H, K, damp), K), K)
  const want = W.map((w, at) => w + 0.5 * (added[at] ?? 0))
  expect(Math.max(...made.map((each, at) => Math.abs(each - (want[at] ?? 0))))).toBeLessThan(1e-9)
  expect(outputError(W, made, H, K)).toBeGreaterThan(0)
})

const runtime = createRuntime()
afterAll(() => runtime.close())

test('the sums are those of inputs of the coded graph, and of what they lack of the exact ones', async () => {
  const K = 8
  const w = seededNormal(6, K * K)
  const graphWith = (numbers: Float32Array) =>
    modelOf(onnx`<opset_import: ["" : 17]> g (float[n,8] x) => (float[n,8] h)
      <float[8,8] w = ${memoryTensor('float32', [K, K], numbers)}> { p = MatMul(x, w) h = Relu(p) }`).part(
      'model',
    ).graph
  const coarse = w.map(each => Math.round(2 * each) / 2)
  const drifted = driftedInputs(graphWith(coarse), graphWith(w), ['h'])
  const pair = drifted?.pairs.get('h') ?? ''
  const data = seededNormal(7, 5 * K)
  const feeds = { x: { dtype: 'float32', shape: [5, K], data } } as const
  async function* samples() {
    yield feeds
  }
  const found = await runtime.statistics(
    drifted?.graph ?? graphWith(w),
    [{ value: pair, kind: 'gram' }],
    samples(),
  )
  const gram = found.get(pair)?.gram ?? new Float64Array()
  const rowsOf = (numbers: Float32Array): Float64Array =>
    Float64Array.from({ length: 5 * K }, (_, at) => {
      let sum = 0
      for (let k = 0; k < K; k++) sum += (data[at - (at % K) + k] ?? 0) * (numbers[k * K + (at % K)] ?? 0)
      return Math.max(0, sum)
    })
  const [X, lossy] = [rowsOf(w), rowsOf(coarse)]
  const sums = (B: Float64Array) =>
    Float64Array.from({ length: K * K }, (_, at) => {
      let sum = 0
      for (let row = 0; row < 5; row++)
        sum += (lossy[row * K + Math.floor(at / K)] ?? 0) * (B[row * K + (at % K)] ?? 0)
      return sum
    })
  const far = (A: Float64Array, B: Float64Array) => Math.max(...A.map((a, at) => Math.abs(a - (B[at] ?? 0))))
  expect(far(upperQuarter(gram, K, 0), sums(lossy))).toBeLessThan(1e-4)
  expect(far(upperQuarter(gram, K, K), sums(X.map((each, at) => each - (lossy[at] ?? 0))))).toBeLessThan(1e-4)
})
