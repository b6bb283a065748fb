// The binary layouts of ONNX's narrow floats, as data: sign bit on top, then exponent, then `mantissa` bits.
// value = (-1)^s * 2^(e - bias) * (1 + m / 2^mantissa), and for e = 0: (-1)^s * 2^(1 - bias) * m / 2^mantissa.

export type NarrowFloat =
  'float16' | 'bfloat16' | 'float8e4m3fn' | 'float8e4m3fnuz' | 'float8e5m2' | 'float8e5m2fnuz' | 'float4e2m1'

export interface NarrowFloatFormat {
  readonly bits: 4 | 8 | 16
  readonly mantissa: number
  readonly bias: number
  /** Code of the greatest finite value. */
  readonly greatest: number
  /** Code of +infinity, where there is one. */
  readonly infinity?: number
  /** Code of NaN; the `uz` types have one NaN in the place of -0, float4 has none and codes NaN as -0 (as ml_dtypes does). */
  readonly nan: number
  /** No negative zero: the sign of a result that is 0 is dropped. */
  readonly unsignedZero: boolean
}

export const narrowFloats: { readonly [T in NarrowFloat]: NarrowFloatFormat } = {
  float16: {
    bits: 16,
    mantissa: 10,
    bias: 15,
    greatest: 0x7bff,
    infinity: 0x7c00,
    nan: 0x7e00,
    unsignedZero: false,
  },
  bfloat16: {
    bits: 16,
    mantissa: 7,
    bias: 127,
    greatest: 0x7f7f,
    infinity: 0x7f80,
    nan: 0x7fc0,
    unsignedZero: false,
  },
  float8e4m3fn: { bits: 8, mantissa: 3, bias: 7, greatest: 0x7e, nan: 0x7f, unsignedZero: false },
  float8e4m3fnuz: { bits: 8, mantissa: 3, bias: 8, greatest: 0x7f, nan: 0x80, unsignedZero: true },
  float8e5m2: {
    bits: 8,
    mantissa: 2,
    bias: 15,
    greatest: 0x7b,
    infinity: 0x7c,
    nan: 0x7e,
    unsignedZero: false,
  },
  float8e5m2fnuz: { bits: 8, mantissa: 2, bias: 16, greatest: 0x7f, nan: 0x80, unsignedZero: true },
  float4e2m1: { bits: 4, mantissa: 1, bias: 1, greatest: 7, nan: 8, unsignedZero: false },
}
