import { describe, expect, test } from 'vitest'
import { bitsOf, bytesOf, floatsOf, golden } from '../test/golden.ts'
import { createKernel } from './kernel.ts'
import { flipCodeSigns, packThrough } from './packing.ts'
import { dequantizeBlocks, quantizeBlocks } from './quantize-blocks.ts'

const transpose = <T extends Float32Array | Uint16Array>(values: T, rows: number, columns: number): T => {
  const out = values.slice()
  values.forEach((v, i) => (out[(i % columns) * rows + Math.floor(i / columns)] = v))
  return out as T
}

describe.each(['auto', 'off'] as const)('wasm: %s', wasm => {
  const kernel = createKernel({ wasm })
  test('runs on the engine it says', () =>
    expect(kernel.engine).toBe(wasm === 'off' ? 'typed-array' : 'wasm'))

  const { inputs, cases } = golden('blocks')
  test.each(cases)('MatMulNBits $input, $bits bits, block $blockSize, symmetric $symmetric', golden => {
    const { K, N, dtype = 'float32', data } = inputs[golden.input] ?? { K: 0, N: 0, data: '' }
    const { bits, blockSize, symmetric } = golden
    const source = dtype === 'float32' ? floatsOf(data) : new Uint16Array(bytesOf(data).buffer)
    for (const layout of ['KN', 'NK'] as const) {
      const weight = layout === 'KN' ? source : transpose(source, K, N)
      const coded = quantizeBlocks(weight, { K, N, layout, bits, blockSize, symmetric, dtype }, kernel)
      expect(bitsOf(coded.scales)).toEqual(bitsOf(floatsOf(golden.scales)))
      expect(coded.packed).toEqual(bytesOf(golden.packed))
      expect(coded.zeroPoints).toEqual(
        golden.zeroPoints === undefined ? undefined : bytesOf(golden.zeroPoints),
      )
      expect(coded.unsoundBlocks).toBe(0)
    }
  })

  const gather = golden('gather')
  test.each(gather.cases)('GatherBlockQuantized $input, block $blockSize, symmetric $symmetric', golden => {
    const { K, rows, data } = gather.inputs[golden.input] ?? { K: 0, rows: 0, data: '' }
    const { blockSize, symmetric } = golden
    const spec = {
      K,
      N: rows,
      layout: 'NK',
      bits: 4,
      blockSize,
      symmetric,
      rule: 'GatherBlockQuantized',
    } as const
    const coded = quantizeBlocks(floatsOf(data), spec, kernel)
    expect(bitsOf(coded.scales)).toEqual(bitsOf(floatsOf(golden.scales)))
    expect(symmetric ? flipCodeSigns(coded.packed, 4) : coded.packed).toEqual(bytesOf(golden.data))
    const zeroPoints = coded.zeroPoints && packThrough(coded.zeroPoints, rows, Math.ceil(K / blockSize), 4)
    expect(zeroPoints).toEqual(golden.zeroPoints === undefined ? undefined : bytesOf(golden.zeroPoints))
  })

  test('a NaN, an infinity or a range beyond float32 makes its block unsound, and only that', () => {
    const weight = Float32Array.from({ length: 3 * 64 }, (_, i) => Math.sin(i))
    weight[70] = NaN
    weight[100] = Infinity
    weight[140] = 3e38
    weight[141] = -3e38
    weight[160] = 1e-44 // its scale's reciprocal overflows; ONNX Runtime codes that too
    const spec = { K: 64, N: 3, layout: 'NK', bits: 4, blockSize: 32, symmetric: false } as const
    expect(quantizeBlocks(weight, spec, kernel).unsoundBlocks).toBe(3)
    const columns = { ...spec, layout: 'KN' } as const
    expect(quantizeBlocks(transpose(weight, 3, 64), columns, kernel).unsoundBlocks).toBe(3)
  })
})

describe('dequantizeBlocks', () => {
  const K = 100
  const N = 6
  const weight = Float32Array.from({ length: K * N }, (_, i) =>
    Math.fround(Math.sin(i * 1.7) * (1 + (i % N))),
  )
  test.each([2, 4, 8] as const)('%d bits: no value is further off than its block allows', bits => {
    for (const symmetric of [true, false]) {
      const spec = { K, N, layout: 'KN', bits, blockSize: 32, symmetric } as const
      const coded = quantizeBlocks(weight, spec)
      const back = dequantizeBlocks(coded, spec)
      for (let i = 0; i < weight.length; i++) {
        const n = i % N
        const scale = Math.abs(coded.scales[n * 4 + Math.floor(i / N / 32)] ?? 0)
        // Half a step; a whole one for the value opposite to the peak, whose code would be one too high.
        const bound = scale * (symmetric ? 1 : 0.5) * (1 + 1e-5)
        expect(Math.abs((back[i] ?? NaN) - (weight[i] ?? 0))).toBeLessThanOrEqual(bound)
      }
    }
  })
  test('is the same in both layouts', () => {
    const spec = { K, N, layout: 'KN', bits: 4, blockSize: 32, symmetric: false } as const
    const coded = quantizeBlocks(weight, spec)
    const rows = dequantizeBlocks(coded, { ...spec, layout: 'NK' })
    expect(rows).toEqual(transpose(dequantizeBlocks(coded, spec), K, N))
  })
  test('refuses arrays of other lengths', () => {
    const spec = { K, N, layout: 'KN', bits: 4, blockSize: 32, symmetric: true } as const
    const coded = quantizeBlocks(weight, spec)
    expect(() => dequantizeBlocks(coded, { ...spec, N: 5 })).toThrow('packed: expected')
    expect(() => dequantizeBlocks(coded, { ...spec, symmetric: false })).toThrow('zeroPoints: expected')
  })
})

test('the arguments are not changed', () => {
  const weight = Float32Array.of(...Array.from({ length: 32 }, (_, i) => i))
  const before = weight.slice()
  quantizeBlocks(weight, { K: 32, N: 1, layout: 'KN', bits: 4, blockSize: 16, symmetric: true })
  expect(weight).toEqual(before)
})
