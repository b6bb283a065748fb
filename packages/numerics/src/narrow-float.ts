// float32 to and from ONNX's 16, 8 and 4 bit floats, rounding to nearest even, on whole arrays.
import { narrowFloats, type NarrowFloat, type NarrowFloatFormat } from './narrow-float-format.ts'

export interface EncodeOptions {
  /**
   * What becomes of values beyond the greatest: the greatest (true), or infinity, or NaN where there is no infinity
   * (false). As ONNX's Cast: default true for float8, false for float16 and bfloat16; float4 always saturates.
   */
  readonly saturate?: boolean
}

/**
 * Codes of float32 values, one an element (float4 in the low 4 bits of a byte: `packCodes` packs them).
 * Agrees with ml_dtypes and ONNX's reference Cast; infinities saturate like other values, NaN stays NaN.
 */
export function encodeFloats(
  values: Float32Array,
  type: 'float16' | 'bfloat16',
  options?: EncodeOptions,
): Uint16Array<ArrayBuffer>
export function encodeFloats(
  values: Float32Array,
  type: Exclude<NarrowFloat, 'float16' | 'bfloat16'>,
  options?: EncodeOptions,
): Uint8Array<ArrayBuffer>
export function encodeFloats(
  values: Float32Array,
  type: NarrowFloat,
  options: EncodeOptions = {},
): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
  const format = narrowFloats[type]
  const saturate = format.bits === 4 || (options.saturate ?? format.bits === 8)
  // Signed, since numbers beyond 2^31 are no small integers to an engine.
  const words = new Int32Array(values.buffer, values.byteOffset, values.length)
  const beyond = saturate ? format.greatest : (format.infinity ?? format.nan)
  if (format.bits === 16) return encodeWords(words, format, beyond)
  const codes = new Uint8Array(values.length)
  for (let i = 0; i < codes.length; i++) codes[i] = encodeWord(words[i] ?? 0, format, beyond)
  return codes
}

/** float32 values of codes, exact. Codes above the type's bits are an error of the caller and read modulo. */
export function decodeFloats(codes: Uint8Array | Uint16Array, type: NarrowFloat): Float32Array<ArrayBuffer> {
  const format = narrowFloats[type]
  const values = new Float32Array(codes.length)
  if (format.bits !== 16) {
    const table = Float32Array.from({ length: 1 << format.bits }, (_, code) => decodeCode(code, format))
    const mask = table.length - 1
    for (let i = 0; i < codes.length; i++) values[i] = table[(codes[i] ?? 0) & mask] ?? 0
    return values
  }
  for (let i = 0; i < codes.length; i++) values[i] = decodeCode(codes[i] ?? 0, format)
  return values
}

/** `value` rounded to the nearest float16, as a number. */
export function roundToFloat16(value: number): number {
  const magnitude = Math.abs(value)
  if (magnitude >= 65520) return value > 0 ? Infinity : -Infinity
  // Adding 2^(e+42) pushes all but 11 bits off the double's end; below 2^-14 the step stays 2^-24.
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14)
  const step = 2 ** (exponent - 10)
  const rounded = (magnitude / step + 2 ** 52 - 2 ** 52) * step
  return value < 0 || Object.is(value, -0) ? -rounded : rounded
}

/** 16-bit codes. Nearly all numbers of a weight are normal and stay so: for them it is a shift, and 4 times faster. */
function encodeWords(words: Int32Array, format: NarrowFloatFormat, beyond: number): Uint16Array<ArrayBuffer> {
  const codes = new Uint16Array(words.length)
  const { mantissa, bias, greatest } = format
  const shift = 23 - mantissa
  const offset = (127 - bias) << 23
  const least = (128 - bias) << 23
  const span = (greatest << shift) + offset - least
  // round(m / 2^shift) to nearest even: half minus one, plus the bit that decides a tie.
  const rounding = (1 << (shift - 1)) - 1 - offset
  for (let i = 0; i < codes.length; i++) {
    const word = words[i] ?? 0
    const magnitude = word & 0x7fffffff
    const above = magnitude - least
    codes[i] =
      above >= 0 && above <= span
        ? ((word >>> 16) & 0x8000) | ((magnitude + rounding + ((magnitude >>> shift) & 1)) >>> shift)
        : encodeWord(word, format, beyond)
  }
  return codes
}

/** Bits of a float32 to a code; `beyond` is what an overflow becomes. */
function encodeWord(word: number, format: NarrowFloatFormat, beyond: number): number {
  const { bits, mantissa, bias, greatest, nan, unsignedZero } = format
  const sign = (word >>> 31) << (bits - 1)
  const magnitude = word & 0x7fffffff
  if (magnitude > 0x7f800000) return unsignedZero || bits === 4 ? nan : sign | nan
  let code = roundMagnitude(magnitude, mantissa, bias)
  if (code > greatest) {
    code = beyond
    if (unsignedZero && code === nan) return nan
  }
  return unsignedZero && code === 0 ? 0 : sign | code
}

/** The code of a magnitude, as if exponents had no end. */
function roundMagnitude(magnitude: number, mantissa: number, bias: number): number {
  const exponent = magnitude >>> 23
  const shift = 23 - mantissa
  if (exponent > 127 - bias) {
    return roundShift(magnitude, shift) - ((127 - bias) << mantissa)
  }
  const significand = exponent === 0 ? magnitude : (magnitude & 0x7fffff) | 0x800000
  const extra = shift + 128 - bias - Math.max(exponent, 1)
  return extra > 24 ? 0 : roundShift(significand, extra)
}

/** value / 2^shift to nearest even. */
function roundShift(value: number, shift: number): number {
  return (value + (1 << (shift - 1)) - 1 + ((value >>> shift) & 1)) >>> shift
}

function decodeCode(code: number, format: NarrowFloatFormat): number {
  const { bits, mantissa, bias, greatest, infinity, nan } = format
  const sign = (code >>> (bits - 1)) & 1 ? -1 : 1
  const magnitude = code & ((1 << (bits - 1)) - 1)
  if (bits !== 4 && (magnitude > greatest || code === nan))
    return magnitude === infinity ? sign * Infinity : NaN
  const exponent = magnitude >>> mantissa
  const fraction = magnitude & ((1 << mantissa) - 1)
  const step = 2 ** ((exponent === 0 ? 1 : exponent) - bias - mantissa)
  return sign * step * (exponent === 0 ? fraction : fraction + (1 << mantissa))
}
