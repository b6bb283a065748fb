// Pairs of codes that no processor adds wrongly: the sums against the plain definition, the bounds on many random weights, and the
// products themselves in ONNX Runtime, which on x86 without VNNI adds pairs in 16 bits.
import { modelOf, smash } from '@damson/core'
import { memoryTensor, onnx } from '@damson/graph'
import { encodeFloats } from '@damson/numerics'
import { createRuntime } from '@damson/runtime'
import { runOnce, seededNormal } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { dynamicInt8 } from './algorithms/dynamic-int8.ts'
import { pairScales, pairSums, type PairSums } from './pair-scales.ts'

/** [K, N] as read with `at(k, n)`: the definition. */
function plainSums(K: number, N: number, at: (k: number, n: number) => number): PairSums {
  const max = new Float64Array(N)
  const min = new Float64Array(N)
  for (let n = 0; n < N; n++) {
    for (let k = 0; k + 1 < K; k += 2) {
      max[n] = Math.max(max[n] ?? 0, at(k, n) + at(k + 1, n))
      min[n] = Math.min(min[n] ?? 0, at(k, n) + at(k + 1, n))
    }
  }
  return { max, min }
}

describe('sums of pairs', () => {
  test.each([
    [64, 48],
    [7, 5],
    [1, 3],
    // More than one band, whose last has an odd row.
    [1025, 2048],
  ])('%i by %i, in both directions and of all', async (rows, columns) => {
    const values = seededNormal(rows, rows * columns)
    const matrix = { tensor: memoryTensor('float32', [rows, columns], values), start: 0, shape: [rows, columns] } as const
    const value = (row: number, column: number): number => values[row * columns + column] ?? 0
    const down = plainSums(rows, columns, value)
    expect(await pairSums(matrix, 0, false)).toEqual(down)
    expect(await pairSums(matrix, 1, false)).toEqual(plainSums(columns, rows, (k, n) => value(n, k)))
    expect(await pairSums(matrix, 0, true)).toEqual({ max: Float64Array.of(Math.max(...down.max)), min: Float64Array.of(Math.min(...down.min)) })
  }) // prettier-ignore

  test('of float16, in the second matrix of a stack', async () => {
    const values = Float32Array.of(9, 9, 9, 9, 1, -2, 3, 0.5)
    const tensor = memoryTensor('float16', [2, 2, 2], encodeFloats(values, 'float16'))
    const sums = await pairSums({ tensor, start: 8, shape: [2, 2] }, 0, false)
    expect(sums).toEqual({ max: Float64Array.of(4, 0), min: Float64Array.of(0, -1.5) })
  })

  test('stop when they are told to', async () => {
    const tensor = memoryTensor('float32', [2, 2], new Float32Array(4))
    await expect(
      pairSums({ tensor, start: 0, shape: [2, 2] }, 0, false, AbortSignal.abort()),
    ).rejects.toThrow(/abort/)
  })
})

describe('scales for pairs', () => {
  const K = 32
  // Shifted and skewed too: such channels have zero points far from 0.
  const channels = Array.from({ length: 400 }, (_, seed) =>
    seededNormal(seed, K).map(each => (each ** (seed % 3 === 0 ? 3 : 1) + (seed % 7) - 3) * 2 ** ((seed % 9) - 4)),
  ) // prettier-ignore
  const ranges = {
    min: Float32Array.from(channels, each => Math.min(...each)),
    max: Float32Array.from(channels, each => Math.max(...each)),
  }
  const sums = plainSums(K, channels.length, (k, n) => channels[n]?.[k] ?? 0)

  test.each([false, true])('keep all pairs within 16 bits, symmetric: %s', symmetric => {
    const { scales, zeroPoints } = pairScales(ranges, sums, symmetric)
    const widest: number[] = []
    channels.forEach((channel, n) => {
      const codes = Array.from(channel, w => Math.round(Math.fround(w / (scales[n] ?? 1))) + (zeroPoints[n] ?? 0))
      expect(Math.max(...codes)).toBeLessThanOrEqual(127)
      expect(Math.min(...codes)).toBeGreaterThanOrEqual(-128)
      for (let k = 0; k < K; k += 2) {
        const pair = [codes[k] ?? 0, codes[k + 1] ?? 0]
        expect(255 * pair.reduce((sum, code) => sum + Math.max(0, code), 0)).toBeLessThanOrEqual(2 ** 15 - 1)
        expect(255 * pair.reduce((sum, code) => sum + Math.min(0, code), 0)).toBeGreaterThanOrEqual(-(2 ** 15))
      }
      widest.push(Math.max(...codes) - Math.min(...codes))
    })
    if (symmetric) expect(zeroPoints.every(each => each === 0)).toBe(true)
    // "Reduced" codes span 128 at most.
    expect(widest.filter(each => each > 128).length).toBeGreaterThan(symmetric ? 100 : 250)
  }) // prettier-ignore

  test('are never larger than symmetric ones by more than what rounding needs', () => {
    const free = pairScales(ranges, sums, false).scales
    const centred = pairScales(ranges, sums, true).scales
    expect(Math.max(...free.map((scale, n) => scale / (centred[n] ?? 0)))).toBeLessThan(127 / 125)
  })

  test('are 1 for zeros', () => {
    const zeros = { min: Float32Array.of(0), max: Float32Array.of(0) }
    const none = { max: Float64Array.of(0), min: Float64Array.of(0) }
    expect(pairScales(zeros, none, false)).toEqual({
      scales: Float32Array.of(1),
      zeroPoints: Int32Array.of(0),
    })
  })
})

describe('products of dynamicInt8 with int8 weights', () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())

  test.each([1, 2, 5, 16, 67])('%i rows of large activations are as exact as with uint8', async rows => {
    const [K, N] = [96, 40]
    const weight = memoryTensor('float32', [K, N], seededNormal(1, K * N))
    const model = modelOf(onnx`<opset_import: ["" : 17]> g (float[m,96] x) => (float[m,40] y)
      <float[96,40] w = ${weight}> { y = MatMul(x, w) }`)
    // Nearly all codes are 0 or 255: the sums that overflow, if any do.
    const data = seededNormal(2, rows * K).map(each => (each > 0 ? 1 : 0))
    const feeds = { x: { dtype: 'float32', shape: [rows, K], data } } as const
    const of = async (params: Parameters<typeof dynamicInt8>[0]) =>
      [...(await runOnce(runtime, await smash(model, [dynamicInt8(params)]), feeds))['y']!.data].map(Number)
    const got = await of({ weights: 'int8' })
    const coded = (await smash(model, [dynamicInt8({ weights: 'int8' })])).part('model').graph.initializers
    const read = async (name: string): Promise<Uint8Array> =>
      (await coded.get(name)?.tensor.read()) ?? new Uint8Array()
    const codes = new Int8Array((await read('w_quantized')).slice().buffer)
    const zeros = new Int8Array((await read('w_zero_point')).slice().buffer)
    const scales = new Float32Array((await read('w_scale')).slice().buffer)
    const want = Array.from({ length: rows * N }, (_, at) => {
      const [m, n] = [Math.floor(at / N), at % N]
      let sum = 0
      for (let k = 0; k < K; k++) sum += (data[m * K + k] ?? 0) * ((codes[k * N + n] ?? 0) - (zeros[n] ?? 0))
      return sum * (scales[n] ?? 0)
    })
    got.forEach((each, at) => expect(each).toBeCloseTo(want[at] ?? NaN, 3))
  })
})
