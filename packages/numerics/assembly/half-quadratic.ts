// Half-quadratic quantization (Badri & Shaji 2023) of a block: minimizes |w - s (q - z)|^p, p < 1, by turns over the errors
// that are let go (a shrinkage) and the zero point (a mean). An integer zero point gets a scale of its own after that.
import { across, run } from './sums'

const refits: i32 = 4

let sumE: f32 = 0
let sumZ: f32 = 0
let sumKD: f32 = 0
let sumDD: f32 = 0

/**
 * Finds the float zero point of a block whose range is low..high. `table`: p - 1, then for each iteration the error from
 * which on something is let go, and 1 / beta. Writes 1 / scale and the zero point to `out`; false if there is no range.
 */
export function floatZeroPoint(
  from: usize, blockSize: i32, low: f32, high: f32, top: f32, table: usize, steps: i32, out: usize,
): bool {
  const factor: f32 = top / (high - low)
  const scale: f32 = 1 / factor
  if (!isFinite(factor) || factor == 0 || !isFinite(scale)) return false
  const power = <f64>load<f32>(table)
  let zero: f32 = nearest(-low * factor)
  let best: f32 = Infinity
  for (let step = 0; step < steps; step++) {
    const at = table + 4 + (<usize>step << 3)
    meanZero(from, blockSize, factor, zero, top, load<f32>(at), load<f32>(at, 4), power)
    zero = sumZ / <f32>blockSize
    if (!(sumE < best)) break
    best = sumE
  }
  if (!isFinite(zero)) return false
  store<f32>(out, factor)
  store<f32>(out, zero, 4)
  return true
}

/** Leaves Σ|w - w_r| and Σ (q - (w - w_e) factor) of a zero point. */
function meanZero(
  from: usize, blockSize: i32, factor: f32, zero: f32, top: f32, threshold: f32, reach: f32, power: f64,
): void {
  const f = f32x4.splat(factor), z = f32x4.splat(zero), t = f32x4.splat(top), limit = f32x4.splat(threshold)
  sumE = sumZ = 0
  for (let i = 0; i < blockSize; i += run) {
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0
    const end = min(i + run, blockSize)
    for (let j = i; j < end; j += 8) {
      const at = from + (<usize>j << 2)
      const x = v128.load(at), y = v128.load(at, 16)
      const q = f32x4.pmin(f32x4.pmax(f32x4.splat(0), f32x4.nearest(f32x4.add(f32x4.mul(x, f), z))), t)
      const k = f32x4.pmin(f32x4.pmax(f32x4.splat(0), f32x4.nearest(f32x4.add(f32x4.mul(y, f), z))), t)
      const d = f32x4.sub(x, f32x4.div(f32x4.sub(q, z), f)), e = f32x4.sub(y, f32x4.div(f32x4.sub(k, z), f))
      a0 = f32x4.add(a0, f32x4.abs(d))
      a1 = f32x4.add(a1, f32x4.abs(e))
      b0 = f32x4.add(b0, f32x4.sub(q, f32x4.mul(f32x4.sub(x, shrunk(d, limit, reach, power)), f)))
      b1 = f32x4.add(b1, f32x4.sub(k, f32x4.mul(f32x4.sub(y, shrunk(e, limit, reach, power)), f)))
    }
    sumE += across(a0, a1)
    sumZ += across(b0, b1)
  }
}

/** sign(e) max(0, |e| - reach (|e| + 1e-8)^power), which is 0 below the limit. */
// @ts-ignore: decorator
@inline
function shrunk(e: v128, limit: v128, reach: f32, power: f64): v128 {
  if (!v128.any_true(f32x4.gt(f32x4.abs(e), limit))) return f32x4.splat(0)
  let out = f32x4.splat(0)
  out = f32x4.replace_lane(out, 0, shrink(f32x4.extract_lane(e, 0), reach, power))
  out = f32x4.replace_lane(out, 1, shrink(f32x4.extract_lane(e, 1), reach, power))
  out = f32x4.replace_lane(out, 2, shrink(f32x4.extract_lane(e, 2), reach, power))
  return f32x4.replace_lane(out, 3, shrink(f32x4.extract_lane(e, 3), reach, power))
}

