// Codes of a block, from its scale and zero point to packed bytes.
import { clamp, lowBytes, reciprocal, roundAway, toLowBytes } from './lanes'

/** round(clamp(v * (1 / scale) + zero point)), half away from zero: ONNX Runtime's C++ quantizer. */
export function codesAway(from: usize, end: usize, scale: f32, zeroPoint: f32, bits: i32, to: usize): void {
  const top = f32x4.splat(<f32>((1 << bits) - 1))
  const factor = reciprocal(f32x4.splat(scale)), z = f32x4.splat(zeroPoint)
  for (; from < end; from += 64) {
    to = pack(
      away(from, factor, z, top),
      away(from + 16, factor, z, top),
      away(from + 32, factor, z, top),
      away(from + 48, factor, z, top),
      bits, to,
    )
  }
}

/** round(v / scale + zero point), half to even: its numpy path. */
export function codesEven(
  from: usize, end: usize, scale: f32, zeroPoint: f32, bits: i32, symmetric: bool, to: usize,
): void {
  const s = f32x4.splat(scale), z = f32x4.splat(zeroPoint)
  const top = f32x4.splat(<f32>((1 << bits) - 1))
  for (; from < end; from += 64) {
    to = pack(
      even(from, s, z, top, symmetric),
      even(from + 16, s, z, top, symmetric),
      even(from + 32, s, z, top, symmetric),
      even(from + 48, s, z, top, symmetric),
      bits, to,
    )
  }
}

/** The same in float64: its k-quant. */
export function codesExact(from: usize, end: usize, scale: f32, zeroPoint: f32, bits: i32, to: usize): void {
  const top = f64x2.splat(<f64>((1 << bits) - 1))
  const s = f64x2.splat(<f64>scale)
  const z = f64x2.splat(<f64>zeroPoint)
  for (; from < end; from += 64) {
    to = pack(
      exact(from, s, z, top), exact(from + 16, s, z, top), exact(from + 32, s, z, top), exact(from + 48, s, z, top),
      bits, to,
    )
  }
}

/** round(v * factor + zero point), half to even. */
export function codesNear(from: usize, end: usize, factor: f32, zeroPoint: f32, bits: i32, to: usize): void {
  const top = f32x4.splat(<f32>((1 << bits) - 1))
  const f = f32x4.splat(factor), z = f32x4.splat(zeroPoint)
  for (; from < end; from += 64) {
    to = pack(
      near(from, f, z, top),
      near(from + 16, f, z, top),
      near(from + 32, f, z, top),
      near(from + 48, f, z, top),
      bits, to,
    )
  }
}

// @ts-ignore: decorator
@inline
function away(at: usize, factor: v128, zeroPoint: v128, top: v128): v128 {
  return toLowBytes(roundAway(clamp(f32x4.add(f32x4.mul(v128.load(at), factor), zeroPoint), top)))
}

/** A symmetric code is rounded before the middle is added, an asymmetric one after its zero point is. */
// @ts-ignore: decorator
@inline
function even(at: usize, scale: v128, zeroPoint: v128, top: v128, symmetric: bool): v128 {
  const quotient = f32x4.div(v128.load(at), scale)
  const t = v128.andnot(quotient, f32x4.eq(scale, f32x4.splat(0)))
  const code = symmetric
    ? f32x4.add(f32x4.nearest(t), zeroPoint)
    : f32x4.nearest(f32x4.add(t, zeroPoint))
  return toLowBytes(clamp(code, top))
}

// @ts-ignore: decorator
@inline
function exact(at: usize, scale: v128, zeroPoint: v128, top: v128): v128 {
  const zero = f64x2.splat(0)
  const low = f64x2.add(f64x2.div(f64x2.promote_low_f32x4(v128.load64_zero(at)), scale), zeroPoint)
  const high = f64x2.add(f64x2.div(f64x2.promote_low_f32x4(v128.load64_zero(at, 8)), scale), zeroPoint)
  const a = i32x4.trunc_sat_f64x2_u_zero(f64x2.pmin(f64x2.pmax(zero, f64x2.nearest(low)), top))
  const b = i32x4.trunc_sat_f64x2_u_zero(f64x2.pmin(f64x2.pmax(zero, f64x2.nearest(high)), top))
  return i64x2.shuffle(a, b, 0, 2)
}

// @ts-ignore: decorator
@inline
function near(at: usize, factor: v128, zeroPoint: v128, top: v128): v128 {
  return toLowBytes(clamp(f32x4.nearest(f32x4.add(f32x4.mul(v128.load(at), factor), zeroPoint)), top))
}

/** Packs sixteen codes, the first in the lowest bits; returns the address behind them. */
// @ts-ignore: decorator
@inline
function pack(a: v128, b: v128, c: v128, d: v128, bits: i32, to: usize): usize {
  const bytes = lowBytes(a, b, c, d)
  if (bits == 8) {
    v128.store(to, bytes)
    return to + 16
  }
  if (bits == 4) {
    const pairs = v128.and(v128.or(bytes, i16x8.shr_u(bytes, 4)), i16x8.splat(0xff))
    v128.store_lane<u64>(to, i8x16.narrow_i16x8_u(pairs, pairs), 0)
    return to + 8
  }
  const pairs = v128.and(v128.or(bytes, i16x8.shr_u(bytes, 6)), i16x8.splat(0x0f))
  const quads = v128.and(v128.or(pairs, i32x4.shr_u(pairs, 12)), i32x4.splat(0xff))
  const halves = i16x8.narrow_i32x4_u(quads, quads)
  v128.store_lane<u32>(to, i8x16.narrow_i16x8_u(halves, halves), 0)
  return to + 4
}

/** Clears what follows `usedBits` of `bytes`. */
export function clearTail(to: usize, usedBits: i32, bytes: i32): void {
  let whole = usedBits >> 3
  if (usedBits & 7) {
    const mask: i32 = (1 << (usedBits & 7)) - 1
    store<u8>(to + whole, load<u8>(to + whole) & <u8>mask)
    whole++
  }
  memory.fill(to + whole, 0, bytes - whole)
}
