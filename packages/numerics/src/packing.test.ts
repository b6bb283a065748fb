import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  flipCodeSigns,
  packCodes,
  packedBytes,
  packThrough,
  unpackCodes,
  unpackSignedCodes,
} from './packing.ts'

const bitsOf = fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const)

test('low bits first', () => {
  expect([...packCodes(Uint8Array.of(1, 2, 3), 4)]).toEqual([0x21, 0x03])
  expect([...packCodes(Uint8Array.of(1, 2, 3, 0, 3), 2)]).toEqual([0b00_11_10_01, 0b11])
  expect([...packCodes(Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 1, 1), 1)]).toEqual([0b1000_1001, 1])
  expect([...packCodes(Int8Array.of(-1, -8, 7), 4)]).toEqual([0x8f, 0x07])
})

test('packing is the number whose digits are the codes', () => {
  fc.assert(
    fc.property(bitsOf, fc.uint8Array({ maxLength: 70 }), (bits, raw) => {
      const codes = raw.map(code => code & ((1 << bits) - 1))
      const packed = packCodes(raw, bits)
      const value = codes.reduceRight((sum, code) => (sum << BigInt(bits)) | BigInt(code), 0n)
      expect(packed.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)).toBe(value)
      expect(packed.length).toBe(packedBytes(codes.length, bits))
      expect(unpackCodes(packed, bits, codes.length)).toEqual(codes)
    }),
  )
})

test('signed codes are two’s complement, and flipCodeSigns takes off half the range', () => {
  fc.assert(
    fc.property(bitsOf, fc.uint8Array({ maxLength: 70 }), (bits, raw) => {
      const codes = raw.map(code => code & ((1 << bits) - 1))
      const packed = packCodes(codes, bits)
      const signed = unpackSignedCodes(flipCodeSigns(packed, bits), bits, codes.length)
      expect([...signed]).toEqual([...codes].map(code => code - (1 << (bits - 1))))
      expect(flipCodeSigns(flipCodeSigns(packed, bits), bits)).toEqual(packed)
    }),
  )
})

test('packThrough closes the gaps at the ends of rows', () => {
  const rows = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6), Uint8Array.of(7, 8, 9)]
  const padded = Uint8Array.from(rows.flatMap(row => [...packCodes(row, 4)]))
  expect(packThrough(padded, 3, 3, 4)).toEqual(packCodes(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), 4))
})

test('a length that does not fit is an error', () => {
  expect(() => unpackCodes(new Uint8Array(3), 4, 4)).toThrow('packed: expected 2 elements, got 3')
  expect(() => packThrough(new Uint8Array(5), 2, 3, 4)).toThrow('packedRows: expected 4 elements, got 5')
})
