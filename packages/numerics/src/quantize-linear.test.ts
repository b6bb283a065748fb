import { describe, expect, test } from 'vitest'
import { bitsOf, bytesOf, floatsOf, golden } from '../test/golden.ts'
import { encodeFloats } from './narrow-float.ts'
import { createKernel } from './kernel.ts'
import { quantizeLinear } from './quantize-linear.ts'

const { inputs, cases } = golden('linear')

describe.each(['auto', 'off'] as const)('wasm: %s', wasm => {
  const kernel = createKernel({ wasm })
  test.each(cases)('$input as $type, symmetric $symmetric, reduceRange $reduceRange, axis $axis', golden => {
    const { shape, data } = inputs[golden.input] ?? { shape: [], data: '' }
    const spec = { shape, ...(golden.axis === null ? {} : { axis: golden.axis }) }
    const coded = quantizeLinear(floatsOf(data), spec, golden, kernel)
    expect(bitsOf(coded.scales)).toEqual(bitsOf(floatsOf(golden.scales)))
    expect([...coded.zeroPoints]).toEqual(golden.zeroPoints)
    expect(coded.codes).toEqual(bytesOf(golden.codes))
  })

  test('an axis in the middle is a channel of each outer row', () => {
    const weight = Float32Array.from({ length: 2 * 3 * 5 }, (_, i) =>
      Math.fround(Math.sin(i) * 10 ** (Math.floor(i / 5) % 3)),
    )
    const format = { type: 'int8', symmetric: true } as const
    const coded = quantizeLinear(weight, { shape: [2, 3, 5], axis: 1 }, format, kernel)
    for (let c = 0; c < 3; c++) {
      const of = (all: Float32Array | Uint8Array): number[] =>
        [...all].filter((_, i) => Math.floor(i / 5) % 3 === c)
      const alone = quantizeLinear(Float32Array.from(of(weight)), { shape: [10] }, format, kernel)
      expect(of(coded.codes)).toEqual([...alone.codes])
      expect(coded.scales[c]).toBe(alone.scales[0])
    }
  })

  test('16-bit sources are widened exactly', () => {
    const codes = encodeFloats(
      Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i * i) / (1 + (i % 99))),
      'bfloat16',
    )
    const values = new Float32Array(new Uint32Array([...codes].map(code => code << 16)).buffer)
    const format = { type: 'uint8', symmetric: false } as const
    const expected = quantizeLinear(values, { shape: [1000] }, format, kernel)
    expect(quantizeLinear(codes, { shape: [1000], dtype: 'bfloat16' }, format, kernel)).toEqual(expected)
  })

  test('NaN and infinities are an error that counts them', () => {
    const weight = Float32Array.of(1, NaN, 2, -Infinity, 3)
    expect(() => quantizeLinear(weight, { shape: [5] }, { type: 'int8', symmetric: true }, kernel)).toThrow(
      'got 2 that',
    )
  })
})
