// The grid of one block: the scale s and zero point z with which a code q means s · (q − z). Solvers that choose codes by
// themselves choose them on such grids; the rule is that of MatMulNBits (numerics' block rule), with a range that may shrink.
import { roundToFloat16, type BlockSpec } from '@damson/numerics'

/** Codes of whole rows with their grids, one number an element. */
export interface CodedRows {
  /** [rows, K] */
  readonly codes: Uint8Array
  /** [rows, kBlocks] */
  readonly scales: Float32Array
  /** [rows, kBlocks]; 2^(bits−1) throughout when symmetric. */
  readonly zeroPoints: Uint8Array
}

/** What of a BlockSpec a grid depends on; codes of any width have one. */
export type GridSpec = Pick<BlockSpec, 'blockSize' | 'symmetric' | 'dtype'> & { readonly bits: number }

/** A grid, filled in place: it is asked for once a block. */
export interface Grid {
  scale: number
  zeroPoint: number
}

/** Shares of the range that are tried: half of it at least, as in AWQ's search for clips. */
const clipShares: readonly number[] = Array.from({ length: 20 }, (_, at) => 1 - at * 0.025)

/** The grid over `share` of the range of w[from … from + count]; the numbers outside are clipped to its ends. */
export function rangeGrid(
  w: Float64Array,
  from: number,
  count: number,
  share: number,
  spec: GridSpec,
  out: Grid,
): Grid {
  let [low, high] = [0, 0]
  for (let at = from; at < from + count; at++) {
    const value = w[at] ?? 0
    if (value < low) low = value
    if (value > high) high = value
  }
  const top = 2 ** spec.bits - 1
  const middle = 2 ** (spec.bits - 1)
  // Symmetric: the end that is further from 0 becomes code 0, since codes reach one further down than up.
  const scale = spec.symmetric ? ((high > -low ? high : low) / -middle) * share : ((high - low) / top) * share
  out.scale = spec.dtype === 'float16' ? roundToFloat16(scale) : Math.fround(scale)
  out.zeroPoint = spec.symmetric || out.scale === 0 ? middle : Math.round((-low * share) / scale)
  return out
}

/** The nearest code: round(w / s) + z between 0 and top. */
export function nearestCode(w: number, { scale, zeroPoint }: Grid, top: number): number {
  if (scale === 0) return zeroPoint
  const code = Math.round(w / scale) + zeroPoint
  return code > 0 ? Math.min(code, top) : 0
}

/** The grid whose Σ h · (w − ŵ)² over the block is least, among shares of the range; `h` [count …] weighs the columns. */
export function bestGrid(
  w: Float64Array,
  from: number,
  count: number,
  h: Float64Array,
  spec: GridSpec,
  out: Grid,
): Grid {
  const top = 2 ** spec.bits - 1
  const tried: Grid = { scale: 0, zeroPoint: 0 }
  let least = Infinity
  for (const share of clipShares) {
    rangeGrid(w, from, count, share, spec, tried)
    let error = 0
    for (let k = 0; k < count && error < least; k++) {
      const value = w[from + k] ?? 0
      const difference = value - tried.scale * (nearestCode(value, tried, top) - tried.zeroPoint)
      error += (h[k] ?? 0) * difference * difference
    }
    if (error >= least) continue
    least = error
    out.scale = tried.scale
    out.zeroPoint = tried.zeroPoint
  }
  return out
}
