// Reads the constants that are to become halves once, and says which do not fit: numbers beyond the range, and weights so
// small that halves are subnormal and lose digits. Memory: one band of one weight.
import type { Tensor } from '@damson/graph'
import { encodeFloats, decodeFloats } from '@damson/numerics'
import type { Coder } from './coder.ts'
import { floatsOf, greatestHalf } from './half-constants.ts'
import type { ConstantRange } from './half-masks.ts'
import type { HalfType } from './half-slots.ts'

/**
 * A weight rounded to fp16 has some 73 dB. Below this it has lost more than rounding to 8 bits would cost (40 dB, what
 * 8-bit weight-only is held to), and so it stays.
 */
const leastDecibels = 40

/** Half a step between subnormal float16, squared: the most that one rounding adds to the noise. */
const roundingNoise = 2 ** -50

/** The range of a constant if something in it needs a decision; undefined for a weight that simply fits. */
export async function suspiciousRange(
  tensor: Tensor, type: HalfType, coder: Coder, signal?: AbortSignal,
): Promise<ConstantRange | undefined> {
  const { min, max, count } = await rangeOf(tensor, coder, signal)
  const largest = Math.max(-min, max)
  if (largest > greatestHalf[type]) return { min, max, decibels: null }
  // What is added or compared (biases, means, bounds) may be as small as it likes: at most 3e-8 goes.
  if (type !== 'float16' || tensor.shape.length < 2 || !(largest > 0)) return undefined
  // Normal numbers are rounded to 73 dB, so only subnormal ones can spoil it: at most this much noise.
  if ((largest ** 2 / (count * roundingNoise)) > 10 ** (leastDecibels / 10)) return undefined
  const decibels = await roundedDecibels(tensor, signal)
  return decibels < leastDecibels ? { min, max, decibels } : undefined
} // prettier-ignore

interface FiniteRange {
  readonly min: number
  readonly max: number
  readonly count: number
}

function rangeOf(tensor: Tensor, coder: Coder, signal: AbortSignal | undefined): Promise<FiniteRange> {
  const count = tensor.byteLength / 4
  if (count === 0) return Promise.resolve({ min: 0, max: 0, count })
  return coder.use(async kernel => {
    const stream = kernel.range({ shape: [count] })
    const { band, bandRows, sourceRowBytes, shape } = stream
    for (let row = 0; row < shape.rows; row += bandRows) {
      signal?.throwIfAborted()
      const rows = Math.min(bandRows, shape.rows - row)
      await tensor.read({ offset: row * sourceRowBytes, into: band.subarray(0, rows * sourceRowBytes) })
      stream.push(rows)
    }
    const { min, max } = stream.result()
    return { min: Math.min(min[0] ?? 0, 0), max: Math.max(max[0] ?? 0, 0), count }
  })
}

const bandBytes = 1 << 20

/** 10·log10(Σw² / Σ(w − half(w))²). */
async function roundedDecibels(tensor: Tensor, signal: AbortSignal | undefined): Promise<number> {
  let power = 0
  let noise = 0
  for (let at = 0; at < tensor.byteLength; at += bandBytes) {
    signal?.throwIfAborted()
    const length = Math.min(bandBytes, tensor.byteLength - at)
    const values = floatsOf(await tensor.read({ offset: at, length }))
    const rounded = decodeFloats(encodeFloats(values, 'float16'), 'float16')
    values.forEach((value, index) => {
      power += value * value
      noise += (value - (rounded[index] ?? 0)) ** 2
    })
  }
  return noise === 0 ? Infinity : 10 * Math.log10(power / noise)
}
