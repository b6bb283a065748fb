// Half-quadratic quantization of one block in plain JavaScript: twin of assembly/half-quadratic.ts, operation by operation.
import type { FoundParameters } from './k-quant-rule.ts'
import { isUsable, offset } from './least-squares-rule.ts'
import { pairwiseSum } from './pairwise-sum.ts'
import { roundHalfToEven } from './rounding.ts'

const { abs, floor, fround, max, min } = Math

const refits = 4

/** Iteration `step` of a table: the limit below which nothing is let go, 1 / beta, p - 1. */
interface Shrinkage {
  readonly limit: number
  readonly reach: number
  readonly power: number
}

const shrinkageAt = (table: Float32Array, step: number): Shrinkage => ({
  limit: table[1 + 2 * step] ?? 0,
  reach: table[2 + 2 * step] ?? 0,
  power: table[0] ?? 0,
})

/** 1 / scale and the float zero point of a block of range low..high; undefined if it has no range. */
export function floatZeroPoint(
  x: Float32Array,
  low: number,
  high: number,
  top: number,
  table: Float32Array,
): { readonly factor: number; readonly zeroPoint: number } | undefined {
  const factor = fround(top / fround(high - low))
  if (!Number.isFinite(factor) || factor === 0 || !Number.isFinite(fround(1 / factor))) return undefined
  let zero = roundHalfToEven(fround(-low * factor))
  let best = Infinity
  for (let step = 0; 1 + 2 * step < table.length; step++) {
    const shrinkage = shrinkageAt(table, step)
    const q = x.map(v => offset(fround(fround(v * factor) + zero), 0, top))
    const e = x.map((v, i) => v - fround(fround((q[i] ?? 0) - zero) / factor))
    const error = pairwiseSum(x.length, i => abs(e[i] ?? 0))
    const sum = pairwiseSum(x.length, i => {
      const target = fround((x[i] ?? 0) - shrink(e[i] ?? 0, shrinkage))
      return fround((q[i] ?? 0) - fround(target * factor))
    })
    zero = fround(sum / x.length)
    if (!(error < best)) break
    best = error
  }
  return Number.isFinite(zero) ? { factor, zeroPoint: zero } : undefined
}

/** sign(e) max(0, |e| - reach (|e| + 1e-8)^power) */
function shrink(e: number, { limit, reach, power }: Shrinkage): number {
  // The limit saves the power; it is below what the formula itself cuts.
  if (!(abs(e) > limit)) return 0
  const less = fround(abs(e) - fround(reach * fround(powerOf(fround(abs(e) + fround(1e-8)), power))))
  return less > 0 ? Math.sign(e) * less : 0
}

/** t^power for normal t > 0, to 1e-14: as in assembly/half-quadratic.ts, since Math.pow differs between engines. */
function powerOf(t: number, power: number): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, t)
  const word = view.getBigInt64(0)
  const exponent = Number(word >> 52n) - 1023
  view.setBigInt64(0, (word & 0x000fffffffffffffn) | 0x3ff0000000000000n)
  const m = view.getFloat64(0)
  const u = (m - 1) / (m + 1)
  const square = u * u
  let series = 0
  for (let n = 29; n >= 1; n -= 2) series = series * square + 1 / n
  const y = power * (exponent * Math.LN2 + 2 * u * series)
  const whole = roundHalfToEven(y / Math.LN2)
  const r = y - whole * Math.LN2
  let sum = 1
  for (let n = 18; n >= 1; n--) sum = 1 + (sum * r) / n
  return sum * 2 ** whole
}

/**
 * Scale and integer zero point of least squared error among `own` and those next to the float zero point `next`; each scale is refitted to its codes and to the weights without the errors that are let go.
 */
export function integerZeroPoint(
  x: Float32Array,
  own: FoundParameters,
  next: number,
  top: number,
  symmetric: boolean,
  table: Float32Array,
): FoundParameters {
  const shrinkage = shrinkageAt(table, (table.length - 3) / 2)
  const near = floor(next)
  const zeros = symmetric ? [own.zeroPoint] : [own.zeroPoint, cut(near, top), cut(near + 1, top)]
  let best = Infinity
  let found = own
  for (const zeroPoint of zeros) {
    let { scale } = own
    for (let refit = 0; refit <= refits; refit++) {
      const fit = keep(x, scale, zeroPoint, top, shrinkage)
      if (fit.error < best) [best, found] = [fit.error, { scale, zeroPoint }]
      if (!isUsable(fit.scale) || fit.scale === 0) break
      scale = fit.scale
    }
  }
  return found
}

const cut = (zero: number, top: number): number => min(max(zero, 0), top)

/** The squared error of a scale, and the scale refitted to its codes. */
function keep(
  x: Float32Array,
  scale: number,
  zero: number,
  top: number,
  shrinkage: Shrinkage,
): { readonly error: number; readonly scale: number } {
  const d = x.map(v => offset(fround(v / scale), -zero, top - zero))
  const e = x.map((v, i) => v - fround((d[i] ?? 0) * scale))
  const error = pairwiseSum(x.length, i => fround((e[i] ?? 0) * (e[i] ?? 0)))
  const sumKD = pairwiseSum(x.length, i => {
    const target = fround((x[i] ?? 0) - shrink(e[i] ?? 0, shrinkage))
    return fround(target * (d[i] ?? 0))
  })
  const sumDD = pairwiseSum(x.length, i => fround((d[i] ?? 0) * (d[i] ?? 0)))
  return { error, scale: fround(sumKD / sumDD) }
}
