// k-quant of four blocks at once, one a lane: the arithmetic of k-quant.ts operation by operation, without the sums across
// lanes and the waiting for them. Half again as fast.
import { run } from './sums'

/** Number i of four blocks: [256] vectors. */
export const lanes: usize = memory.data(4096, 64)

const weights: usize = memory.data(4096, 64)
const codes: usize = memory.data(4096, 64)
const partial: usize = memory.data(384, 64) // three sums of each of the eight that run beside each other

let sumW = f32x4.splat(0)
let sumX = f32x4.splat(0)
let sumX2 = f32x4.splat(0)
let sumL = f32x4.splat(0)
let sumL2 = f32x4.splat(0)
let sumXL = f32x4.splat(0)

/**
 * Scales and zero points of the four blocks in `lanes`, written to `out`. False, and nothing written, unless every one has
 * finite numbers and a range that is not too small: those are for one block at a time.
 */
export function kQuantLanes(blockSize: i32, top: f32, table: usize, steps: i32, out: usize): bool {
  let low = f32x4.splat(0), high = low, odd = low
  for (let i = 0; i < blockSize; i++) {
    const x = v128.load(lanes + (<usize>i << 4))
    low = f32x4.pmin(low, x)
    high = f32x4.pmax(high, x)
    odd = v128.or(odd, f32x4.sub(x, x))
  }
  const t = f32x4.splat(top)
  const width = f32x4.div(t, f32x4.sub(high, low))
  odd = v128.or(odd, v128.or(f32x4.sub(width, width), f32x4.eq(width, f32x4.splat(0))))
  if (v128.any_true(odd)) return false
  weigh(blockSize)
  let scale = f32x4.div(f32x4.splat(1), width)
  let minimum = low
  roundWith(blockSize, width, minimum, t)
  let least = errorOf(blockSize, scale, minimum)
  for (let step = 0; step < steps; step++) {
    const tried = v128.load32_splat(table + (<usize>step << 2))
    roundWith(blockSize, f32x4.div(tried, f32x4.sub(high, minimum)), minimum, t)
    const D = f32x4.sub(f32x4.mul(sumW, sumL2), f32x4.mul(sumL, sumL))
    const s = f32x4.div(f32x4.sub(f32x4.mul(sumW, sumXL), f32x4.mul(sumX, sumL)), D)
    const m = f32x4.div(f32x4.sub(f32x4.mul(sumL2, sumX), f32x4.mul(sumL, sumXL)), D)
    const zero = f32x4.nearest(f32x4.div(f32x4.neg(m), s))
    const inside = v128.and(f32x4.ge(zero, f32x4.splat(0)), f32x4.le(zero, t))
    // Most steps are worse than the best by far, and their error need not be known to the last bit.
    if (!v128.any_true(v128.andnot(inside, isWorse(s, m, least)))) continue
    const error = errorOf(blockSize, s, m)
    const better = v128.and(f32x4.lt(error, least), inside)
    least = v128.bitselect(error, least, better)
    scale = v128.bitselect(s, scale, better)
    minimum = v128.bitselect(m, minimum, better)
  }
  v128.store(out, scale)
  v128.store(out, f32x4.nearest(f32x4.div(f32x4.neg(minimum), scale)), 16)
  return true
}

/** ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7)) of the sums at `from`. */
// @ts-ignore: decorator
@inline
function across(from: usize): v128 {
  const a = f32x4.add(f32x4.add(v128.load(from), v128.load(from, 16)), f32x4.add(v128.load(from, 32), v128.load(from, 48)))
  const b = f32x4.add(f32x4.add(v128.load(from, 64), v128.load(from, 80)), f32x4.add(v128.load(from, 96), v128.load(from, 112)))
  return f32x4.add(a, b)
}

/**
 * Where Σw (s l + m - x)², multiplied out, is above the least error by more than rounding can make. Each sum loses 20 units in
 * the last place of its largest term at most, and all terms together are three times the squares among them: 256 units are far
 * beyond. Where it is no number: false.
 */
// @ts-ignore: decorator
@inline
function isWorse(s: v128, m: v128, least: v128): v128 {
  const squares = f32x4.add(sumX2, f32x4.add(f32x4.mul(f32x4.mul(m, m), sumW), f32x4.mul(f32x4.mul(s, s), sumL2)))
  const mixed = f32x4.sub(f32x4.mul(f32x4.mul(s, m), sumL), f32x4.add(f32x4.mul(s, sumXL), f32x4.mul(m, sumX)))
  const error = f32x4.add(squares, f32x4.add(mixed, mixed))
  return f32x4.gt(error, f32x4.add(least, f32x4.mul(squares, f32x4.splat(1.5e-5))))
}

