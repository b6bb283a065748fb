// Codes and scales that were found one after another, taken up again: least (w − ŵ)ᵀH(w − ŵ) over one code or the scale of one
// block at a time, all others held (coordinate descent; for codes Behdin et al. 2023, arXiv 2309.01885).
//   code: ŵ_k + g_k / H_kk, rounded     scale: s + cᵀg / cᵀHc over the block     with g = H(w − ŵ), kept up to date
// Nothing is taken that does not bring the error down.
import { roundToFloat16 } from '@damson/numerics'
import { nearestCode, type CodedRows, type Grid, type GridSpec } from './block-grid.ts'
import { subtractProduct } from './subtract-product.ts'

/** A scale that changes by less, as a share of itself, is not worth another sweep. */
const worthwhile = 1e-3

/** Changes `coded`, codes of the rows W [rows, K], in so many sweeps over blocks at most; H [K, K] with λ on its diagonal. */
export function descend(
  W: Float64Array,
  K: number,
  spec: GridSpec,
  H: Float64Array,
  coded: CodedRows,
  sweeps: number,
): void {
  if (sweeps === 0) return
  const G = gradients(W, K, spec, H, coded)
  const kBlocks = Math.ceil(K / spec.blockSize)
  const offsets = new Float64Array(spec.blockSize)
  for (let row = 0; row * K < W.length; row++) {
    const g = G.subarray(row * K, (row + 1) * K)
    for (let sweep = 0, moved = 1; sweep < sweeps && moved > 0; sweep++) {
      moved = 0
      for (let block = 0; block < kBlocks; block++) {
        const from = block * spec.blockSize
        const count = Math.min(spec.blockSize, K - from)
        const at = {
          g,
          H,
          K,
          spec,
          coded,
          first: row * K,
          block: row * kBlocks + block,
          from,
          count,
          offsets,
        }
        moved += moveScale(at) + moveCodes(at)
      }
    }
  }
}

/** H(w − ŵ) of every row: [rows, K]. */
function gradients(
  W: Float64Array,
  K: number,
  spec: GridSpec,
  H: Float64Array,
  coded: CodedRows,
): Float64Array {
  const kBlocks = Math.ceil(K / spec.blockSize)
  // Ŵ − W, since the product is taken away; H is symmetric.
  const D = W.map((w, at) => {
    const block = Math.floor(at / K) * kBlocks + Math.floor((at % K) / spec.blockSize)
    return (coded.scales[block] ?? 0) * ((coded.codes[at] ?? 0) - (coded.zeroPoints[block] ?? 0)) - w
  })
  const G = new Float64Array(W.length)
  const part = (data: Float64Array) => ({ data, from: 0, stride: K })
  subtractProduct(part(G), part(D), part(H), { rows: W.length / K, depth: K, columns: K })
  return G
}

/** One block of one row. */
interface Place {
  /** H(w − ŵ) of the row [K]. */
  readonly g: Float64Array
  readonly H: Float64Array
  readonly K: number
  readonly spec: GridSpec
  readonly coded: CodedRows
  /** Where the row's codes begin, where the block's scale is, and which columns it has. */
  readonly first: number
  readonly block: number
  readonly from: number
  readonly count: number
  /** Room for a block's numbers. */
  readonly offsets: Float64Array
}

/** How many codes moved. */
function moveCodes({ g, H, K, spec, coded, first, block, from, count }: Place): number {
  const top = 2 ** spec.bits - 1
  const grid: Grid = { scale: coded.scales[block] ?? 0, zeroPoint: coded.zeroPoints[block] ?? 0 }
  let moved = 0
  for (let k = from; k < from + count; k++) {
    const before = coded.codes[first + k] ?? 0
    const wanted = grid.scale * (before - grid.zeroPoint) + (g[k] ?? 0) / (H[k * K + k] ?? 1)
    const code = nearestCode(wanted, grid, top)
    if (code === before) continue
    coded.codes[first + k] = code
    subtractRow(g, H, K, k, grid.scale * (code - before))
    moved++
  }
  return moved
}

/** 1 when the scale moved by what is worth another look. */
function moveScale({ g, H, K, spec, coded, first, block, from, count, offsets }: Place): number {
  const zeroPoint = coded.zeroPoints[block] ?? 0
  for (let i = 0; i < count; i++) offsets[i] = (coded.codes[first + from + i] ?? 0) - zeroPoint
  let [gain, curvature] = [0, 0]
  for (let i = 0; i < count; i++) {
    const c = offsets[i] ?? 0
    if (c === 0) continue
    let sum = 0
    for (let j = 0, at = (from + i) * K + from; j < count; j++) sum += (H[at + j] ?? 0) * (offsets[j] ?? 0)
    gain += c * (g[from + i] ?? 0)
    curvature += c * sum
  }
  if (!(curvature > 0)) return 0
  const before = coded.scales[block] ?? 0
  const wanted = before + gain / curvature
  const scale = spec.dtype === 'float16' ? roundToFloat16(wanted) : Math.fround(wanted)
  const step = scale - before
  // A sign that turns would turn all codes; a rounded scale may lie behind the least error.
  if (scale * before <= 0 || !Number.isFinite(scale) || !(step * (2 * gain - step * curvature) > 0)) return 0
  coded.scales[block] = scale
  for (let i = 0; i < count; i++)
    if (offsets[i] !== 0) subtractRow(g, H, K, from + i, step * (offsets[i] ?? 0))
  return Math.abs(step) > worthwhile * Math.abs(before) ? 1 : 0
}

/** g −= factor · H[k, :] */
function subtractRow(g: Float64Array, H: Float64Array, K: number, k: number, factor: number): void {
  for (let j = 0, at = k * K; j < K; j++) g[j] = (g[j] ?? 0) - factor * (H[at + j] ?? 0)
}
