// The scale (and integer zero point) of least squared error: steps of different width are tried around those of the range,
// each gives codes d = q - z, and the codes give the scale Σwxd / Σwd², whose error is Σwx² - (Σwxd)² / Σwd².
import { across, run } from './sums'
import { weigh } from './k-quant'

const ones: usize = memory.data(1024, 64) // [256]

const refinements: i32 = 2

let sumXD: f32 = 0
let sumDD: f32 = 0

/**
 * Finds scale and zero point of a block whose range, 0 included, is low..high; `table` holds what is added to the width of
 * the range in steps. Writes them to `out`; false if the range is too small for a scale.
 */
export function leastSquares(
  from: usize, blockSize: i32, low: f32, high: f32, bits: i32, symmetric: bool, weighted: bool,
  table: usize, steps: i32, out: usize,
): bool {
  const top = <f32>((1 << bits) - 1)
  const middle = <f32>(1 << (bits - 1))
  const peak: f32 = high > -low ? high : low
  const unit: f32 = symmetric ? -1 / peak : 1 / (high - low) // 1 / range: times steps gives 1 / scale
  const width: f32 = symmetric ? middle : top
  if (!isFinite(width * unit) || width * unit == 0) return false
  const weights = weighted ? weigh(from, blockSize) : filledOnes(blockSize)
  const zero: f32 = symmetric ? middle : nearest(-low * (top * unit))
  let best: f64 = 0
  for (let shift: f32 = -1; shift <= 1; shift++) {
    const z: f32 = zero + shift
    if (z < 0 || z > top || (symmetric && shift != 0)) continue
    for (let step = 0; step < steps; step++) {
      fit(from, weights, blockSize, (width + load<f32>(table + (<usize>step << 2))) * unit, z, top)
      const gain = <f64>sumXD * <f64>sumXD / <f64>sumDD
      const scale: f32 = sumXD / sumDD
      if (gain > best && isFinite(scale) && isFinite(<f32>1 / scale)) {
        best = gain
        store<f32>(out, scale)
        store<f32>(out, z, 4)
      }
    }
  }
  if (best == 0) return false
  for (let i = 0; i < refinements; i++) {
    fit(from, weights, blockSize, <f32>1 / load<f32>(out), load<f32>(out, 4), top)
    const scale: f32 = sumXD / sumDD
    if (!isFinite(scale) || !isFinite(<f32>1 / scale)) break
    store<f32>(out, scale)
  }
  return true
}

function filledOnes(blockSize: i32): usize {
  for (let i = 0; i < blockSize; i += 4) v128.store(ones + (<usize>i << 2), f32x4.splat(1))
  return ones
}

/** d = round(x * factor), and the sums Σwxd, Σwd². */
function fit(from: usize, weights: usize, blockSize: i32, factor: f32, zero: f32, top: f32): void {
  const f = f32x4.splat(factor), low = f32x4.splat(-zero), high = f32x4.splat(top - zero)
  sumXD = sumDD = 0
  for (let i = 0; i < blockSize; i += run) {
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0
    const end = min(i + run, blockSize)
    for (let j = i; j < end; j += 8) {
      const at = <usize>j << 2
      const x = v128.load(from + at), y = v128.load(from + at, 16)
      const d = f32x4.pmin(f32x4.pmax(low, f32x4.nearest(f32x4.mul(x, f))), high)
      const e = f32x4.pmin(f32x4.pmax(low, f32x4.nearest(f32x4.mul(y, f))), high)
      const wd = f32x4.mul(v128.load(weights + at), d), ve = f32x4.mul(v128.load(weights + at, 16), e)
      a0 = f32x4.add(a0, f32x4.mul(wd, x))
      a1 = f32x4.add(a1, f32x4.mul(ve, y))
      b0 = f32x4.add(b0, f32x4.mul(wd, d))
      b1 = f32x4.add(b1, f32x4.mul(ve, e))
    }
    sumXD += across(a0, a1)
    sumDD += across(b0, b1)
  }
}
