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

/** Natural logarithm of 0 < x < 1 by additions, multiplications and divisions: x = m·2^e, log m = 2·artanh((m − 1)/(m + 1)). */
function logarithm(x: number): number {
  let [m, e] = [x, 0]
  while (m < Math.SQRT1_2) [m, e] = [m * 2, e - 1]
  const f = (m - 1) / (m + 1)
  const series = Array.from({ length: 12 }, (_, k) => 1 / (2 * k + 1))
  return 2 * f * polynomial(series, f * f) + e * Math.LN2
}

type Coefficients = readonly [readonly number[], readonly number[]]

const middle: Coefficients = [
  [3.387132872796366608, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
    4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3],
  [1, 4.2313330701600911252e1, 6.871870074920579083e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
    3.930789580009271061e4, 2.8729085735721942674e4, 5.226495278852854561e3],
] // prettier-ignore
const near: Coefficients = [
  [1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 2.4178072517745061177e-1, 2.27238449892691845833e-2, 7.7454501427834140764e-4],
  [1, 2.05319162663775882187, 1.6763848301838038494, 6.8976733498510000455e-1, 1.4810397642748007459e-1,
    1.51986665636164571966e-2, 5.475938084995344946e-4, 1.05075007164441684324e-9],
] // prettier-ignore
const far: Coefficients = [
  [6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 2.9656057182850489123e-1,
    2.6532189526576123093e-2, 1.2426609473880784386e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7],
  [1, 5.9983220655588793769e-1, 1.3692988092273580531e-1, 1.48753612908506148525e-2, 7.868691311456132591e-4,
    1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15],
] // prettier-ignore
