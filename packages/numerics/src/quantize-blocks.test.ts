import { describe, expect, test } from 'vitest'
import { bitsOf, bytesOf, floatsOf, golden } from '../test/golden.ts'
import { createKernel } from './kernel.ts'
import { flipCodeSigns, packThrough } from './packing.ts'
import { dequantizeBlocks, quantizeBlocks } from './quantize-blocks.ts'

const transpose = (values: Float32Array, rows: number, columns: number): Float32Array =>
  values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? NaN)

describe.each(['auto', 'off'] as const)('wasm: %s', wasm => {
  const kernel = createKernel({ wasm })
  test('runs on the engine it says', () =>
    expect(kernel.engine).toBe(wasm === 'off' ? 'typed-array' : 'wasm'))

  const { inputs, cases } = golden('blocks')
  test.each(cases)('MatMulNBits $input, $bits bits, block $blockSize, symmetric $symmetric', golden => {
    const { K, N, data } = inputs[golden.input] ?? { K: 0, N: 0, data: '' }
    const { bits, blockSize, symmetric } = golden
    for (const layout of ['KN', 'NK'] as const) {
      const weight = layout === 'KN' ? floatsOf(data) : transpose(floatsOf(data), K, N)
      const coded = quantizeBlocks(weight, { K, N, layout, bits, blockSize, symmetric }, kernel)
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
})
