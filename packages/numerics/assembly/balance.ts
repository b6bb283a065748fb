// Codes next to the nearest ones where the errors of a row would add up. Twin of src/balance-rule.ts, operation by operation.
import { zeroPointsAreFloats } from './search'
import { across, run } from './sums'
import { turn, turned, turnedColumns } from './turned-columns'

// Of a block, float32 [256] and room for vectors behind.
const errors: usize = memory.data(1024 + 64, 64)
const codes: usize = memory.data(1024 + 64, 64)

let weight: f64 = 0
let carries: usize = 0

/** How the codes of the next matrix are balanced; 0: not. `sums` has the errors of its columns so far, float64. */
export function useBalance(balance: f64, sums: usize): void {
  weight = balance
  carries = sums
}

export function balanceRows(
  source: usize, rows: i32, K: i32, kBlocks: i32, blockSize: i32, bits: i32, rowBytes: i32, zeroRowBytes: i32,
  packed: usize, scales: usize, zeroPoints: usize,
): void {
  if (weight == 0) return
  const blob = (blockSize * bits) >> 3
  for (let n = 0; n < rows; n++) {
    let sum: f64 = 0
    for (let b = 0; b < kBlocks; b++) {
      const count = min(blockSize, K - b * blockSize)
      sum = balanceBlock(source, count, packed + b * blob, bits, load<f32>(scales), zeroPoint(zeroPoints, b, bits), sum)
      source += <usize>count << 2
      scales += 4
    }
    packed += rowBytes
    if (zeroPoints != 0) zeroPoints += zeroRowBytes
  }
}

export function balanceColumns(
  source: usize, rows: i32, N: i32, kBlocks: i32, firstBlock: i32, blockSize: i32, bits: i32,
  rowBytes: i32, zeroRowBytes: i32, packed: usize, scales: usize, zeroPoints: usize,
): void {
  if (weight == 0) return
  const blob = (blockSize * bits) >> 3
  for (let k = 0; k < rows; k += blockSize) {
    const count = min(blockSize, rows - k)
    const block = firstBlock + k / blockSize
    for (let n = 0; n < N; n += turnedColumns) {
      const columns = min(turnedColumns, N - n)
      turn(source + ((<usize>k * N + n) << 2), <usize>N << 2, count, blockSize, columns)
      for (let c = 0; c < columns; c++) {
        const row = <usize>(n + c)
        const scale = load<f32>(scales + ((row * kBlocks + block) << 2))
        const zero = zeroPoint(zeroPoints == 0 ? 0 : zeroPoints + row * zeroRowBytes, block, bits)
        const at = carries + (row << 3)
        const from = turned + <usize>(c * blockSize << 2)
        store<f64>(at, balanceBlock(from, count, packed + row * rowBytes + block * blob, bits, scale, zero, load<f64>(at)))
      }
    }
  }
}

function zeroPoint(row: usize, block: i32, bits: i32): f32 {
  if (row == 0) return <f32>(1 << (bits - 1))
  if (zeroPointsAreFloats()) return load<f32>(row + (<usize>block << 2))
  return <f32>codeAt(row, block, bits)
}

// @ts-ignore: decorator
@inline
function codeAt(packed: usize, i: i32, bits: i32): i32 {
  return (load<u8>(packed + ((i * bits) >> 3)) >> ((i * bits) & 7)) & ((1 << bits) - 1)
}

/** Adds to a code that has room for it. */
// @ts-ignore: decorator
@inline
function addTo(packed: usize, i: i32, bits: i32, difference: i32): void {
  const at = packed + ((i * bits) >> 3)
  store<u8>(at, <u8>(<i32>load<u8>(at) + (difference << ((i * bits) & 7))))
}

