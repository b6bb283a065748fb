import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bitsOf, bytesOf, floatsOf, golden } from '../test/golden.ts'
import { decodeFloats, encodeFloats, roundToFloat16 } from './narrow-float.ts'
import { decodeScales, encodeScales } from './scale-float.ts'

const data = golden('floats')
const field = (type: string, name: string): string => data[type]?.[name] ?? ''
const eights = ['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz'] as const
const sixteens = ['float16', 'bfloat16'] as const

/** The nearest of all finite values of a type, ties to the even code: by search, not by bits. */
function nearestCode(value: number, table: Float32Array): number {
  let best = 0
  for (let code = 0; code < table.length; code++) {
    const distance = Math.abs((table[code] ?? 0) - value)
    const least = Math.abs((table[best] ?? 0) - value)
    if (distance < least || (distance === least && code % 2 === 0)) best = code
  }
  return best
}

describe.each(eights)('%s', type => {
  test('decodes all 256 codes as ml_dtypes', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    expect(decodeFloats(all, type)).toEqual(floatsOf(field(type, 'decoded')))
  })
  test('encodes as ml_dtypes, and saturating as ONNX', () => {
    const input = floatsOf(field(type, 'input'))
    const numbers = (codes: Uint8Array): Float32Array => decodeFloats(codes, type)
    const saturated = encodeFloats(input, type)
    const unsaturated = encodeFloats(input, type, { saturate: false })
    expect(numbers(saturated)).toEqual(numbers(bytesOf(field(type, 'saturated'))))
    expect(numbers(unsaturated)).toEqual(numbers(bytesOf(field(type, 'unsaturated'))))
    // The same codes too, but for the sign of NaN.
    const finite = (codes: Uint8Array): Uint8Array => codes.filter((_, i) => !Number.isNaN(input[i]))
    expect(finite(saturated)).toEqual(finite(bytesOf(field(type, 'saturated'))))
    expect(finite(unsaturated)).toEqual(finite(bytesOf(field(type, 'unsaturated'))))
  })
  test('is the nearest value, ties to even', () => {
    const half = decodeFloats(
      Uint8Array.from({ length: 128 }, (_, i) => i),
      type,
    ).filter(v => Number.isFinite(v))
    const greatest = half[half.length - 1] ?? 0
    fc.assert(
      fc.property(fc.float({ min: 0, max: Math.fround(greatest), noNaN: true }), value => {
        expect(encodeFloats(Float32Array.of(value), type)[0]).toBe(nearestCode(value, half))
      }),
    )
  })
})

describe.each(sixteens)('%s', type => {
  test('encodes and decodes as numpy and ml_dtypes', () => {
    const words = (name: string): Uint16Array => new Uint16Array(bytesOf(field(type, name)).buffer)
    expect(bitsOf(decodeFloats(words('codes'), type))).toEqual(bitsOf(floatsOf(field(type, 'decoded'))))
    expect(encodeFloats(floatsOf(field(type, 'input')), type)).toEqual(words('encoded'))
  })
  test('every code survives the way there and back', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((_, i) => i % 7 === 0 || i % 1024 < 3)
    const values = decodeFloats(all, type)
    const back = encodeFloats(values, type)
    expect(all.filter((_, i) => !Number.isNaN(values[i]))).toEqual(
      back.filter((_, i) => !Number.isNaN(values[i])),
    )
  })
  test('saturates when asked to', () => {
    const codes = encodeFloats(Float32Array.of(Infinity, -3.4e38), type, { saturate: true })
    const [up = 0, down = 0] = decodeFloats(codes, type)
    expect(Number.isFinite(up)).toBe(true)
    expect(down).toBe(-up)
  })
})

test('roundToFloat16 is encode and decode', () => {
  const around = fc
    .float({ noNaN: true })
    .chain(v => fc.constantFrom(v, v * 1e-4, v * 1e-7, 65519.998, 65520))
  fc.assert(
    fc.property(around, value => {
      const v = Math.fround(value)
      const [expected] = decodeFloats(encodeFloats(Float32Array.of(v), 'float16'), 'float16')
      expect(roundToFloat16(v)).toBe(expected)
    }),
  )
})

test('float4e2m1', () => {
  const all = Uint8Array.from({ length: 16 }, (_, i) => i)
  expect(bitsOf(decodeFloats(all, 'float4e2m1'))).toEqual(bitsOf(floatsOf(field('float4e2m1', 'decoded'))))
  const input = floatsOf(field('float4e2m1', 'input'))
  expect(encodeFloats(input, 'float4e2m1')).toEqual(bytesOf(field('float4e2m1', 'encoded')))
})

test('float8e8m0 scales as the reference Cast', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i)
  expect(decodeScales(all)).toEqual(floatsOf(field('float8e8m0', 'decoded')))
  const input = floatsOf(field('float8e8m0', 'input'))
  for (const round of ['up', 'down', 'nearest'] as const) {
    expect(encodeScales(input, { round })).toEqual(bytesOf(field('float8e8m0', round)))
    const unsaturated = bytesOf(field('float8e8m0', `${round}Unsaturated`))
    expect(encodeScales(input, { round, saturate: false })).toEqual(unsaturated)
  }
})
