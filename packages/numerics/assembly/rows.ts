// Block-wise codes of a matrix [N, K]: a block lies in one piece, so sixteen of its codes are packed at a time.
import { clamp, lowBytes, notFinite, reciprocal, roundAway, roundToHalf, toLowBytes } from './lanes'
import { asymmetricScale, symmetricScale, zeroPointAway, zeroPointEven } from './parameters'

const greatest: f32 = 3.4028234663852886e38

const tail: usize = memory.data(1024, 64) // a block that K cuts off, filled up
const tailCodes: usize = memory.data(256, 64)

/** How a block was coded. */
const parameters: usize = memory.data(16, 16) // scale, zero point (both float32)

/** Codes `rows` rows; returns how many blocks cannot be coded. See BlockCall in engine.ts. */
export function blocksOfRows(
  source: usize, rows: i32, K: i32, kBlocks: i32, blockSize: i32, bits: i32, rowBytes: i32, zeroRowBytes: i32,
  packed: usize, scales: usize, zeroPoints: usize, divide: bool, halfScales: bool,
): i32 {
  const blob = (blockSize * bits) >> 3
  const symmetric = zeroPoints == 0
  let unsound = 0
  for (let n = 0; n < rows; n++) {
    for (let b = 0; b < kBlocks; b++) {
      const count = min(blockSize, K - b * blockSize)
      const from = count < blockSize ? filledUp(source, count, blockSize) : source
      const to = count < blockSize ? tailCodes : packed + b * blob
      if (!codeBlock(from, blockSize, bits, symmetric, divide, halfScales, to)) unsound++
      if (count < blockSize) copyTail(packed + b * blob, count, bits, rowBytes - b * blob)
      store<f32>(scales, load<f32>(parameters))
      scales += 4
      if (!symmetric) {
        const at = zeroPoints + ((b * bits) >> 3)
        store<u8>(at, load<u8>(at) | <u8>(<i32>load<f32>(parameters, 4) << ((b * bits) & 7)))
      }
      source += <usize>count << 2
    }
    packed += rowBytes
    zeroPoints += zeroRowBytes
  }
  return unsound
}

/** Repeats the first number up to a whole block: that changes no range. */
function filledUp(source: usize, count: i32, blockSize: i32): usize {
  memory.copy(tail, source, <usize>count << 2)
  const first = load<f32>(source)
  for (let i = count; i < blockSize; i++) store<f32>(tail + (<usize>i << 2), first)
  return tail
}

/** Takes over the codes of `count` numbers; what is left of `bytes` becomes 0. */
function copyTail(to: usize, count: i32, bits: i32, bytes: i32): void {
  const used = count * bits
  memory.fill(to, 0, bytes)
  memory.copy(to, tailCodes, used >> 3)
  if (used & 7) {
    const mask: i32 = (1 << (used & 7)) - 1
    store<u8>(to + (used >> 3), load<u8>(tailCodes + (used >> 3)) & <u8>mask)
  }
}

/** Codes a whole block; false if it cannot be coded. */
function codeBlock(
  from: usize, blockSize: i32, bits: i32, symmetric: bool, divide: bool, halfScales: bool, to: usize,
): bool {
  let low = f32x4.splat(greatest), low1 = low
  let high = f32x4.splat(-greatest), high1 = high
  let sum = f32x4.splat(0)
  const end = from + (<usize>blockSize << 2)
  for (let at = from; at < end; at += 32) {
    const a = v128.load(at), b = v128.load(at, 16)
    low = f32x4.pmin(low, a)
    low1 = f32x4.pmin(low1, b)
    high = f32x4.pmax(high, a)
    high1 = f32x4.pmax(high1, b)
    sum = f32x4.add(sum, f32x4.add(a, b))
  }
  low = acrossMin(f32x4.pmin(low, low1))
  high = acrossMax(f32x4.pmax(high, high1))
  if (f32x4.extract_lane(low, 0) == 0 && f32x4.extract_lane(high, 0) == 0) {
    // All zeros: the first one's sign is the scale's.
    low = high = f32x4.splat(firstNumber(from, end))
  }
  setParameters(low, high, bits, symmetric, divide, halfScales)
  const scale = f32x4.splat(load<f32>(parameters))
  const zeroPoint = f32x4.splat(load<f32>(parameters, 4))
  if (divide) codesEven(from, end, scale, zeroPoint, bits, symmetric, to)
  else codesAway(from, end, reciprocal(scale), zeroPoint, bits, to)
  return !v128.any_true(v128.or(notFinite(sum), notFinite(scale))) || isSound(from, end)
}

// @ts-ignore: decorator
@inline
function acrossMin(v: v128): v128 {
  v = f32x4.pmin(v, i32x4.shuffle(v, v, 2, 3, 0, 1))
  return f32x4.pmin(v, i32x4.shuffle(v, v, 1, 0, 3, 2))
}

// @ts-ignore: decorator
@inline
function acrossMax(v: v128): v128 {
  v = f32x4.pmax(v, i32x4.shuffle(v, v, 2, 3, 0, 1))
  return f32x4.pmax(v, i32x4.shuffle(v, v, 1, 0, 3, 2))
}

function firstNumber(from: usize, end: usize): f32 {
  while (from < end - 4 && isNaN(load<f32>(from))) from += 4
  return load<f32>(from)
}

function isSound(from: usize, end: usize): bool {
  if (!isFinite(load<f32>(parameters))) return false
  for (; from < end; from += 4) if (!isFinite(load<f32>(from))) return false
  return true
}

// @ts-ignore: decorator
@inline
function setParameters(low: v128, high: v128, bits: i32, symmetric: bool, divide: bool, halfScales: bool): void {
  const top = f32x4.splat(<f32>((1 << bits) - 1))
  const middle = <f32>(1 << (bits - 1))
  let scale: v128
  let zeroPoint = f32x4.splat(middle)
  if (symmetric) {
    scale = symmetricScale(low, high, middle, halfScales)
  } else {
    const exact = asymmetricScale(low, high, top)
    scale = halfScales ? roundToHalf(exact) : exact
    zeroPoint = divide ? zeroPointEven(low, exact, scale, top, middle) : zeroPointAway(low, exact, top)
  }
  store<f32>(parameters, f32x4.extract_lane(scale, 0))
  store<f32>(parameters, f32x4.extract_lane(zeroPoint, 0), 4)
}

function codesAway(from: usize, end: usize, factor: v128, zeroPoint: v128, bits: i32, to: usize): void {
  const top = f32x4.splat(<f32>((1 << bits) - 1))
  for (; from < end; from += 64) {
    to = pack(
      away(from, factor, zeroPoint, top),
      away(from + 16, factor, zeroPoint, top),
      away(from + 32, factor, zeroPoint, top),
      away(from + 48, factor, zeroPoint, top),
      bits, to,
    )
  }
}

function codesEven(
  from: usize, end: usize, scale: v128, zeroPoint: v128, bits: i32, symmetric: bool, to: usize,
): void {
  const top = f32x4.splat(<f32>((1 << bits) - 1))
  for (; from < end; from += 64) {
    to = pack(
      even(from, scale, zeroPoint, top, symmetric),
      even(from + 16, scale, zeroPoint, top, symmetric),
      even(from + 32, scale, zeroPoint, top, symmetric),
      even(from + 48, scale, zeroPoint, top, symmetric),
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