function weigh(blockSize: i32): void {
  let squares = f32x4.splat(0)
  for (let i = 0; i < blockSize; i += run) {
    const end = min(i + run, blockSize)
    for (let k = 0; k < 8; k++) {
      let a = f32x4.splat(0)
      for (let j = i + k; j < end; j += 8) {
        const x = v128.load(lanes + (<usize>j << 4))
        a = f32x4.add(a, f32x4.mul(x, x))
      }
      v128.store(partial + (<usize>k << 4), a)
    }
    squares = f32x4.add(squares, across(partial))
  }
  const mean = f32x4.sqrt(f32x4.div(squares, f32x4.splat(<f32>blockSize)))
  sumW = sumX = sumX2 = f32x4.splat(0)
  for (let i = 0; i < blockSize; i += run) {
    const end = min(i + run, blockSize)
    for (let k = 0; k < 8; k++) {
      let a = f32x4.splat(0), b = a, c = a
      for (let j = i + k; j < end; j += 8) {
        const x = v128.load(lanes + (<usize>j << 4))
        const w = f32x4.add(mean, f32x4.abs(x))
        v128.store(weights + (<usize>j << 4), w)
        a = f32x4.add(a, w)
        const wx = f32x4.mul(w, x)
        b = f32x4.add(b, wx)
        c = f32x4.add(c, f32x4.mul(wx, x))
      }
      v128.store(partial + (<usize>k << 4), a)
      v128.store(partial + (<usize>k << 4), b, 128)
      v128.store(partial + (<usize>k << 4), c, 256)
    }
    sumW = f32x4.add(sumW, across(partial))
    sumX = f32x4.add(sumX, across(partial + 128))
    sumX2 = f32x4.add(sumX2, across(partial + 256))
  }
}

/** l = round((x - minimum) * width), and the sums Σwl, Σwl², Σwlx. */
function roundWith(blockSize: i32, width: v128, minimum: v128, top: v128): void {
  let L = f32x4.splat(0), L2 = L, XL = L
  const nothing = f32x4.splat(0)
  for (let i = 0; i < blockSize; i += run) {
    const end = <usize>min(i + run, blockSize) << 4
    for (let k: usize = 0; k < 128; k += 16) {
      let a = nothing, b = nothing, c = nothing
      // Two at a time: blocks are at least sixteen numbers.
      for (let at = (<usize>i << 4) + k; at < end; at += 256) {
        const x = v128.load(lanes + at), y = v128.load(lanes + at, 128)
        const l = f32x4.pmin(f32x4.pmax(nothing, f32x4.nearest(f32x4.mul(width, f32x4.sub(x, minimum)))), top)
        const n = f32x4.pmin(f32x4.pmax(nothing, f32x4.nearest(f32x4.mul(width, f32x4.sub(y, minimum)))), top)
        v128.store(codes + at, l)
        v128.store(codes + at, n, 128)
        const wl = f32x4.mul(v128.load(weights + at), l), wn = f32x4.mul(v128.load(weights + at, 128), n)
        a = f32x4.add(f32x4.add(a, wl), wn)
        b = f32x4.add(f32x4.add(b, f32x4.mul(wl, l)), f32x4.mul(wn, n))
        c = f32x4.add(f32x4.add(c, f32x4.mul(wl, x)), f32x4.mul(wn, y))
      }
      v128.store(partial + k, a)
      v128.store(partial + k, b, 128)
      v128.store(partial + k, c, 256)
    }
    L = f32x4.add(L, across(partial))
    L2 = f32x4.add(L2, across(partial + 128))
    XL = f32x4.add(XL, across(partial + 256))
  }
  sumL = L
  sumL2 = L2
  sumXL = XL
}

/** Σ w (scale l + minimum - x)² */
function errorOf(blockSize: i32, scale: v128, minimum: v128): v128 {
  let error = f32x4.splat(0)
  for (let i = 0; i < blockSize; i += run) {
    const end = <usize>min(i + run, blockSize) << 4
    for (let k: usize = 0; k < 128; k += 16) {
      let a = f32x4.splat(0)
      for (let at = (<usize>i << 4) + k; at < end; at += 256) {
        const l = v128.load(codes + at), n = v128.load(codes + at, 128)
        const d = f32x4.sub(f32x4.add(f32x4.mul(scale, l), minimum), v128.load(lanes + at))
        const e = f32x4.sub(f32x4.add(f32x4.mul(scale, n), minimum), v128.load(lanes + at, 128))
        const wd = f32x4.mul(v128.load(weights + at), f32x4.mul(d, d))
        const we = f32x4.mul(v128.load(weights + at, 128), f32x4.mul(e, e))
        a = f32x4.add(f32x4.add(a, wd), we)
      }
      v128.store(partial + k, a)
    }
    error = f32x4.add(error, across(partial))
  }
  return error
}
