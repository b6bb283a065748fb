// llama.cpp's search for the scale and minimum of a block (make_qkx), in the arithmetic of ONNX Runtime's k-quant: steps of
// different width are tried, each gives codes, and the codes give scale and minimum by weighted least squares.
import { across, run } from './sums'

const weights: usize = memory.data(1024, 64) // [256] mean magnitude + |x|
const codes: usize = memory.data(1024, 64) // [256] of the step that is tried

let sumW: f32 = 0
let sumX: f32 = 0
let sumL: f32 = 0
let sumL2: f32 = 0
let sumXL: f32 = 0

/** Weights of the squared errors: root of the mean square, plus the magnitude. Leaves Σw and Σwx. */
export function weigh(from: usize, blockSize: i32): usize {
  let squares: f32 = 0
  for (let i = 0; i < blockSize; i += run) {
    let a = f32x4.splat(0), b = a
    const end = min(i + run, blockSize)
    for (let j = i; j < end; j += 8) {
      const at = from + (<usize>j << 2)
      const x = v128.load(at), y = v128.load(at, 16)
      a = f32x4.add(a, f32x4.mul(x, x))
      b = f32x4.add(b, f32x4.mul(y, y))
    }
    squares += across(a, b)
  }
  const mean = f32x4.splat(sqrt<f32>(squares / <f32>blockSize))
  sumW = sumX = 0
  for (let i = 0; i < blockSize; i += run) weighRun(from, i, min(i + run, blockSize), mean)
  return weights
}

function weighRun(from: usize, start: i32, end: i32, mean: v128): void {
  let w0 = f32x4.splat(0), w1 = w0, x0 = w0, x1 = w0
  for (let j = start; j < end; j += 8) {
    const at = from + (<usize>j << 2), to = weights + (<usize>j << 2)
    const x = v128.load(at), y = v128.load(at, 16)
    const w = f32x4.add(mean, f32x4.abs(x)), v = f32x4.add(mean, f32x4.abs(y))
    v128.store(to, w)
    v128.store(to, v, 16)
    w0 = f32x4.add(w0, w)
    w1 = f32x4.add(w1, v)
    x0 = f32x4.add(x0, f32x4.mul(w, x))
    x1 = f32x4.add(x1, f32x4.mul(v, y))
  }
  sumW += across(w0, w1)
  sumX += across(x0, x1)
}

/**
 * Finds scale and zero point of a block whose range, 0 included, is low..high; `table` holds the widths of the range in
 * steps that are tried. Writes them to `out`; false if the range is too small for a scale.
 */
export function kQuant(
  from: usize, blockSize: i32, low: f32, high: f32, top: f32, table: usize, steps: i32, out: usize,
): bool {
  const width = top / (high - low)
  if (!isFinite(width) || width == 0) return false
  weigh(from, blockSize)
  let scale: f32 = 1 / width
  let minimum = low
  roundWith(from, blockSize, width, minimum, top)
  let least = errorOf(from, blockSize, scale, minimum)
  for (let step = 0; step < steps; step++) {
    // The range that is left above the best minimum so far, as in the reference.
    roundWith(from, blockSize, load<f32>(table + (<usize>step << 2)) / (high - minimum), minimum, top)
    const D = sumW * sumL2 - sumL * sumL
    const s: f32 = (sumW * sumXL - sumX * sumL) / D
    const m: f32 = (sumL2 * sumX - sumL * sumXL) / D
    const error = errorOf(from, blockSize, s, m)
    // Without 0 among its steps a fit is of no use to an integer zero point.
    const zero = nearest(-m / s)
    if (error < least && zero >= 0 && zero <= top) {
      least = error
      scale = s
      minimum = m
    }
  }
  store<f32>(out, scale)
  store<f32>(out, nearest(-minimum / scale), 4)
  return true
}

/** l = round((x - minimum) * width), and the sums Σwl, Σwl², Σwlx. */
function roundWith(from: usize, blockSize: i32, width: f32, minimum: f32, top: f32): void {
  sumL = sumL2 = sumXL = 0
  const factor = f32x4.splat(width), m = f32x4.splat(minimum), t = f32x4.splat(top)
  for (let i = 0; i < blockSize; i += run) {
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0
    const end = min(i + run, blockSize)
    for (let j = i; j < end; j += 8) {
      const at = <usize>j << 2
      const x = v128.load(from + at), y = v128.load(from + at, 16)
      const l = level(x, factor, m, t), k = level(y, factor, m, t)
      v128.store(codes + at, l)
      v128.store(codes + at, k, 16)
      const wl = f32x4.mul(v128.load(weights + at), l), vk = f32x4.mul(v128.load(weights + at, 16), k)
      a0 = f32x4.add(a0, wl)
      a1 = f32x4.add(a1, vk)
      b0 = f32x4.add(b0, f32x4.mul(wl, l))
      b1 = f32x4.add(b1, f32x4.mul(vk, k))
      c0 = f32x4.add(c0, f32x4.mul(wl, x))
      c1 = f32x4.add(c1, f32x4.mul(vk, y))
    }
    sumL += across(a0, a1)
    sumL2 += across(b0, b1)
    sumXL += across(c0, c1)
  }
}

// @ts-ignore: decorator
@inline
function level(x: v128, factor: v128, minimum: v128, top: v128): v128 {
  return f32x4.pmin(f32x4.pmax(f32x4.splat(0), f32x4.nearest(f32x4.mul(factor, f32x4.sub(x, minimum)))), top)
}

/** Σ w (scale l + minimum - x)² */
function errorOf(from: usize, blockSize: i32, scale: f32, minimum: f32): f32 {
  const s = f32x4.splat(scale), m = f32x4.splat(minimum)
  let error: f32 = 0
  for (let i = 0; i < blockSize; i += run) {
    let a = f32x4.splat(0), b = a
    const end = min(i + run, blockSize)
    for (let j = i; j < end; j += 8) {
      const at = <usize>j << 2
      const d = f32x4.sub(f32x4.add(f32x4.mul(s, v128.load(codes + at)), m), v128.load(from + at))
      const e = f32x4.sub(f32x4.add(f32x4.mul(s, v128.load(codes + at, 16)), m), v128.load(from + at, 16))
      a = f32x4.add(a, f32x4.mul(v128.load(weights + at), f32x4.mul(d, d)))
      b = f32x4.add(b, f32x4.mul(v128.load(weights + at, 16), f32x4.mul(e, e)))
    }
    error += across(a, b)
  }
  return error
}
