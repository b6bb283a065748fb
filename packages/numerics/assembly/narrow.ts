// float32 to narrower floats, rounded to nearest even. Adding 2^(e + 23 - mantissa) to a magnitude of exponent e pushes off
// the bits that the narrow type has no room for, and the addition rounds them; below the least exponent its step stays.

/** What is written for magnitudes, whatever the sign: float16 2 bytes, 8-bit floats 1 byte. May write up to 15 bytes too many. */
export function narrowFloats(
  source: usize, count: i32, mantissa: i32, bias: i32, greatest: i32, beyond: i32, nan: i32, limit: f32, bytes: i32, to: usize,
): void {
  if (bytes == 2) {
    for (let i = 0; i < count; i += 8) {
      const at = source + (<usize>i << 2)
      const a = signed(at, coded(at, mantissa, bias, greatest, beyond, nan, limit), 16)
      const b = signed(at + 16, coded(at + 16, mantissa, bias, greatest, beyond, nan, limit), 16)
      v128.store(to + (<usize>i << 1), i16x8.narrow_i32x4_u(a, b))
    }
    return
  }
  for (let i = 0; i < count; i += 16) {
    const at = source + (<usize>i << 2)
    const a = signed(at, coded(at, mantissa, bias, greatest, beyond, nan, limit), 24)
    const b = signed(at + 16, coded(at + 16, mantissa, bias, greatest, beyond, nan, limit), 24)
    const c = signed(at + 32, coded(at + 32, mantissa, bias, greatest, beyond, nan, limit), 24)
    const d = signed(at + 48, coded(at + 48, mantissa, bias, greatest, beyond, nan, limit), 24)
    v128.store(to + i, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(a, b), i16x8.narrow_i32x4_u(c, d)))
  }
}

/** The codes of four magnitudes. */
// @ts-ignore: decorator
@inline
function coded(at: usize, mantissa: i32, bias: i32, greatest: i32, beyond: i32, nan: i32, limit: f32): v128 {
  const magnitude = limited(f32x4.abs(v128.load(at)), limit)
  // From 2^20 on every type is at its end: no exponent leaves that of a float32.
  const inside = f32x4.pmin(f32x4.splat(1048576), magnitude)
  const least = i32x4.splat((128 - bias) << 23)
  const exponent = i32x4.max_s(v128.and(inside, i32x4.splat(0x7f800000)), least)
  const step = i32x4.add(exponent, i32x4.splat((23 - mantissa) << 23))
  const significand = i32x4.sub(f32x4.add(inside, step), step)
  const code = i32x4.add(i32x4.shr_u(i32x4.sub(exponent, least), 23 - mantissa), significand)
  const cut = v128.bitselect(i32x4.splat(beyond), code, i32x4.gt_s(code, i32x4.splat(greatest)))
  return v128.bitselect(i32x4.splat(nan), cut, f32x4.ne(magnitude, magnitude))
}

/** float32 to bfloat16: its upper half. */
export function narrowBfloat16(source: usize, count: i32, limit: f32, to: usize): void {
  for (let i = 0; i < count; i += 8) {
    const at = source + (<usize>i << 2)
    v128.store(to + (<usize>i << 1), i16x8.narrow_i32x4_u(upperHalf(at, limit), upperHalf(at + 16, limit)))
  }
}

// @ts-ignore: decorator
@inline
function upperHalf(at: usize, limit: f32): v128 {
  const magnitude = limited(f32x4.abs(v128.load(at)), limit)
  const tie = v128.and(i32x4.shr_u(magnitude, 16), i32x4.splat(1))
  const rounded = i32x4.shr_u(i32x4.add(i32x4.add(magnitude, i32x4.splat(0x7fff)), tie), 16)
  return signed(at, v128.bitselect(i32x4.splat(0x7fc0), rounded, f32x4.ne(magnitude, magnitude)), 16)
}

/** Finite magnitudes beyond the limit become it. */
// @ts-ignore: decorator
@inline
function limited(magnitude: v128, limit: f32): v128 {
  const cut = v128.and(f32x4.gt(magnitude, f32x4.splat(limit)), f32x4.lt(magnitude, f32x4.splat(Infinity)))
  return v128.bitselect(f32x4.splat(limit), magnitude, cut)
}

/** With the sign of the number, `shift` bits down. */
// @ts-ignore: decorator
@inline
function signed(at: usize, code: v128, shift: i32): v128 {
  return v128.or(code, i32x4.shr_u(v128.and(v128.load(at), i32x4.splat(1 << 31)), shift))
}
