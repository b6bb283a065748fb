// 8-bit codes against one scale and zero point for a run of numbers, or for each column; and the ranges they come from.
import { lowBytes, notFinite, toLowBytes } from './lanes'

// @ts-ignore: decorator
@inline
function coded(at: usize, scale: v128, zeroPoint: v128, low: v128, high: v128): v128 {
  const t = f32x4.add(f32x4.nearest(f32x4.div(v128.load(at), scale)), zeroPoint)
  return toLowBytes(f32x4.pmin(f32x4.pmax(low, t), high)) // NaN becomes low
}

/** Codes [rows, columns] numbers, each row by its own scale (float32) and zero point (int32). */
export function linearRows(
  source: usize, rows: i32, columns: i32, scales: usize, zeroPoints: usize, low: i32, high: i32, to: usize,
): void {
  for (let r = 0; r < rows; r++) {
    linearRun(source, columns, load<f32>(scales + (r << 2)), load<i32>(zeroPoints + (r << 2)), low, high, to)
    source += <usize>columns << 2
    to += columns
  }
}

function linearRun(source: usize, count: i32, scale: f32, zeroPoint: i32, low: i32, high: i32, to: usize): void {
  const s = f32x4.splat(scale)
  const z = f32x4.splat(<f32>zeroPoint)
  const l = f32x4.splat(<f32>low)
  const h = f32x4.splat(<f32>high)
  let i = 0
  for (; i + 16 <= count; i += 16) {
    const at = source + (<usize>i << 2)
    const codes = lowBytes(
      coded(at, s, z, l, h), coded(at + 16, s, z, l, h), coded(at + 32, s, z, l, h), coded(at + 48, s, z, l, h),
    )
    v128.store(to + i, codes)
  }
  for (; i < count; i++) {
    store<u8>(to + i, i32x4.extract_lane(coded(source + (<usize>i << 2), s, z, l, h), 0))
  }
}

/** Codes [rows, columns] numbers, each column by its own scale (float32) and zero point (int32). */
export function linearColumns(
  source: usize, rows: i32, columns: i32, scales: usize, zeroPoints: usize, low: i32, high: i32, to: usize,
): void {
  const l = f32x4.splat(<f32>low)
  const h = f32x4.splat(<f32>high)
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c += 4) {
      const s = v128.load(scales + (c << 2))
      const z = f32x4.convert_i32x4_s(v128.load(zeroPoints + (c << 2)))
      const codes = coded(source + (c << 2), s, z, l, h)
      const bytes = lowBytes(codes, codes, codes, codes)
      if (c + 4 <= columns) v128.store_lane<u32>(to + c, bytes, 0)
      else for (let j = c; j < columns; j++) store<u8>(to + j, i32x4.extract_lane(bytes, 0) >> ((j - c) << 3))
    }
    source += <usize>columns << 2
    to += columns
  }
}

/** Folds each row of [rows, columns] numbers into its minimum and maximum; returns how many are not finite. */
export function rangeRows(source: usize, rows: i32, columns: i32, lows: usize, highs: usize): i32 {
  let nonFinite = 0
  for (let r = 0; r < rows; r++) {
    nonFinite += rangeRun(source, columns, lows + (r << 2), highs + (r << 2))
    source += <usize>columns << 2
  }
  return nonFinite
}

function rangeRun(source: usize, count: i32, low: usize, high: usize): i32 {
  let low0 = f32x4.splat(load<f32>(low)), low1 = low0, low2 = low0, low3 = low0
  let high0 = f32x4.splat(load<f32>(high)), high1 = high0, high2 = high0, high3 = high0
  let odd = i32x4.splat(0)
  let i = 0
  for (; i + 16 <= count; i += 16) {
    const at = source + (<usize>i << 2)
    const a = v128.load(at), b = v128.load(at, 16), c = v128.load(at, 32), d = v128.load(at, 48)
    low0 = f32x4.pmin(low0, a)
    low1 = f32x4.pmin(low1, b)
    low2 = f32x4.pmin(low2, c)
    low3 = f32x4.pmin(low3, d)
    high0 = f32x4.pmax(high0, a)
    high1 = f32x4.pmax(high1, b)
    high2 = f32x4.pmax(high2, c)
    high3 = f32x4.pmax(high3, d)
    // A finite number minus itself has no bits.
    odd = v128.or(odd, v128.or(v128.or(f32x4.sub(a, a), f32x4.sub(b, b)), v128.or(f32x4.sub(c, c), f32x4.sub(d, d))))
  }
  if (v128.any_true(odd)) return rangeOfFinite(source, 0, count, low, high)
  const least = f32x4.pmin(f32x4.pmin(low0, low1), f32x4.pmin(low2, low3))
  const most = f32x4.pmax(f32x4.pmax(high0, high1), f32x4.pmax(high2, high3))
  store<f32>(low, min(min(f32x4.extract_lane(least, 0), f32x4.extract_lane(least, 1)),
    min(f32x4.extract_lane(least, 2), f32x4.extract_lane(least, 3))))
  store<f32>(high, max(max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3))))
  return rangeOfFinite(source, i, count, low, high)
}

/** One number after the other, so that those that are not finite can be left out. */
function rangeOfFinite(source: usize, from: i32, count: i32, low: usize, high: usize): i32 {
  let l = load<f32>(low), h = load<f32>(high)
  let nonFinite = 0
  for (let i = from; i < count; i++) {
    const v = load<f32>(source + (<usize>i << 2))
    if (!isFinite(v)) nonFinite++
    else {
      l = min(l, v)
      h = max(h, v)
    }
  }
  store<f32>(low, l)
  store<f32>(high, h)
  return nonFinite
}

/** The same for each column of [rows, columns]. */
export function rangeColumns(source: usize, rows: i32, columns: i32, lows: usize, highs: usize): i32 {
  let nonFinite = 0
  for (let r = 0; r < rows; r++) {
    let c = 0
    for (; c + 4 <= columns; c += 4) {
      const v = v128.load(source + (c << 2))
      const low = v128.load(lows + (c << 2))
      const high = v128.load(highs + (c << 2))
      const skip = notFinite(v)
      v128.store(lows + (c << 2), f32x4.pmin(low, v128.bitselect(low, v, skip)))
      v128.store(highs + (c << 2), f32x4.pmax(high, v128.bitselect(high, v, skip)))
      nonFinite += popcnt(i32x4.bitmask(skip))
    }
    for (; c < columns; c++) {
      nonFinite += rangeOfFinite(source + (c << 2), 0, 1, lows + (c << 2), highs + (c << 2))
    }
    source += <usize>columns << 2
  }
  return nonFinite
}
