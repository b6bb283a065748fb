// How far apart two outputs are: SQNR = 10·log10(Σ‖y‖² / Σ‖y − ŷ‖²) and cosine = Σ y·ŷ / (‖y‖·‖ŷ‖), summed over all
// elements of all samples. Positions where the original is not finite are left out and counted.
import type { Outputs, TensorData } from '@damson/core'
import { numberOfHalf } from './feeds/half.ts'

/** Running sums over samples of one output. */
export interface QualitySums {
  readonly signal: number
  readonly noise: number
  readonly product: number
  readonly power: number
  /** Positions left out because the original is not finite. */
  readonly excluded: number
  /** Positions where only the new value is not finite. */
  readonly broken: number
}

const none: QualitySums = { signal: 0, noise: 0, product: 0, power: 0, excluded: 0, broken: 0 }

/** Adds one sample of one output to the sums. */
export function addQuality(got: TensorData, want: TensorData, sums: QualitySums = none): QualitySums {
  let { signal, noise, product, power, excluded, broken } = sums
  const [z, y] = [numbersOf(got), numbersOf(want)]
  for (let at = 0; at < y.length; at++) {
    const [a = Number.NaN, b = Number.NaN] = [y[at], z[at]]
    if (!Number.isFinite(a)) excluded++
    else if (!Number.isFinite(b)) broken++
    else {
      signal += a * a
      power += b * b
      product += a * b
      noise += (a - b) ** 2
    }
  }
  return { signal, noise, product, power, excluded, broken }
}

/** Decibels: Infinity when nothing differs, -Infinity when a finite number became NaN or infinite. */
export function sqnrOf({ signal, noise, broken }: QualitySums): number {
  if (broken > 0) return -Infinity
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise)
}

/** 1 when both point the same way; 1 too when both are zero. */
export function cosineOf({ signal, power, product, broken }: QualitySums): number {
  if (broken > 0) return Number.NaN
  return signal === 0 && power === 0 ? 1 : product / Math.sqrt(signal * power)
}

/** True for outputs that quality is measured on. */
export function isFloatOutput({ dtype }: TensorData): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16'
}

/** SQNR in dB of the worst floating-point output of one run; Infinity when all are equal, -Infinity when one is missing. */
export function sqnr(actual: Outputs, expected: Outputs): number {
  const each = Object.entries(expected).flatMap(([name, want]) => {
    const got = actual[name]
    if (!isFloatOutput(want)) return []
    return got && got.data.length === want.data.length ? [sqnrOf(addQuality(got, want))] : [-Infinity]
  })
  return Math.min(Infinity, ...each)
}

function numbersOf({ dtype, data }: TensorData): ArrayLike<number> {
  if (data instanceof Float32Array || data instanceof Float64Array) return data
  const numbers = new Float64Array(data.length)
  for (let at = 0; at < data.length; at++) {
    numbers[at] = dtype === 'float16' ? numberOfHalf(Number(data[at])) : Number(data[at])
  }
  return numbers
}
