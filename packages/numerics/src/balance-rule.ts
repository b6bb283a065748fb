// Rounding to the nearest code makes each error small and lets their sum grow as it will. But what multiplies a row rarely has
// a mean of 0 (it left a ReLU, a GELU, a softmax, or has features that hardly change), and the mean meets the sum of the
// errors. For inputs of mean m and variance v, the same for all, the error of the product has the power
//   v Σ e² + m² (Σ e)²  ∝  Σ e² + balance (Σ e)²,    balance = m² / v
// and a code is moved to its other neighbour where that makes this less. Sums run on from block to block of a row, and from
// band to band. Flipping codes by their sum without data is Guo et al. 2022 (SQuant), arXiv 2202.07471, §3.
// In plain JavaScript: twin of assembly/balance.ts.
import type { BlockCall } from './engine.ts'
import { pairwiseSum } from './pairwise-sum.ts'

const { fround } = Math

/** Where the codes of a call lie. */
interface Coded {
  readonly source: Float32Array
  readonly packed: Uint8Array
  readonly scales: Float32Array
  readonly zeroOf: (row: number, block: number) => number
}

/** Balances the codes of rows that were just coded, in place. */
export function balanceRows(buffer: ArrayBuffer, call: BlockCall): void {
  const { rows, K, kBlocks, blockSize } = call
  if (call.balance === 0) return
  const coded = codedOf(buffer, call, rows * K)
  for (let n = 0; n < rows; n++) {
    let sum = 0
    for (let b = 0; b < kBlocks; b++) {
      const count = Math.min(blockSize, K - b * blockSize)
      sum = balanceBlock(coded, call, { row: n, block: b, at: n * K + b * blockSize, stride: 1, count }, sum)
    }
  }
}

/** The same for a band of columns, whose sums so far are at `call.sums`. */
export function balanceColumns(buffer: ArrayBuffer, call: BlockCall): void {
  const { rows, N, blockSize, firstBlock } = call
  if (call.balance === 0) return
  const coded = codedOf(buffer, call, rows * N)
  const sums = new Float64Array(buffer, call.sums, N)
  for (let k = 0; k < rows; k += blockSize) {
    const count = Math.min(blockSize, rows - k)
    const block = firstBlock + k / blockSize
    for (let n = 0; n < N; n++) {
      const place = { row: n, block, at: k * N + n, stride: N, count }
      sums[n] = balanceBlock(coded, call, place, sums[n] ?? 0)
    }
  }
}

function codedOf(buffer: ArrayBuffer, call: BlockCall, length: number): Coded {
  const { bits, zeroRowBytes, zeroPoints, kBlocks } = call
  const bytes = new Uint8Array(buffer, zeroPoints)
  return {
    source: new Float32Array(buffer, call.source, length),
    packed: new Uint8Array(buffer, call.packed),
    scales: new Float32Array(buffer, call.scales),
    zeroOf: (row, block) => {
      if (zeroPoints === 0) return 1 << (bits - 1)
      if (call.search.kind !== 'half-quadratic-float') return codeAt(bytes, row * zeroRowBytes, block, bits)
      return new Float32Array(buffer, zeroPoints + row * zeroRowBytes, kBlocks)[block] ?? 0
    },
  }
}

interface Place {
  readonly row: number
  readonly block: number
  /** Where its first number lies, and how far it is to the next. */
  readonly at: number
  readonly stride: number
  readonly count: number
}

function balanceBlock(coded: Coded, call: BlockCall, place: Place, carry: number): number {
  const { bits, blockSize, rowBytes, kBlocks, balance } = call
  const { row, block, at, stride, count } = place
  const codes = row * rowBytes + (block * blockSize * bits) / 8
  const scale = coded.scales[row * kBlocks + block] ?? 0
  const zero = coded.zeroOf(row, block)
  const errors = new Float32Array(Math.ceil(count / 8) * 8)
  for (let i = 0; i < count; i++) {
    const steps = fround(codeAt(coded.packed, codes, i, bits) - zero)
    errors[i] = (coded.source[at + i * stride] ?? 0) - fround(scale * steps)
  }
  let sum = carry + pairwiseSum(errors.length, i => errors[i] ?? 0)
  // A block that cannot be coded, one of zeros, and one whose numbers are too small to be counted in steps.
  if (!Number.isFinite(sum)) return 0
  const reciprocal = fround(1 / scale)
  if (!Number.isFinite(reciprocal)) return sum
  const perStep = 1 / scale
  for (;;) {
    const size = Math.abs(sum * perStep)
    if (!(size > 0.5)) return sum
    const way = sum * perStep > 0 ? 1 : -1
    const end = way > 0 ? (1 << bits) - 1 : 0
    const mayMove = (index: number): boolean => codeAt(coded.packed, codes, index, bits) !== end
    const { i, distance } = furthest(errors.subarray(0, count), reciprocal * way, mayMove)
    // What Σ e² grows by, and what balance (Σ e)² shrinks by, in steps.
    if (!(distance > 0) || 1 - 2 * distance > balance * (2 * size - 1)) return sum
    const byte = codes + ((i * bits) >>> 3)
    coded.packed[byte] = (coded.packed[byte] ?? 0) + way * 2 ** ((i * bits) & 7)
    errors[i] = (errors[i] ?? 0) - scale * way
    sum -= scale * way
  }
}

/** The code that is furthest from its number, and how far in steps, among those that may move. */
function furthest(
  errors: Float32Array,
  factor: number,
  mayMove: (index: number) => boolean,
): { readonly i: number; readonly distance: number } {
  let found = { i: 0, distance: 0 }
  errors.forEach((error, i) => {
    const distance = fround(error * factor)
    if (distance > found.distance && mayMove(i)) found = { i, distance }
  })
  return found
}

function codeAt(bytes: Uint8Array, row: number, i: number, bits: number): number {
  return ((bytes[row + ((i * bits) >>> 3)] ?? 0) >>> ((i * bits) & 7)) & ((1 << bits) - 1)
}
