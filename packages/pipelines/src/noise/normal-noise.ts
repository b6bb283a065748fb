// Standard normal noise that is the same on every machine and engine: random bits from Philox, turned into normal numbers by
// the inverse of the distribution, in operations that IEEE 754 defines to the last bit (Math.log and Math.cos are not).
import { philox } from './philox.ts'

export interface NoiseStream {
  /** A whole number from 0 to 2^53 − 1. */
  readonly seed: number
  /** Which draw of that seed: 0 for the start noise, 1 + the call's index for noise of steps, others as wished. */
  readonly draw?: number
}

/** `count` standard normal numbers. */
export function normalNoise(count: number, { seed, draw = 0 }: NoiseStream): Float32Array {
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0] as const
  const noise = new Float32Array(count)
  for (let block = 0; block * 4 < count; block++) {
    const bits = philox([block, 0, draw >>> 0, 0], key)
    bits.forEach((word, i) => (noise[block * 4 + i] = inverseNormal((word + 0.5) / 2 ** 32)))
  }
  return noise
}

const { sqrt } = Math

/** The number below which a share `p` of a standard normal lies: Wichura 1988, algorithm AS 241 (PPND16). */
export function inverseNormal(p: number): number {
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return (q * polynomial(middle[0], r)) / polynomial(middle[1], r)
  }
  const r = sqrt(-logarithm(q < 0 ? p : 1 - p))
  const tail = r <= 5 ? ratio(near, r - 1.6) : ratio(far, r - 5)
  return q < 0 ? -tail : tail
}

const ratio = ([top, bottom]: Coefficients, r: number): number => polynomial(top, r) / polynomial(bottom, r)

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0)
}

/** 1, 1/3, 1/5 …: artanh f = f·Σ f^2k/(2k + 1). */
const series = Array.from({ length: 12 }, (_, k) => 1 / (2 * k + 1))

/** Natural logarithm of 0 < x < 1 by additions, multiplications and divisions: x = m·2^e, log m = 2·artanh((m − 1)/(m + 1)). */
function logarithm(x: number): number {
  let [m, e] = [x, 0]
  while (m < Math.SQRT1_2) [m, e] = [m * 2, e - 1]
  const f = (m - 1) / (m + 1)
  return 2 * f * polynomial(series, f * f) + e * Math.LN2
}

type Coefficients = readonly [readonly number[], readonly number[]]

const middle: Coefficients = [
  [3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946,
    45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227],
  [1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597,
    39307.89580009271, 28729.085735721943, 5226.495278852854],
] // prettier-ignore
const near: Coefficients = [
  [1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045,
    1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414],
  [1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
    0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9],
] // prettier-ignore
const far: Coefficients = [
  [6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
    0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7],
  [1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
    1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15],
] // prettier-ignore
