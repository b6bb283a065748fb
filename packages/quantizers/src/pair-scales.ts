// Codes in int8 that every processor adds right. x86 without VNNI multiplies uint8 activations with them two neighbours of a
// channel at a time and adds each two products in saturating 16 bits: right as long as the positive codes of a pair add up to
// 128 at most, and the negative ones to -128, since 255 · 128 < 2¹⁵. A channel gets the smallest scale that keeps all its pairs
// so: more codes than the [-64, 64] of a "reduced range", which stands for the worst pair that there could be.
//   code = round(w / s) + z      P, N: the largest and the smallest w₂ⱼ + w₂ⱼ₊₁
//   P/s + 2z ≤ 127   N/s + 2z ≥ -127   max/s + z ≤ 127   min/s + z ≥ -128         (rounding adds 1 to a pair at most)
import type { Tensor } from '@damson/graph'
import { decodeFloats, type Ranges } from '@damson/numerics'

/** Of each channel: the largest and the smallest sum of two numbers at places 2j and 2j + 1; 0 is always among them. */
export interface PairSums {
  readonly max: Float64Array
  readonly min: Float64Array
}

/** A matrix of float32 or float16 within a tensor. */
export interface Matrix {
  readonly tensor: Tensor
  /** Byte of the first element. */
  readonly start: number
  readonly shape: readonly [rows: number, columns: number]
}

/** Bytes that are read at once, unless two rows are more. */
const bandBytes = 4 << 20

/**
 * The sums of a matrix whose products add along `along`, 0 for [K, N] and 1 for [N, K]. `whole`: one channel for all of it.
 * Reads it once through.
 */
export async function pairSums(
  { tensor, start, shape: [rows, columns] }: Matrix, along: 0 | 1, whole: boolean, signal?: AbortSignal,
): Promise<PairSums> {
  const channels = along === 0 ? columns : rows
  const sums = { max: new Float64Array(channels), min: new Float64Array(channels) }
  const width = tensor.dtype === 'float32' ? 4 : 2
  const rowBytes = columns * width
  // Pairs of rows stay together.
  const bandRows = Math.max(2, Math.floor(bandBytes / rowBytes) & ~1)
  const band = new Uint8Array(Math.min(rows, bandRows) * rowBytes)
  for (let row = 0; row < rows; row += bandRows) {
    signal?.throwIfAborted()
    const count = Math.min(bandRows, rows - row)
    const bytes = band.subarray(0, count * rowBytes)
    await tensor.read({ offset: start + row * rowBytes, into: bytes })
    const values = floatsOf(bytes, width)
    if (along === 0) addDown(sums, values, columns)
    else addAcross(sums, values, columns, row)
  }
  return whole ? { max: Float64Array.of(sums.max.reduce((a, b) => Math.max(a, b), 0)), min: Float64Array.of(sums.min.reduce((a, b) => Math.min(a, b), 0)) } : sums
} // prettier-ignore

function floatsOf(bytes: Uint8Array, width: number): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes
  if (width === 4) return new Float32Array(buffer, byteOffset, byteLength / 4)
  return decodeFloats(new Uint16Array(buffer, byteOffset, byteLength / 2), 'float16')
}

/** Each two rows, of columns that are channels. */
function addDown({ max, min }: PairSums, values: Float32Array, columns: number): void {
  for (let first = 0; first + columns < values.length; first += 2 * columns) {
    for (let column = 0; column < columns; column++) {
      const sum = (values[first + column] ?? 0) + (values[first + columns + column] ?? 0)
      if (sum > (max[column] ?? 0)) max[column] = sum
      else if (sum < (min[column] ?? 0)) min[column] = sum
    }
  }
}

/** Each two columns, of rows that are channels; the first is channel `channel`. */
function addAcross({ max, min }: PairSums, values: Float32Array, columns: number, channel: number): void {
  for (let row = 0; row * columns < values.length; row++) {
    const first = row * columns
    let [most, least] = [0, 0]
    for (let column = 0; column + 1 < columns; column += 2) {
      const sum = (values[first + column] ?? 0) + (values[first + column + 1] ?? 0)
      if (sum > most) most = sum
      else if (sum < least) least = sum
    }
    max[channel + row] = most
    min[channel + row] = least
  }
}

/** The smallest scales, and zero points for them, 0 where that costs nothing. `symmetric`: always 0. A channel of zeros gets scale 1. */
export function pairScales(
  ranges: Pick<Ranges, 'min' | 'max'>, sums: PairSums, symmetric: boolean,
): { readonly scales: Float32Array<ArrayBuffer>; readonly zeroPoints: Int32Array<ArrayBuffer> } {
  const scales = new Float32Array(ranges.min.length)
  const zeroPoints = new Int32Array(ranges.min.length)
  for (let channel = 0; channel < scales.length; channel++) {
    const [low, high] = [Math.min(0, ranges.min[channel] ?? 0), Math.max(0, ranges.max[channel] ?? 0)]
    const [least, most] = [sums.min[channel] ?? 0, sums.max[channel] ?? 0]
    // Of the four bounds of z above, the upper ones lie at least 1 over the lower ones: there is a whole number between.
    const needed = symmetric
      ? Math.max(high, -low, most, -least) / 127
      : Math.max((high - low) / 254, (most - least) / 252, (most / 2 - low) / 190.5, (high - least / 2) / 189.5)
    const scale = Math.fround(needed)
    scales[channel] = scale < 2 ** -126 ? 1 : scale
    if (symmetric || scale < 2 ** -126) continue
    const top = Math.floor(Math.min((127 - most / scale) / 2, 127 - high / scale))
    const bottom = Math.ceil(Math.max((-127 - least / scale) / 2, -128 - low / scale))
    zeroPoints[channel] = Math.min(top, Math.max(bottom, 0))
  }
  return { scales, zeroPoints }
} // prettier-ignore
