// Floats narrower than 32 bits, one by one, for constants of rules and folding (weights go through @damson/numerics).
// One table of formats: sign, exponent and mantissa bits, bias, and what the codes at the top mean.
import type { DataType } from '../dtype.ts'

interface Format {
  readonly exponent: number
  readonly mantissa: number
  readonly bias: number
  /** `ieee`: inf and NaN at the top exponent; `fn`: NaN where all bits are 1; `fnuz`: NaN is the code of −0; `none`: every code is a number. */
  readonly top: 'ieee' | 'fn' | 'fnuz' | 'none'
}

const formats: Partial<Record<DataType, Format>> = {
  float16: { exponent: 5, mantissa: 10, bias: 15, top: 'ieee' },
  bfloat16: { exponent: 8, mantissa: 7, bias: 127, top: 'ieee' },
  float8e4m3fn: { exponent: 4, mantissa: 3, bias: 7, top: 'fn' },
  float8e4m3fnuz: { exponent: 4, mantissa: 3, bias: 8, top: 'fnuz' },
  float8e5m2: { exponent: 5, mantissa: 2, bias: 15, top: 'ieee' },
  float8e5m2fnuz: { exponent: 5, mantissa: 2, bias: 16, top: 'fnuz' },
  float4e2m1: { exponent: 2, mantissa: 1, bias: 1, top: 'none' },
}

/** The value of a code. float8e8m0 is 2^(code − 127), 255 being NaN. */
export function decodeFloat(dtype: DataType, code: number): number {
  if (dtype === 'float8e8m0') return code === 255 ? NaN : 2 ** (code - 127)
  const format = formats[dtype]
  if (!format) return NaN
  const { exponent, mantissa, bias, top } = format
  const e = (code >> mantissa) & (2 ** exponent - 1)
  const m = code & (2 ** mantissa - 1)
  const sign = code >> (exponent + mantissa) ? -1 : 1
  if (top === 'ieee' && e === 2 ** exponent - 1) return m === 0 ? sign * Infinity : NaN
  if (top === 'fn' && (code & (2 ** (exponent + mantissa) - 1)) === 2 ** (exponent + mantissa) - 1) return NaN
  if (top === 'fnuz' && code === 2 ** (exponent + mantissa)) return NaN
  return sign * (e === 0 ? m * 2 ** (1 - bias - mantissa) : (1 + m / 2 ** mantissa) * 2 ** (e - bias))
}

/** The code of the nearest value, ties to even; beyond the range infinity where the format has it, else the largest value. */
export function encodeFloat(dtype: DataType, value: number): number {
  if (dtype === 'float8e8m0')
    return value > 0 ? Math.min(254, Math.max(0, Math.round(Math.log2(value)) + 127)) : 255
  const format = formats[dtype]
  if (!format) return 0
  const { exponent, mantissa, bias, top } = format
  const sign = (value < 0 || Object.is(value, -0) ? 1 : 0) * 2 ** (exponent + mantissa)
  const largest = largestCode(format)
  if (Number.isNaN(value)) return nanCode(format)
  const size = Math.abs(value)
  // The step between neighbours at this size; the smallest normal exponent is 1 - bias.
  const e = Math.max(size === 0 ? 1 - bias : Math.floor(Math.log2(size)), 1 - bias)
  const steps = roundHalfEven(size / 2 ** (e - mantissa))
  // Counting in steps runs on through the exponents: a carry is the next exponent by itself.
  const code = steps + (e - (1 - bias)) * 2 ** mantissa
  if (code <= largest) return top === 'fnuz' && code === 0 ? 0 : sign + code
  return sign + (top === 'ieee' ? (2 ** exponent - 1) * 2 ** mantissa : largest)
}

function largestCode({ exponent, mantissa, top }: Format): number {
  const all = 2 ** (exponent + mantissa) - 1
  if (top === 'ieee') return all - 2 ** mantissa
  return top === 'fn' ? all - 1 : all
}

function nanCode({ exponent, mantissa, top }: Format): number {
  if (top === 'fnuz') return 2 ** (exponent + mantissa)
  if (top === 'ieee') return (2 ** exponent - 1) * 2 ** mantissa + 2 ** (mantissa - 1)
  return top === 'fn' ? 2 ** (exponent + mantissa) - 1 : 0
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest > 0.5) return floor + 1
  return rest < 0.5 ? floor : floor + (floor % 2)
}