function shrink(e: f32, reach: f32, power: f64): f32 {
  const size = abs<f32>(e)
  const less: f32 = size - reach * <f32>powerOf(<f64>(size + <f32>1e-8), power)
  return less > 0 ? copysign<f32>(less, e) : 0
}

/** t^power for normal t > 0, to 1e-14: t = m 2^e; ln by its series in (m-1)/(m+1), exp by its own. As in half-quadratic-rule.ts. */
function powerOf(t: f64, power: f64): f64 {
  const word = reinterpret<i64>(t)
  const exponent = <i32>(word >> 52) - 1023
  const m = reinterpret<f64>((word & 0x000fffffffffffff) | 0x3ff0000000000000)
  const u = (m - 1) / (m + 1)
  const square = u * u
  let series: f64 = 0
  for (let n = 29; n >= 1; n -= 2) series = series * square + 1 / <f64>n
  const y = power * (<f64>exponent * 0.6931471805599453 + 2 * u * series)
  const whole = nearest(y / 0.6931471805599453)
  const r = y - whole * 0.6931471805599453
  let sum: f64 = 1
  for (let n = 18; n >= 1; n--) sum = 1 + sum * r / <f64>n
  return sum * reinterpret<f64>((<i64>whole + 1023) << 52)
}

/**
 * Scale and integer zero point of least squared error among those that `out` holds and those next to a float zero point `next`;
 * each scale is refitted to its codes and to the weights without the errors that are let go. Overwrites `out`.
 */
export function integerZeroPoint(
  from: usize, blockSize: i32, next: f32, top: f32, symmetric: bool, table: usize, steps: i32, out: usize,
): void {
  const scale = load<f32>(out), own = load<f32>(out, 4)
  const last = table + 4 + (<usize>(steps - 1) << 3)
  const power = <f64>load<f32>(table)
  let best: f32 = Infinity
  const candidates = symmetric ? 1 : 3
  for (let i = 0; i < candidates; i++) {
    const zero = i == 0 ? own : min(max(floor(next) + <f32>(i - 1), 0), top)
    let s = scale
    for (let refit = 0; refit <= refits; refit++) {
      keep(from, blockSize, s, zero, top, load<f32>(last), load<f32>(last, 4), power)
      if (sumE < best) {
        best = sumE
        store<f32>(out, s)
        store<f32>(out, zero, 4)
      }
      const refitted: f32 = sumKD / sumDD
      if (!isFinite(refitted) || refitted == 0 || !isFinite(<f32>1 / refitted)) break
      s = refitted
    }
  }
}

/** Leaves Σ(w - s d)², Σ k d and Σ d² of d = round(w / s), with k = w without what is let go. */
function keep(
  from: usize, blockSize: i32, scale: f32, zero: f32, top: f32, threshold: f32, reach: f32, power: f64,
): void {
  const s = f32x4.splat(scale), low = f32x4.splat(-zero), high = f32x4.splat(top - zero)
  const limit = f32x4.splat(threshold)
  sumE = sumKD = sumDD = 0
  for (let i = 0; i < blockSize; i += run) {
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0
    const end = min(i + run, blockSize)
    for (let j = i; j < end; j += 8) {
      const at = from + (<usize>j << 2)
      const x = v128.load(at), y = v128.load(at, 16)
      const d = f32x4.pmin(f32x4.pmax(low, f32x4.nearest(f32x4.div(x, s))), high)
      const e = f32x4.pmin(f32x4.pmax(low, f32x4.nearest(f32x4.div(y, s))), high)
      const p = f32x4.sub(x, f32x4.mul(d, s)), q = f32x4.sub(y, f32x4.mul(e, s))
      a0 = f32x4.add(a0, f32x4.mul(p, p))
      a1 = f32x4.add(a1, f32x4.mul(q, q))
      b0 = f32x4.add(b0, f32x4.mul(f32x4.sub(x, shrunk(p, limit, reach, power)), d))
      b1 = f32x4.add(b1, f32x4.mul(f32x4.sub(y, shrunk(q, limit, reach, power)), e))
      c0 = f32x4.add(c0, f32x4.mul(d, d))
      c1 = f32x4.add(c1, f32x4.mul(e, e))
    }
    sumE += across(a0, a1)
    sumKD += across(b0, b1)
    sumDD += across(c0, c1)
  }
}
