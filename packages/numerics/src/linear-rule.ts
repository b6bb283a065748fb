// value = scale * (code - zeroPoint): how ONNX Runtime's quantize_dynamic and static quantizers code a weight in 8 bits.
// Ranges become parameters in float64, codes are made in float32, both rounded half to even, as numpy does there.
import { roundHalfToEven } from './rounding.ts'

export type LinearType = 'int8' | 'uint8'

export interface LinearFormat {
  readonly type: LinearType
  /** ONNX Runtime's default: true for int8, false for uint8. */
  readonly symmetric: boolean
  /** One bit less, for processors whose 8-bit dot products saturate (AVX2 and AVX-512 without VNNI). Default false. */
  readonly reduceRange?: boolean
}

export interface LinearParameters {
  readonly scale: number
  readonly zeroPoint: number
}

/** The codes that weights may take, [low, high]. */
export function linearCodeRange({ type, symmetric, reduceRange }: LinearFormat): readonly [number, number] {
  if (reduceRange) return type === 'int8' ? [-64, 64] : [0, 127]
  return type === 'uint8' ? [0, 255] : [symmetric ? -127 : -128, 127]
}

/** Scale and zero point of values from `min` to `max` (0 is always included). A range too small for float32 gives 1 and 0. */
export function linearParameters(min: number, max: number, format: LinearFormat): LinearParameters {
  const [low, high] = linearCodeRange(format)
  const peak = Math.max(Math.abs(Math.min(min, 0)), Math.abs(Math.max(max, 0)))
  const bottom = format.symmetric ? -peak : Math.min(min, 0)
  const top = format.symmetric ? peak : Math.max(max, 0)
  const scale = (top - bottom) / (high - low)
  if (scale < 2 ** -126) return { scale: 1, zeroPoint: 0 }
  const zeroPoint = format.symmetric
    ? roundHalfToEven((low + high) / 2)
    : roundHalfToEven(low - bottom / scale)
  return { scale: Math.fround(scale), zeroPoint }
}

/** The code of one value, NaN as `low`. */
export function linearCode(
  value: number,
  scale: number,
  zeroPoint: number,
  low: number,
  high: number,
): number {
  const code = roundHalfToEven(Math.fround(value / scale)) + zeroPoint
  return code > low ? Math.min(code, high) : low
}
