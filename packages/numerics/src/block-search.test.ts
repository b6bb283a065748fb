// Searches against ONNX Runtime's k-quant and a twin of its HQQ, and what they gain over the range.
import { describe, expect, test } from 'vitest'
import { bitsOf, bytesOf, floatsOf, golden } from '../test/golden.ts'
import type { BlockSearch } from './block-search.ts'
import type { BlockSpec } from './block-spec.ts'
import { createKernel } from './kernel.ts'
import { unpackCodes } from './packing.ts'
import { dequantizeBlocks, quantizeBlocks } from './quantize-blocks.ts'

const { N, K, data, cases } = golden('search')
const weight = floatsOf(data)
const engines = { auto: createKernel(), off: createKernel({ wasm: 'off' }) }

const searches: readonly BlockSearch[] = ['mse', { zeroPoint: 'integer' }]

/** Zero points as numbers, [N, kBlocks]. */
function zeroPointsOf(bytes: Uint8Array<ArrayBuffer>, spec: BlockSpec): Float32Array {
  if (typeof spec.search === 'object') return new Float32Array(bytes.slice().buffer)
  const perRow = K / spec.blockSize
  const rowBytes = Math.ceil((perRow * spec.bits) / 8)
  const rows = Array.from({ length: N }, (_, n) => bytes.subarray(n * rowBytes, (n + 1) * rowBytes))
  return Float32Array.from(rows.flatMap(row => [...unpackCodes(row, spec.bits, perRow)]))
}

/** Squared error of each block of [N, K]. */
function blockErrors(values: Float32Array, spec: BlockSpec): readonly number[] {
  const back = dequantizeBlocks(quantizeBlocks(values, spec), spec)
  const errors = Array.from(values.subarray(0, values.length / spec.blockSize), () => 0)
  values.forEach((v, i) => {
    const block = Math.floor(i / spec.blockSize)
    errors[block] = (errors[block] ?? 0) + (v - (back[i] ?? NaN)) ** 2
  })
  return errors
}

describe.each(['auto', 'off'] as const)('wasm: %s', wasm => {
  test.each(cases)('$kind, $bits bits, block $blockSize: the reference, bit for bit', golden => {
    const { kind, bits, blockSize } = golden
    const search: BlockSearch = kind === 'kquant' ? 'kquant' : { zeroPoint: 'float' }
    const spec = { K, N, layout: 'NK', bits, blockSize, symmetric: false, search } as const
    const coded = quantizeBlocks(weight, spec, engines[wasm])
    expect(unpackCodes(coded.packed, bits, N * K)).toEqual(bytesOf(golden.codes))
    expect(bitsOf(coded.scales)).toEqual(bitsOf(floatsOf(golden.scales)))
    const zeroPoints = zeroPointsOf(coded.zeroPoints ?? new Uint8Array(), spec)
    expect(zeroPoints).toEqual(floatsOf(golden.zeroPoints))
    expect(coded.unsoundBlocks).toBe(0)
  })
})

test('a matrix gives the same codes in both layouts, also where K cuts a block off', () => {
  const [k, n] = [100, 24]
  const rows = weight.slice(0, k * n)
  const columns = rows.map((_, i) => rows[(i % n) * k + Math.floor(i / n)] ?? NaN)
  for (const search of [...searches, 'kquant', { zeroPoint: 'float' }] as const) {
    const spec = { K: k, N: n, layout: 'NK', bits: 4, blockSize: 32, symmetric: false, search } as const
    const coded = quantizeBlocks(rows, spec)
    expect(quantizeBlocks(columns, { ...spec, layout: 'KN' })).toEqual(coded)
    expect(coded.packed[3 * 16 + 2]).toBe(0) // the first code beyond K
  }
})

describe.each([2, 4, 8] as const)('%d bits', bits => {
  test.each([true, false])('no block is worse than by its range, symmetric %s', symmetric => {
    for (const search of searches) {
      for (const blockSize of [16, 64, 256]) {
        const spec = { K, N, layout: 'NK', bits, blockSize, symmetric } as const
        const range = blockErrors(weight, spec)
        const found = blockErrors(weight, { ...spec, search })
        // Sums in float32 decide between nearly equal ones; 1e-6 of what the block holds is lost in them.
        const power = weight.map(v => v * v)
        found.forEach((error, i) => {
          const held = power.subarray(i * blockSize, (i + 1) * blockSize).reduce((a, b) => a + b, 0)
          expect(error).toBeLessThanOrEqual((range[i] ?? 0) * 1.001 + held * 1e-6)
        })
      }
    }
  })
})

test('what the searches gain over the range on normal weights, 4 bits, block 32, in dB', () => {
  const spec = { K, N: 1, layout: 'NK', bits: 4, blockSize: 32, symmetric: false } as const
  const normal = weight.slice(0, K) // the first row of the golden data
  const errorOf = (search: BlockSearch, symmetric = false): number =>
    blockErrors(normal, { ...spec, search, symmetric }).reduce((a, b) => a + b, 0)
  const gain = (search: BlockSearch): number => 10 * Math.log10(errorOf('minmax') / errorOf(search))
  expect(gain('mse')).toBeGreaterThan(0.3)
  expect(gain({ zeroPoint: 'integer' })).toBeGreaterThan(0.2)
  expect(gain({ zeroPoint: 'float' })).toBeGreaterThan(0.3)
  expect(10 * Math.log10(errorOf('minmax', true) / errorOf('mse', true))).toBeGreaterThan(0.3)
  expect(10 * Math.log10(errorOf('minmax', true) / errorOf('kquant', true))).toBeGreaterThan(0)
})

test('blocks of one sign keep 0 in their range, and constant ones their value', () => {
  const values = Float32Array.from({ length: 96 }, (_, i) =>
    i < 32 ? 1 + i / 100 : i < 64 ? -1 - i / 100 : 0.7,
  )
  const spec = {
    K: 96,
    N: 1,
    layout: 'NK',
    bits: 4,
    blockSize: 32,
    symmetric: false,
    search: 'kquant',
  } as const
  const back = dequantizeBlocks(quantizeBlocks(values, spec), spec)
  values.forEach((v, i) => expect(Math.abs(v - (back[i] ?? NaN))).toBeLessThan(0.09)) // a step is 0.088
})

test('blocks that cannot be coded are counted', () => {
  const values = weight.slice(0, 128)
  values[3] = NaN
  values[40] = -Infinity
  values.set([3e38, -3e38], 64)
  for (const search of [...searches, 'kquant', { zeroPoint: 'float' }] as const) {
    const spec = { K: 128, N: 1, layout: 'NK', bits: 4, blockSize: 32, symmetric: false, search } as const
    expect(quantizeBlocks(values, spec).unsoundBlocks).toBe(3)
  }
})

test('options out of their domain are refused', () => {
  const code = (search: BlockSearch, rule: 'MatMulNBits' | 'GatherBlockQuantized' = 'MatMulNBits'): unknown =>
    quantizeBlocks(weight, { K, N, layout: 'NK', bits: 4, blockSize: 32, symmetric: false, search, rule })
  expect(() => code({ zeroPoint: 'float', p: 0 })).toThrow('p: expected a number above 0 up to 1, got 0')
  expect(() => code({ zeroPoint: 'integer', iterations: 0 })).toThrow('iterations: expected an integer')
  expect(() => code({ zeroPoint: 'float' }, 'GatherBlockQuantized')).toThrow('integer zero points only')
})
