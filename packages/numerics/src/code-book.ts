// 4-bit codes that stand for 16 fixed numbers between -1 and 1, times the largest magnitude of a block: bitsandbytes' NF4 and
// FP4 (Dettmers 2023), as com.microsoft MatMulBnb4 reads them. Codes and magnitudes are ONNX Runtime's, bit for bit.
import { requireInteger } from './error.ts'

export type CodeBook = 'nf4' | 'fp4'

const { abs, fround } = Math

/** NF4: quantiles of the normal distribution; what code q stands for. */
const nf4Values = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
  -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
  0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
] // prettier-ignore

/** Code q + 1 begins above the q-th of these. */
const nf4Pivots = Float32Array.of(
  -0.8480964004993439, -0.6106329262256622, -0.4599952697753906, -0.33967943489551544, -0.23460740596055984,
  -0.13791173323988914, -0.045525018125772476, 0.03979014977812767, 0.1202552504837513, 0.2035212516784668,
  0.2920137718319893, 0.3893125355243683, 0.5016634166240692, 0.6427869200706482, 0.8614784181118011,
) // prettier-ignore

/** FP4: magnitudes 0, 0.0625, 2, 3, 4, 6, 8, 12 of 12; ascending, with their codes. Bit 3 is the sign. */
const fp4Magnitudes = [0, 5.208333333e-3, 0.16666667, 0.25, 0.33333333, 0.5, 0.66666667, 1]
const fp4Codes = [0, 1, 6, 7, 4, 5, 2, 3]
const fp4Pivots = Float32Array.of(
  0.00260417, 0.0859375, 0.20833333, 0.29166667, 0.4166667, 0.583333, 0.8333333,
) // prettier-ignore

/** The 16 numbers that the codes of a book stand for, float32. */
export function codeBookValues(book: CodeBook): Float32Array<ArrayBuffer> {
  if (book === 'nf4') return Float32Array.from(nf4Values)
  const values = new Float32Array(16)
  fp4Magnitudes.forEach((value, i) => {
    const code = fp4Codes[i] ?? 0
    values[code] = value
    values[code + 8] = -value
  })
  return values
}

export interface BookBlocks {
  /** Two codes a byte, the first in the high bits. */
  readonly packed: Uint8Array<ArrayBuffer>
  /** The largest magnitude of each block. */
  readonly absmax: Float32Array<ArrayBuffer>
  /** Values that are NaN or infinite: refuse the weight. */
  readonly nonFinite: number
}

/**
 * Codes of values in blocks of `blockSize` (even), the last of which may be shorter. Streams: whole blocks at a time give the
 * same as all at once.
 */
export function quantizeByBook(values: Float32Array, blockSize: number, book: CodeBook): BookBlocks {
  requireInteger('blockSize', blockSize, 2)
  const packed = new Uint8Array(Math.ceil(values.length / 2))
  const absmax = new Float32Array(Math.ceil(values.length / blockSize))
  const codeOf = book === 'nf4' ? nf4Code : fp4Code
  let nonFinite = 0
  for (let block = 0, from = 0; from < values.length; block++, from += blockSize) {
    const end = Math.min(from + blockSize, values.length)
    let peak = 0
    for (let i = from; i < end; i++) {
      const size = abs(values[i] ?? 0)
      if (size - size !== 0) nonFinite++
      else if (size > peak) peak = size
    }
    absmax[block] = peak
    const factor = peak === 0 ? 0 : fround(1 / peak)
    for (let i = from; i < end; i += 2) {
      const high = codeOf(fround((values[i] ?? 0) * factor))
      const low = codeOf(i + 1 < end ? fround((values[i + 1] ?? 0) * factor) : 0)
      packed[i >> 1] = (high << 4) | low
    }
  }
  return { packed, absmax, nonFinite }
}

function nf4Code(x: number): number {
  let code = 0
  for (let step = 8; step > 0; step >>= 1) if (x > (nf4Pivots[code + step - 1] ?? Infinity)) code += step
  return code
}

function fp4Code(x: number): number {
  const size = abs(x)
  let rank = 0
  for (let step = 4; step > 0; step >>= 1) if (size > (fp4Pivots[rank + step - 1] ?? Infinity)) rank += step
  return (fp4Codes[rank] ?? 0) + (x < 0 ? 8 : 0)
}

/** What a reader makes of codes of `count` values: book value * absmax, in float32. */
export function dequantizeByBook(
  { packed, absmax }: Omit<BookBlocks, 'nonFinite'>,
  count: number,
  blockSize: number,
  book: CodeBook,
): Float32Array<ArrayBuffer> {
  const numbers = codeBookValues(book)
  return Float32Array.from({ length: count }, (_, i) => {
    const code = ((packed[i >> 1] ?? 0) >> (i % 2 === 0 ? 4 : 0)) & 15
    return (numbers[code] ?? 0) * (absmax[Math.floor(i / blockSize)] ?? 0)
  })
}
