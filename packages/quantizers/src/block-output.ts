// The grid of a block that brings its share of the output closest: least (w − ŵ)ᵀH(w − ŵ) with H the block's own part of XᵀX,
// over shares of the range (AWQ's clips) and, where asked for, scales refitted to the codes that came out (NNCF's scale
// estimation). For codes c = q − z the best scale has a closed form: s = wᵀHc / cᵀHc.
import { roundToFloat16 } from '@damson/numerics'
import { nearestCode, rangeGrid, type CodedRows, type Grid, type GridSpec } from './block-grid.ts'
import type { StageCodes } from './learnt-codes.ts'

/** How the grids of a block are searched. */
export interface GridSearch {
  /** Shares of the range that are tried, 1 first. */
  readonly shares: readonly number[]
  /** Times that the scale is fitted to its codes and the codes to the scale; 0: never. */
  readonly refits: number
}

/** Shares of the range that AWQ and NNCF try: ten, down to a half and a little. */
export const rangeShares: readonly number[] = Array.from({ length: 10 }, (_, at) => 1 - at * 0.05)
/** Share of the mean diagonal added to XᵀX, so that inputs which the samples hardly show still count. */
const damp = 0.01

/** How rows are coded with the grids of least output error. */
export function codesByOutput(H: Float64Array, K: number, blockSize: number, search: GridSearch): StageCodes {
  const parts = diagonalBlocks(H, K, blockSize, damp)
  return {
    coderOf:
      ({ spec }) =>
      rows =>
        roundByOutput(rows, K, spec, parts, search),
  }
}

/** One block: `count` numbers of w from `from`, and its part of XᵀX [count, count]. */
interface Block {
  readonly w: Float64Array
  readonly from: number
  readonly count: number
  readonly H: Float64Array
}

/** Sets `out` to the best grid found. */
function outputGrid(block: Block, spec: GridSpec, { shares, refits }: GridSearch, out: Grid): Grid {
  const { w, from, count, H } = block
  const tried: Grid = { scale: 0, zeroPoint: 0 }
  const Hw = timesVector(H, w.subarray(from, from + count))
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

/** (w − sc)ᵀH(w − sc) for the nearest codes c, and the s for which it would be least: both from wᵀHw, wᵀHc and cᵀHc. */
function judge(
  { w, from, count, H }: Block,
  Hw: Float64Array,
  grid: Grid,
  { bits }: GridSpec,
): { readonly error: number; readonly scale: number } {
  const top = 2 ** bits - 1
  const c = new Float64Array(count)
  let [wHw, cHw, cHc] = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    const code = nearestCode(w[from + i] ?? 0, grid, top) - grid.zeroPoint
    c[i] = code
    wHw += (w[from + i] ?? 0) * (Hw[i] ?? 0)
    cHw += code * (Hw[i] ?? 0)
    // H is symmetric: what is left of the diagonal counts twice.
    let left = 0
    for (let j = 0; j < i; j++) left += (H[i * count + j] ?? 0) * (c[j] ?? 0)
    cHc += code * (2 * left + (H[i * count + i] ?? 0) * code)
  }
  const error = wHw - 2 * grid.scale * cHw + grid.scale * grid.scale * cHc
  return { error, scale: cHc > 0 && cHw !== 0 ? cHw / cHc : grid.scale }
}

/** Codes of rows [rows, K], each block on the grid that `search` finds for it; `blocks`: the parts of XᵀX (`diagonalBlocks`). */
function roundByOutput(
  W: Float64Array,
  K: number,
  spec: GridSpec,
  blocks: readonly Float64Array[],
  search: GridSearch,
): CodedRows {
  const { bits, blockSize } = spec
  const rows = W.length / K
  const codes = new Uint8Array(W.length)
  const scales = new Float32Array(rows * blocks.length)
  const zeroPoints = new Uint8Array(rows * blocks.length)
  const grid: Grid = { scale: 0, zeroPoint: 0 }
  for (let row = 0; row < rows; row++) {
    blocks.forEach((H, block) => {
      const from = row * K + block * blockSize
      const count = Math.min(blockSize, K - block * blockSize)
      outputGrid({ w: W, from, count, H }, spec, search, grid)
      scales[row * blocks.length + block] = grid.scale
      zeroPoints[row * blocks.length + block] = grid.zeroPoint
      for (let at = from; at < from + count; at++) codes[at] = nearestCode(W[at] ?? 0, grid, 2 ** bits - 1)
    })
  }
  return { codes, scales, zeroPoints }
}

/** The parts of XᵀX [K, K] along its diagonal, block by block; `damp` of the mean diagonal added. */
function diagonalBlocks(
  H: Float64Array,
  K: number,
  blockSize: number,
  damp: number,
): readonly Float64Array[] {
  let trace = 0
  for (let k = 0; k < K; k++) trace += H[k * K + k] ?? 0
  const added = (damp * trace) / K || 1
  return Array.from({ length: Math.ceil(K / blockSize) }, (_, block) => {
    const from = block * blockSize
    const count = Math.min(blockSize, K - from)
    return Float64Array.from({ length: count * count }, (_, at) => {
      const [i, j] = [Math.floor(at / count), at % count]
      return (H[(from + i) * K + from + j] ?? 0) + (i === j ? added : 0)
    })
  })
}
