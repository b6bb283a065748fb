// The grid of a block that brings the output closest, on what the blocks before it in the row have lost already: with H the
// block's own part of XᵀX and g = Σ H_bj (w_j − ŵ_j) over those blocks j, least
//   (w − ŵ)ᵀH(w − ŵ) + 2 gᵀ(w − ŵ)
// over shares of the range (AWQ's clips) and, where asked for, scales refitted to the codes that came out (NNCF's scale
// estimation). For codes c = q − z the best scale has a closed form: s = (Hw + g)ᵀc / cᵀHc. Without g, which neither has, blocks
// whose inputs go together (what leaves a SiLU has a mean) add up their errors: no block gets worse, and the row does.
import { roundToFloat16 } from '@damson/numerics'
import { nearestCode, rangeGrid, type CodedRows, type Grid, type GridSpec } from './block-grid.ts'
import type { InputSums } from './hessians.ts'
import type { StageCodes } from './learnt-codes.ts'
import { dampOf, withDamp } from './shrinkage.ts'
import { subtractProduct } from './subtract-product.ts'

/** How the grids of a block are searched. */
export interface GridSearch {
  /** Shares of the range that are tried, 1 first. */
  readonly shares: readonly number[]
  /** Times that the scale is fitted to its codes and the codes to the scale; 0: never. */
  readonly refits: number
}

/** Shares of the range that AWQ and NNCF try: ten, down to a half and a little. */
export const rangeShares: readonly number[] = Array.from({ length: 10 }, (_, at) => 1 - at * 0.05)

/** How rows are coded with the grids of least output error. Of XᵀX of few rows no more is believed than they show. */
export function codesByOutput(
  { H, rows: seen }: Pick<InputSums, 'H' | 'rows'>,
  K: number,
  blockSize: number,
  search: GridSearch,
): StageCodes {
  const damped = withDamp(H, K, dampOf(H, K, seen))
  const parts = diagonalBlocks(damped, K, blockSize)
  return {
    coderOf:
      ({ spec }) =>
      rows =>
        roundByOutput(rows, spec, { H: damped, K, parts }, search),
  }
}

/** One block: `count` numbers of w from `from`, its part of XᵀX [count, count], and at the same places of `before` −g. */
interface Block {
  readonly w: Float64Array
  readonly from: number
  readonly count: number
  readonly H: Float64Array
  readonly before: Float64Array
}

/** Sets `out` to the best grid found. */
function outputGrid(block: Block, spec: GridSpec, { shares, refits }: GridSearch, out: Grid): Grid {
  const { w, from, count, H, before } = block
  const tried: Grid = { scale: 0, zeroPoint: 0 }
  const Hw = timesVector(H, w.subarray(from, from + count))
  for (let i = 0; i < count; i++) Hw[i] = (Hw[i] ?? 0) - (before[from + i] ?? 0)
  let least = Infinity
  for (const share of shares) {
    rangeGrid(w, from, count, share, spec, tried)
    for (let refit = 0; ; refit++) {
      const { error, scale } = judge(block, Hw, tried, spec)
      if (error < least) {
        least = error
        out.scale = tried.scale
        out.zeroPoint = tried.zeroPoint
      }
      if (refit === refits || scale === tried.scale) break
      tried.scale = spec.dtype === 'float16' ? roundToFloat16(scale) : Math.fround(scale)
    }
  }
  return out
}

function timesVector(H: Float64Array, x: Float64Array): Float64Array {
  const count = x.length
  const y = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    let sum = 0
    for (let j = 0; j < count; j++) sum += (H[i * count + j] ?? 0) * (x[j] ?? 0)
    y[i] = sum
  }
  return y
}

/**
 * What of (w − sc)ᵀH(w − sc) + 2gᵀ(w − sc) depends on the grid, for the nearest codes c, and the s for which it would be least:
 * both from (Hw + g)ᵀc and cᵀHc. `Hw`: with g.
 */
function judge(
  { w, from, count, H }: Block,
  Hw: Float64Array,
  grid: Grid,
  { bits }: GridSpec,
): { readonly error: number; readonly scale: number } {
  const top = 2 ** bits - 1
  const c = new Float64Array(count)
  let [cHw, cHc] = [0, 0]
  for (let i = 0; i < count; i++) {
    const code = nearestCode(w[from + i] ?? 0, grid, top) - grid.zeroPoint
    c[i] = code
    cHw += code * (Hw[i] ?? 0)
    // H is symmetric: what is left of the diagonal counts twice.
    let left = 0
    for (let j = 0; j < i; j++) left += (H[i * count + j] ?? 0) * (c[j] ?? 0)
    cHc += code * (2 * left + (H[i * count + i] ?? 0) * code)
  }
  const error = -2 * grid.scale * cHw + grid.scale * grid.scale * cHc
  return { error, scale: cHc > 0 && cHw !== 0 ? cHw / cHc : grid.scale }
}

/** XᵀX [K, K], and its parts along the diagonal, block by block. */
interface Moments {
  readonly H: Float64Array
  readonly K: number
  readonly parts: readonly Float64Array[]
}

/** Codes of rows [rows, K], each block on the grid that `search` finds for it; all rows come to a block before the next. */
function roundByOutput(
  W: Float64Array,
  spec: GridSpec,
  { H, K, parts }: Moments,
  search: GridSearch,
): CodedRows {
  const { bits, blockSize } = spec
  const rows = W.length / K
  const codes = new Uint8Array(W.length)
  const scales = new Float32Array(rows * parts.length)
  const zeroPoints = new Uint8Array(rows * parts.length)
  const grid: Grid = { scale: 0, zeroPoint: 0 }
  const before = new Float64Array(W.length)
  const lost = new Float64Array(rows * blockSize)
  parts.forEach((part, block) => {
    const first = block * blockSize
    const count = Math.min(blockSize, K - first)
    for (let row = 0; row < rows; row++) {
      const from = row * K + first
      outputGrid({ w: W, from, count, H: part, before }, spec, search, grid)
      scales[row * parts.length + block] = grid.scale
      zeroPoints[row * parts.length + block] = grid.zeroPoint
      for (let k = 0; k < count; k++) {
        const w = W[from + k] ?? 0
        const code = nearestCode(w, grid, 2 ** bits - 1)
        codes[from + k] = code
        lost[row * blockSize + k] = w - grid.scale * (code - grid.zeroPoint)
      }
    }
    const next = first + count
    subtractProduct(
      { data: before, from: next, stride: K },
      { data: lost, from: 0, stride: blockSize },
      { data: H, from: first * K + next, stride: K },
      { rows, depth: count, columns: K - next },
    )
  })
  return { codes, scales, zeroPoints }
}

/** The parts of XᵀX [K, K] along its diagonal, block by block. */
function diagonalBlocks(H: Float64Array, K: number, blockSize: number): readonly Float64Array[] {
  return Array.from({ length: Math.ceil(K / blockSize) }, (_, block) => {
    const from = block * blockSize
    const count = Math.min(blockSize, K - from)
    return Float64Array.from(
      { length: count * count },
      (_each, at) => H[(from + Math.floor(at / count)) * K + from + (at % count)] ?? 0,
    )
  })
}
