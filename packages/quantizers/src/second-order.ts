// GPTQ's rounding (Frantar et al. 2022, https://arxiv.org/abs/2210.17323): column by column, and what a column loses the
// columns after it make up for, as far as the inputs of the two go together:
//   e = (w_k − ŵ_k) / U_kk,   w_j ← w_j − e · U_kj for every j that is still to come,   with H⁻¹ = UᵀU.
// Rows are independent, so they are given in slices. A batch of columns is finished before the rest of the row hears of it, as
// one matrix product (the paper's lazy batch updates).
import { bestGrid, nearestCode, type CodedRows, type Grid, type GridSpec } from './block-grid.ts'
import { subtractProduct } from './subtract-product.ts'

/** Columns between two products; a multiple of it where blocks are larger, so that a block lies in one batch. */
const batchColumns = 128

export interface SecondOrder {
  /** U [K, K] in the order of visits. */
  readonly factor: Float64Array
  /** Column visited at each place. */
  readonly order: Int32Array
  /** The diagonal of H [K]: how much an error of each column weighs when the grid of a block is chosen. */
  readonly importance: Float64Array
}

/** Columns in the order of their diagonal, the largest first, so that the most important are rounded while all can help. */
export function visitingOrder(importance: Float64Array, actOrder: boolean): Int32Array {
  const order = Int32Array.from(importance, (_, k) => k)
  return actOrder ? order.sort((a, b) => (importance[b] ?? 0) - (importance[a] ?? 0) || a - b) : order
}

/**
 * Codes of the rows W [rows, K]. In the given order the grid of a block is chosen when it begins, on the weights as they are by
 * then; in any other the grids are those of the original weights (static groups), since blocks are visited in pieces.
 */
export function roundRows(W: Float64Array, K: number, spec: GridSpec, how: SecondOrder): CodedRows {
  const rows = W.length / K
  const kBlocks = Math.ceil(K / spec.blockSize)
  const coded = {
    codes: new Uint8Array(rows * K),
    scales: new Float32Array(rows * kBlocks),
    zeroPoints: new Uint8Array(rows * kBlocks),
  }
  const inOrder = how.order.every((column, at) => column === at)
  if (!inOrder) {
    for (let row = 0; row < rows; row++)
      for (let block = 0; block < kBlocks; block++) chooseGrid(W, row, block, K, spec, how.importance, coded)
  }
  const V = inOrder ? W.slice() : visited(W, K, how.order)
  const width = Math.max(batchColumns, spec.blockSize)
  const errors = new Float64Array(rows * width)
  for (let from = 0; from < K; from += width) {
    const batch = { from, to: Math.min(K, from + width), width, inOrder }
    for (let row = 0; row < rows; row++) roundBatch(V, row, K, batch, spec, how, coded, errors)
    subtractProduct(
      { data: V, from: batch.to, stride: K },
      { data: errors, from: 0, stride: width },
      { data: how.factor, from: from * K + batch.to, stride: K },
      { rows, depth: batch.to - from, columns: K - batch.to },
    )
  }
  return coded
}

interface Batch {
  readonly from: number
  readonly to: number
  readonly width: number
  readonly inOrder: boolean
}

/** One row of V [rows, K] through one batch of columns; leaves e in `errors` [rows, width]. */
function roundBatch(
  V: Float64Array,
  row: number,
  K: number,
  { from, to, width, inOrder }: Batch,
  spec: GridSpec,
  { factor, order, importance }: SecondOrder,
  coded: CodedRows,
  errors: Float64Array,
): void {
  const top = 2 ** spec.bits - 1
  const kBlocks = coded.scales.length / (coded.codes.length / K)
  const grid: Grid = { scale: 0, zeroPoint: 0 }
  for (let at = from; at < to; at++) {
    const k = order[at] ?? 0
    const block = Math.floor(k / spec.blockSize)
    if (inOrder && k % spec.blockSize === 0) chooseGrid(V, row, block, K, spec, importance, coded)
    grid.scale = coded.scales[row * kBlocks + block] ?? 0
    grid.zeroPoint = coded.zeroPoints[row * kBlocks + block] ?? 0
    const w = V[row * K + at] ?? 0
    const code = nearestCode(w, grid, top)
    coded.codes[row * K + k] = code
    const error = (w - grid.scale * (code - grid.zeroPoint)) / (factor[at * K + at] ?? 1)
    errors[row * width + at - from] = error
    for (let j = at + 1; j < to; j++)
      V[row * K + j] = (V[row * K + j] ?? 0) - error * (factor[at * K + j] ?? 0)
  }
}

function chooseGrid(
  W: Float64Array,
  row: number,
  block: number,
  K: number,
  spec: GridSpec,
  importance: Float64Array,
  { scales, zeroPoints }: CodedRows,
): void {
  const from = block * spec.blockSize
  const count = Math.min(spec.blockSize, K - from)
  const at = row * Math.ceil(K / spec.blockSize) + block
  const h = importance.subarray(from, from + count)
  const grid = bestGrid(W, row * K + from, count, h, spec, { scale: 0, zeroPoint: 0 })
  scales[at] = grid.scale
  zeroPoints[at] = grid.zeroPoint
}

/** The columns of W [rows, K] in the order of visits. */
function visited(W: Float64Array, K: number, order: Int32Array): Float64Array {
  const V = new Float64Array(W.length)
  for (let row = 0; row < W.length; row += K)
    for (let at = 0; at < K; at++) V[row + at] = W[row + (order[at] ?? 0)] ?? 0
  return V
}
