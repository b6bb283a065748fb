// Four float32 lanes at a time: the roundings that all kernels share. Codes leave as integers in 32-bit lanes.

/** The float32 below 0.5: floor(t + this) rounds t >= 0 half away from zero exactly, floor(t + 0.5) does not. */
const belowHalf: f32 = 0.49999997

/** Adding 1.5 * 2^23 leaves an integer from -2^22 to 2^22 in the low bits of a float32. */
const integerBias: f32 = 12582912

/** 0 to top, NaN becomes 0: what ONNX Runtime's clamp and conversion make of it on x86. */
// @ts-ignore: decorator
@inline
export function clamp(t: v128, top: v128): v128 {
  return f32x4.pmin(f32x4.pmax(f32x4.splat(0), t), top)
}

/** Half away from zero, for t >= 0. */
// @ts-ignore: decorator
@inline
export function roundAway(t: v128): v128 {
  return f32x4.floor(f32x4.add(t, f32x4.splat(belowHalf)))
}

/** Integers held as float32 to the low byte of each lane; the bytes above are not cleared. */
// @ts-ignore: decorator
@inline
export function toLowBytes(t: v128): v128 {
  return f32x4.add(t, f32x4.splat(integerBias))
}

/** The low bytes of 16 lanes, in order. */
// @ts-ignore: decorator
@inline
export function lowBytes(a: v128, b: v128, c: v128, d: v128): v128 {
  const mask = i32x4.splat(0xff)
  const ab = i16x8.narrow_i32x4_u(v128.and(a, mask), v128.and(b, mask))
  const cd = i16x8.narrow_i32x4_u(v128.and(c, mask), v128.and(d, mask))
  return i8x16.narrow_i16x8_u(ab, cd)
}

/** True where a lane is NaN or infinite. */
// @ts-ignore: decorator
@inline
export function notFinite(t: v128): v128 {
  return f32x4.ne(f32x4.sub(t, t), f32x4.splat(0))
}

/** Values rounded to float16, half to even, infinite from 65520 on. */
// @ts-ignore: decorator
@inline
export function roundToHalf(t: v128): v128 {
  const magnitude = f32x4.abs(t)
  // 2^(e + 13), e at least -14: adding and taking it off again leaves 11 bits, fewer below 2^-14.
  const exponent = v128.and(i32x4.max_s(magnitude, i32x4.splat(113 << 23)), i32x4.splat(0xff << 23))
  const bias = i32x4.add(exponent, i32x4.splat(13 << 23))
  const rounded = f32x4.sub(f32x4.add(magnitude, bias), bias)
  const finite = v128.bitselect(rounded, f32x4.splat(Infinity), f32x4.lt(magnitude, f32x4.splat(65520)))
  return v128.or(finite, v128.and(t, i32x4.splat(1 << 31)))
}

/** The reciprocal, 0 of 0. */
// @ts-ignore: decorator
@inline
export function reciprocal(scale: v128): v128 {
  return v128.andnot(f32x4.div(f32x4.splat(1), scale), f32x4.eq(scale, f32x4.splat(0)))
}
