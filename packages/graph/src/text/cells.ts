// Elements of tensors as numbers in text, and back. As in the official syntax, floats of 16 and 8 bits are written as
// their bit pattern (here a number with a point means a value), types of 4 and 2 bits as packed bytes (as elements they
// are read too), complex numbers as two numbers. Of a NaN only the sign can be said: cells that would lose more are none.
import { dataTypes, elementCount, type DataType } from '../dtype.ts'
import { encodeElements } from '../tensors/elements.ts'
import { encodeFloat } from '../tensors/narrow-floats.ts'
import { residentArray } from '../tensors/typed-array.ts'
import type { Tensor } from '../tensor.ts'
import type { Literal } from './scanner.ts'

type Fail = (expected: string, at: number) => never

/** The stored units of a resident tensor as text; undefined for strings, absent bytes and NaNs that text cannot say. */
export function cellsOf(tensor: Tensor): readonly string[] | undefined {
  const array = tensor.dtype === 'string' ? undefined : residentArray(tensor)
  if (!array) return undefined
  if (!(array instanceof Float32Array || array instanceof Float64Array)) return Array.from(array, String)
  const single = array instanceof Float32Array
  const bits = single ? new Uint32Array(array.buffer) : new BigUint64Array(array.buffer)
  const cells = Array.from(array, (value, at) => (Number.isNaN(value) ? nanText(bits[at]) : write(value)))
  function write(value: number): string {
    return single ? floatText(value) : numberText(value)
  }
  return cells.includes('') ? undefined : cells
}

function nanText(bits: number | bigint | undefined): string {
  if (bits === 0x7fc00000 || bits === 0x7ff8000000000000n) return 'nan'
  return bits === 0xffc00000 || bits === 0xfff8000000000000n ? '-nan' : ''
}

/** The raw form of numbers in text. `fail` is called with what was expected, and at which literal. */
export function bytesOf(
  dtype: DataType,
  shape: readonly number[],
  literals: readonly Literal[],
  fail: Fail,
): Uint8Array {
  const { bits, kind } = dataTypes[dtype]
  const count = elementCount(shape) * (kind === 'complex' ? 2 : 1)
  const bytes = Math.ceil((count * bits) / 8)
  // One element may be the byte that holds it, or, when it cannot be a byte, itself.
  const isOwn = bytes === count && literals.some(({ kind, text }) => kind === 'float' || text.startsWith('-'))
  const isPacked = bits < 8 && literals.length === bytes && !isOwn
  if (!isPacked && literals.length !== count) {
    fail(
      `${count} numbers for ${dtype}[${shape.join(',')}] before this, not ${literals.length}`,
      literals.length,
    )
  }
  const stored = isPacked ? 'uint8' : (codes[dtype] ?? dtype)
  const data = encodeElements(
    stored,
    literals.map((literal, at) =>
      stored === dtype ? numberOf(literal, dtype, at, fail) : codeOf(literal, dtype, stored, at, fail),
    ),
  )
  literals.forEach(({ text }, at) => {
    // The sign of a NaN is its top bit, in the last byte of a little-endian float.
    const last = (at + 1) * (data.length / literals.length) - 1
    if (/^-nan/i.test(text)) data[last] = (data[last] ?? 0) | 0x80
  })
  return data
}

/** Types whose integers in text are bit patterns, and the type of the pattern. */
const codes: Partial<Record<DataType, DataType>> = {
  float16: 'uint16',
  bfloat16: 'uint16',
  float8e4m3fn: 'uint8',
  float8e4m3fnuz: 'uint8',
  float8e5m2: 'uint8',
  float8e5m2fnuz: 'uint8',
  float8e8m0: 'uint8',
  float4e2m1: 'uint4',
}

function codeOf(
  literal: Literal,
  dtype: DataType,
  stored: DataType,
  at: number,
  fail: Fail,
): number | bigint {
  if (literal.kind === 'float' && codes[dtype]) return encodeFloat(dtype, floatOf(literal.text))
  return numberOf(literal, stored, at, fail)
}

function numberOf({ kind, text }: Literal, dtype: DataType, at: number, fail: Fail): number | bigint {
  const row = dataTypes[dtype]
  if (kind === 'string') return fail('a number', at)
  if (row.kind === 'float' || row.kind === 'complex') return floatOf(text)
  if (kind === 'float') return fail(`an integer, as the type is ${dtype}`, at)
  const value = BigInt(text)
  const [low, high] = rangeOf(dtype)
  if (value < low || value > high) fail(`a number from ${low} to ${high}, as the type is ${dtype}`, at)
  return row.bits === 64 ? value : Number(value)
}

function rangeOf(dtype: DataType): readonly [bigint, bigint] {
  const { bits, kind } = dataTypes[dtype]
  if (kind !== 'int') return [0n, 2n ** BigInt(bits) - 1n]
  // A nibble may be written as its code: 15 for -1.
  return [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits < 8 ? bits : bits - 1) - 1n]
}

/** The number that a literal means; `nan`, `inf` and `infinity` in any case. */
export function floatOf(text: string): number {
  if (/nan/i.test(text)) return Number.NaN
  if (/inf/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return Number(text)
}

/** The shortest text that reads as the same float32. */
export function floatText(value: number): string {
  if (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) < 1e6)) return numberText(value)
  // Near zero fewer digits do.
  for (let digits = Math.abs(value) < 1e-37 ? 1 : 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return numberText(short)
  }
  return numberText(Number(value.toPrecision(9)))
}

/** The shortest text that reads as the same number. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0'
  // Long integers as powers of ten: a reader may take digits without a point for an int64.
  return Number.isInteger(value) && Math.abs(value) >= 1e15 ? value.toExponential() : String(value)
}
