// Scale and zero point of blocks from their ranges, four blocks at a time, in ONNX Runtime's order of operations.
import { clamp, roundAway, roundToHalf } from './lanes'

/** How a block was coded: scale and zero point, both float32. */
export const parameters: usize = memory.data(16, 16)

/** The end of the range that is further from 0 becomes code 0: scale = -peak / 2^(bits-1). */
// @ts-ignore: decorator
@inline
export function symmetricScale(low: v128, high: v128, middle: f32, halfScales: bool): v128 {
  const peak = v128.bitselect(high, low, f32x4.gt(f32x4.abs(high), f32x4.abs(low)))
  const scale = f32x4.div(f32x4.neg(peak), f32x4.splat(middle))
  return halfScales ? roundToHalf(scale) : scale
}

/** scale = (high - low) / (2^bits - 1) of a range that includes 0, not rounded to float16 yet. */
// @ts-ignore: decorator
@inline
export function asymmetricScale(low: v128, high: v128, top: v128): v128 {
  const zero = f32x4.splat(0)
  return f32x4.div(f32x4.sub(f32x4.pmax(high, zero), f32x4.pmin(low, zero)), top)
}

/** Zero points of the C++ kernel, half away from zero; 0 where the scale is 0. */
// @ts-ignore: decorator
@inline
export function zeroPointAway(low: v128, scale: v128, top: v128): v128 {
  const zero = f32x4.splat(0)
  const t = f32x4.sub(zero, f32x4.div(f32x4.pmin(low, zero), scale))
  return v128.andnot(roundAway(clamp(t, top)), f32x4.eq(scale, zero))
}

/** Zero points of the numpy path, half to even; the middle code where the scale is 0. */
// @ts-ignore: decorator
@inline
export function zeroPointEven(low: v128, scale: v128, used: v128, top: v128, middle: f32): v128 {
  const zero = f32x4.splat(0)
  const t = f32x4.div(f32x4.neg(f32x4.pmin(low, zero)), used)
  return v128.bitselect(f32x4.splat(middle), clamp(f32x4.nearest(t), top), f32x4.eq(scale, zero))
}
