// The symmetric range whose 128 codes tell most about what was seen: of all cuts of a histogram the one whose coded form has
// the least Kullback-Leibler divergence from it. Migacz 2017; step by step ONNX Runtime's get_entropy_threshold.
//   D(P‖Q) = Σ pᵢ · ln(pᵢ / qᵢ)
import type { Range } from './activation-range.ts'

const codes = 128

/** The range over a histogram of [−limit, limit]. With as many bins as codes it is the whole of it, ONNX Runtime's default. */
export function entropyRange({ counts, limit }: { readonly counts: Float64Array; readonly limit: number }): Range {
  const bins = counts.length
  const middle = Math.floor(bins / 2)
  const below = new Float64Array(bins + 1)
  counts.forEach((count, at) => (below[at + 1] = (below[at] ?? 0) + count))
  let best = { divergence: Infinity, from: 0, to: bins }
  for (let half = codes / 2; half <= middle; half++) {
    const from = middle - half
    const to = Math.min(middle + half + 1, bins)
    const divergence = divergenceOf(counts.subarray(from, to), below[from] ?? 0, (below[bins] ?? 0) - (below[to] ?? 0))
    if (divergence < best.divergence || half === codes / 2) best = { divergence, from, to }
  }
  return { min: binEdge(best.from, bins, limit), max: binEdge(best.to, bins, limit) }
} // prettier-ignore

/** Divergence of a cut, with what lies outside counted in its outer bins, from its coded form. */
function divergenceOf(cut: Float64Array, left: number, right: number): number {
  const p = Float64Array.from(cut)
  p[0] = (p[0] ?? 0) + left
  p[p.length - 1] = (p.at(-1) ?? 0) + right
  const merged = Math.floor(cut.length / codes)
  const q = new Float64Array(p.length)
  for (let code = 0; code < codes; code++) {
    const start = code * merged
    const end = start + merged
    const sum = total(cut.subarray(start, code === codes - 1 ? cut.length : end))
    const filled = p.subarray(start, end).reduce((n, count) => n + (count === 0 ? 0 : 1), 0)
    // numpy's q holds whole numbers.
    if (filled > 0) q.fill(Math.trunc(sum / filled), start, end)
  }
  const [smoothP, smoothQ] = [smoothed(p), smoothed(q)]
  return smoothP && smoothQ ? klDivergence(smoothP, smoothQ) : Infinity
}

const epsilon = 0.0001

/** Zeros become ε, taken from the others in equal parts; undefined when there is nothing to take from. */
function smoothed(counts: Float64Array): Float64Array | undefined {
  const zeros = counts.reduce((n, count) => n + (count === 0 ? 1 : 0), 0)
  const others = counts.length - zeros
  if (others === 0) return undefined
  const taken = (epsilon * zeros) / others
  if (taken >= 1) return undefined
  return counts.map(count => (count === 0 ? epsilon : count - taken))
}

function klDivergence(p: Float64Array, q: Float64Array): number {
  const [sumP, sumQ] = [total(p), total(q)]
  return p.reduce((sum, count, at) => {
    const share = count / sumP
    return sum + share * Math.log(share / ((q[at] ?? 0) / sumQ))
  }, 0)
}

function total(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

/** The lower edge of a bin over [−limit, limit]. */
export function binEdge(bin: number, bins: number, limit: number): number {
  return -limit + (bin * 2 * limit) / bins
}
