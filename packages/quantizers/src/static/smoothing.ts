// SmoothQuant (Xiao et al. 2022): a few channels of an activation are far larger than the others, and one scale for all of them
// leaves those few codes. What makes the activation is divided channel by channel, and the weights that read it are multiplied:
//   Y = (X / s)(s ∘ W),   s_j = max|X_j|^α / max|W_j|^(1 − α)
// Only where the maker takes scales: the gain and bias of a norm, or a product. Nothing is added to the graph.
import { memoryTensor, toTypedArray, type Graph } from '@damson/graph'
import type { Ctx } from './fit.ts'
import type { Seam } from './scale-seams.ts'
import type { Scales } from './scaled-graph.ts'

/** Smallest magnitude and scale, as in the authors' code. */
const least = 1e-5

/** Scales by value for the inputs of matrices. */
export async function smoothingScales(ctx: Ctx, part: string, graph: Graph, seams: readonly Seam[]): Promise<Scales> {
  const scaled = seams.filter(({ axis }) => axis === -1)
  if (scaled.length === 0) return {}
  const requests = scaled.map(({ value }) => ({ value, kind: 'absmax', axis: -1 }) as const)
  const seen = await ctx.statistics(part, requests, graph)
  const found: [string, Scales[string]][] = []
  for (const seam of scaled) {
    ctx.signal.throwIfAborted()
    const peaks = seen.get(seam.value)?.absmax
    if (!peaks || peaks.length !== seam.channels) continue
    const rows = await rowPeaks(seam)
    const α = ctx.params.smooth
    const s = Float32Array.from(peaks, (peak, at) => smoothing(peak, rows[at] ?? 0, α))
    found.push([seam.value, memoryTensor('float32', [s.length], s)])
  }
  return Object.fromEntries(found)
} // prettier-ignore

/** A channel in which nothing finite was seen, or that meets zeros alone, keeps its scale. */
function smoothing(peak: number, row: number, α: number): number {
  if (!(peak > 0 && row > 0)) return 1
  return Math.max(least, Math.max(peak, least) ** α / Math.max(row, least) ** (1 - α))
}

/** [channels] largest magnitudes of the weights that read each channel. */
async function rowPeaks({ readers, channels }: Seam): Promise<Float64Array> {
  const peaks = new Float64Array(channels)
  for (const { weight, inputOf } of readers) {
    const values = await toTypedArray(weight.tensor)
    for (let at = 0; at < values.length; at++) {
      const channel = inputOf(at)
      peaks[channel] = Math.max(peaks[channel] ?? 0, Math.abs(Number(values[at])))
    }
  }
  return peaks
}
