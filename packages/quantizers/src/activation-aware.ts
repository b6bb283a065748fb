// AWQ's scales (Lin et al. 2023, https://arxiv.org/abs/2306.00978): inputs of large magnitude matter most, so the rows of W that
// meet them are multiplied by s > 1 before coding, which shrinks their rounding errors by s, and the inputs are divided by s.
//   s = m^α / √(max m^α · min m^α),  α the one of a grid over 0 … 1 whose coded weights give the closest output
// m is the root mean square of an input, read from the diagonal of XᵀX (the paper takes the mean magnitude).
import { nearestCode, rangeGrid, type Grid, type GridSpec } from './block-grid.ts'
import type { BlockWeight } from './block-weights.ts'
import { matrixRows } from './coded-rows.ts'
import { subtractProduct } from './subtract-product.ts'

/** Most multiplications with XᵀX that judging one α may take: of larger weights a part of the rows is looked at. */
const judgedProducts = 2 ** 24

/** Smallest magnitude that counts, as a share of the largest: an input that is nearly always 0 asks for no scale. */
const floor = 1e-3

/** Some rows of a weight, evenly spread, with how they will be coded. */
export interface Judged {
  /** [rows, K] */
  readonly rows: Float64Array
  readonly spec: GridSpec
}

/** The rows on which scales for a weight are judged. */
export async function judgedRows({ matrix, spec }: BlockWeight, signal: AbortSignal): Promise<Judged> {
  const { K, N } = spec
  const every = Math.max(1, Math.ceil((N * K * K) / judgedProducts))
  const kept: Float64Array[] = []
  for await (const { from, rows } of matrixRows(matrix, spec, signal)) {
    const count = rows.length / K
    for (let row = (every - (from % every)) % every; row < count; row += every)
      kept.push(rows.subarray(row * K, (row + 1) * K))
  }
  const rows = new Float64Array(kept.length * K)
  kept.forEach((row, at) => rows.set(row, at * K))
  return { rows, spec }
}

/** The scales [K] that bring the outputs of all the weights together closest; undefined where leaving them is best. */
export function bestScales(
  H: Float64Array,
  K: number,
  weights: readonly Judged[],
  grid: number,
): Float64Array | undefined {
  const magnitudes = Float64Array.from({ length: K }, (_, k) => Math.sqrt(H[k * K + k] ?? 0))
  const peak = Math.max(...magnitudes)
  if (!(peak > 0)) return undefined
  const errorOf = (scales: Float64Array): number =>
    weights.reduce((sum, judged) => sum + outputError(judged, H, K, scales), 0)
  let best: Float64Array | undefined
  let least = errorOf(new Float64Array(K).fill(1))
  for (let step = 1; step <= grid; step++) {
    const raw = magnitudes.map(m => Math.max(m, floor * peak) ** (step / grid))
    const middle = Math.sqrt(Math.max(...raw) * Math.min(...raw))
    const scales = raw.map(s => Math.fround(s / middle))
    const error = errorOf(scales)
    if (error >= least) continue
    least = error
    best = scales
  }
  return best
}

/** Σ over rows of dᵀHd, d = w − Q(s ∘ w) / s. */
function outputError({ rows, spec }: Judged, H: Float64Array, K: number, scales: Float64Array): number {
  const D = roundingErrors(rows, K, spec, scales)
  const HD = new Float64Array(D.length)
  const count = D.length / K
  const [part, stride] = [(data: Float64Array) => ({ data, from: 0, stride: K }), K]
  subtractProduct(part(HD), part(D), part(H), { rows: count, depth: K, columns: stride })
  return -D.reduce((sum, d, at) => sum + d * (HD[at] ?? 0), 0)
}

function roundingErrors(rows: Float64Array, K: number, spec: GridSpec, scales: Float64Array): Float64Array {
  const W = scaledRows(rows, scales)
  const top = 2 ** spec.bits - 1
  const grid: Grid = { scale: 0, zeroPoint: 0 }
  for (let row = 0; row < W.length; row += K) {
    for (let from = 0; from < K; from += spec.blockSize) {
      const count = Math.min(spec.blockSize, K - from)
      rangeGrid(W, row + from, count, 1, spec, grid)
      for (let k = from; k < from + count; k++) {
        const w = W[row + k] ?? 0
        W[row + k] = (w - grid.scale * (nearestCode(w, grid, top) - grid.zeroPoint)) / (scales[k] ?? 1)
      }
    }
  }
  return W
}

/** Rows [rows, K] with column k times s[k]: what stands before the product in the place of W. */
export function scaledRows(rows: Float64Array, scales: Float64Array): Float64Array {
  const K = scales.length
  return rows.map((w, at) => w * (scales[at % K] ?? 1))
}

/** XᵀX of inputs divided by s. */
export function scaledHessian(H: Float64Array, scales: Float64Array): Float64Array {
  const K = scales.length
  return H.map((h, at) => h / ((scales[Math.floor(at / K)] ?? 1) * (scales[at % K] ?? 1)))
}
