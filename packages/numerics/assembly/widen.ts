// 16-bit floats to float32. Both may write up to three numbers too many, into the slack behind the region.

export function widenFloat16(source: usize, count: i32, to: usize): void {
  for (let i = 0; i < count; i += 4) {
    const h = v128.load64_zero(source + (<usize>i << 1))
    const words = i32x4.extend_low_i16x8_u(h)
    const magnitude = v128.and(words, i32x4.splat(0x7fff))
    // The bits shifted into place are the value times 2^-112, subnormals included.
    const value = f32x4.mul(i32x4.shl(magnitude, 13), f32x4.splat(reinterpret<f32>(239 << 23)))
    const special = v128.and(i32x4.ge_u(magnitude, i32x4.splat(0x7c00)), i32x4.splat(0x7f800000))
    const sign = i32x4.shl(v128.and(words, i32x4.splat(0x8000)), 16)
    v128.store(to + (<usize>i << 2), v128.or(v128.or(value, special), sign))
  }
}

export function widenBfloat16(source: usize, count: i32, to: usize): void {
  for (let i = 0; i < count; i += 4) {
    const h = v128.load64_zero(source + (<usize>i << 1))
    v128.store(to + (<usize>i << 2), i32x4.shl(i32x4.extend_low_i16x8_u(h), 16))
  }
}