/** Balances one block; returns the sum of the row's errors up to its end. */
function balanceBlock(from: usize, count: i32, packed: usize, bits: i32, scale: f32, zero: f32, carry: f64): f64 {
  unpack(packed, count, bits)
  let sum = carry + <f64>findErrors(from, count, scale, zero)
  // A block that cannot be coded, one of zeros, and one whose numbers are too small to be counted in steps.
  if (!isFinite(sum)) return 0
  const reciprocal = <f32>1 / scale
  if (!isFinite(reciprocal)) return sum
  const perStep = 1 / <f64>scale
  while (true) {
    const size = abs(sum * perStep)
    if (!(size > 0.5)) return sum
    const way: i32 = sum * perStep > 0 ? 1 : -1
    const factor = way > 0 ? reciprocal : -reciprocal
    const end: f32 = way > 0 ? <f32>((1 << bits) - 1) : 0
    const distance = greatestDistance(count, factor, end)
    if (!(distance > 0) || 1 - 2 * <f64>distance > weight * (2 * size - 1)) return sum
    const i = firstAt(distance, factor, end)
    addTo(packed, i, bits, way)
    const at = <usize>i << 2
    const step = way > 0 ? scale : -scale
    store<f32>(codes + at, load<f32>(codes + at) + <f32>way)
    store<f32>(errors + at, load<f32>(errors + at) - step)
    sum -= <f64>step
  }
}

/** Puts codes into `codes`, some more than `count`. */
function unpack(packed: usize, count: i32, bits: i32): void {
  let to = codes
  if (bits == 2) {
    for (let i = 0; i < count; i++, to += 4) store<f32>(to, <f32>codeAt(packed, i, bits))
    return
  }
  const low = i8x16.splat(0x0f)
  for (let i = 0; i < count; i += 16, to += 64) {
    let bytes: v128
    if (bits == 8) bytes = v128.load(packed + i)
    else {
      const pairs = v128.load64_zero(packed + (i >> 1))
      bytes = i8x16.shuffle(
        v128.and(pairs, low), i8x16.shr_u(pairs, 4), 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23,
      )
    }
    const first = i16x8.extend_low_i8x16_u(bytes), last = i16x8.extend_high_i8x16_u(bytes)
    v128.store(to, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(first)))
    v128.store(to, f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(first)), 16)
    v128.store(to, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(last)), 32)
    v128.store(to, f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(last)), 48)
  }
}

/** w - s (q - z), 0 behind `count`, into `errors`; returns their sum in the order of sums.ts. */
function findErrors(from: usize, count: i32, scale: f32, zero: f32): f32 {
  const s = f32x4.splat(scale), z = f32x4.splat(zero)
  for (let at: usize = 0; at < <usize>count << 2; at += 16) {
    const steps = f32x4.sub(v128.load(codes + at), z)
    v128.store(errors + at, f32x4.sub(v128.load(from + at), f32x4.mul(s, steps)))
  }
  const whole = (count + 7) & ~7
  memory.fill(errors + (<usize>count << 2), 0, <usize>(whole - count) << 2)
  let total: f32 = 0
  for (let start = 0; start < whole; start += run) {
    let a = f32x4.splat(0), b = a
    for (let i = start; i < min(start + run, whole); i += 8) {
      const at = errors + (<usize>i << 2)
      a = f32x4.add(a, v128.load(at))
      b = f32x4.add(b, v128.load(at, 16))
    }
    total += across(a, b)
  }
  return total
}

/** How far the code that is furthest from its number is from it, in steps, among those that may go a step that way. */
function greatestDistance(count: i32, factor: f32, end: f32): f32 {
  let most = f32x4.splat(0)
  for (let at: usize = 0; at < <usize>count << 2; at += 16) most = f32x4.pmax(most, distances(at, factor, end))
  most = f32x4.pmax(most, i32x4.shuffle(most, most, 2, 3, 0, 1))
  return max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1))
}

function firstAt(distance: f32, factor: f32, end: f32): i32 {
  const sought = f32x4.splat(distance)
  let at: usize = 0
  let found = 0
  while (true) {
    found = i32x4.bitmask(f32x4.eq(distances(at, factor, end), sought))
    if (found != 0) break
    at += 16
  }
  return <i32>(at >> 2) + ctz(found)
}

/** Of four codes; 0 of those that are at the end already. Behind the last code errors are 0. */
// @ts-ignore: decorator
@inline
function distances(at: usize, factor: f32, end: f32): v128 {
  const all = f32x4.mul(v128.load(errors + at), f32x4.splat(factor))
  return v128.and(all, f32x4.ne(v128.load(codes + at), f32x4.splat(end)))
}
