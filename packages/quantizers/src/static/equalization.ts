// Cross-layer equalization (Nagel et al. 2019, section 4.1): of two products in a row the ranges of the channel between them are
// made equal, so that no channel of a weight is coded in a few codes because another one is large. With r1, r2 the largest
// magnitudes of a channel in the weight that makes it and in those that read it:
//   s = √(r1·r2) / r2 = √(r1 / r2),   r1 / s = r2 · s = √(r1·r2)
// One seam changes the ranges of the next, so all are gone through until nothing changes. The paper's absorption of high biases
// is left out: it holds only where no number falls below a bound that is guessed from a norm's statistics.
import { toTypedArray, memoryTensor } from '@damson/graph'
import type { Channelled, Seam } from './scale-seams.ts'
import type { Scales } from './scaled-graph.ts'

/** Passes over all seams, and the largest change of a scale that ends them. */
const mostPasses = 20
const settled = 1.01

/** Scales by value for the seams between two products. */
export async function equalizingScales(seams: readonly Seam[], signal: AbortSignal): Promise<Scales> {
  const pairs = seams.filter(({ maker }) => maker !== undefined)
  const scales = new Map(pairs.map(({ value, channels }) => [value, new Float32Array(channels).fill(1)]))
  for (let pass = 0; pass < mostPasses; pass++) {
    let largest = 1
    for (const seam of pairs) {
      signal.throwIfAborted()
      const own = scales.get(seam.value)
      const ranges = await rangesOf(seam, pairs, scales)
      own?.forEach((scale, at) => {
        const [made = 0, read = 0] = [ranges.made[at], ranges.read[at]]
        if (!(made > 0 && read > 0)) return
        const change = Math.sqrt(made / read)
        own[at] = scale * change
        largest = Math.max(largest, change, 1 / change)
      })
    }
    if (largest < settled) break
  }
  return Object.fromEntries([...scales].map(([value, own]) => [value, memoryTensor('float32', [own.length], own)]))
} // prettier-ignore

interface Ranges {
  /** [channels] */
  readonly made: Float64Array
  readonly read: Float64Array
}

/** Largest magnitudes by channel of a seam, with all scales as they are by now. */
async function rangesOf(
  { maker, readers, channels }: Seam,
  seams: readonly Seam[],
  scales: ReadonlyMap<string, Float32Array>,
): Promise<Ranges> {
  const ranges = { made: new Float64Array(channels), read: new Float64Array(channels) }
  const peaks = async (each: Channelled, channelOf: (at: number) => number, into: Float64Array): Promise<void> => {
    const values = await toTypedArray(each.weight.tensor)
    const factor = factorIn(each, seams, scales)
    for (let at = 0; at < values.length; at++) {
      const channel = channelOf(at)
      into[channel] = Math.max(into[channel] ?? 0, Math.abs(Number(values[at]) * factor(at)))
    }
  }
  if (maker) await peaks(maker, maker.outputOf, ranges.made)
  for (const reader of readers) await peaks(reader, reader.inputOf, ranges.read)
  return ranges
} // prettier-ignore

/** What the scales of all seams make of an element of a weight. */
function factorIn(
  { weight: { name }, inputOf, outputOf }: Channelled,
  seams: readonly Seam[],
  scales: ReadonlyMap<string, Float32Array>,
): (at: number) => number {
  const made = scales.get(seams.find(({ maker }) => maker?.weight.name === name)?.value ?? '')
  const read = scales.get(seams.find(({ readers }) => readers.some(({ weight }) => weight.name === name))?.value ?? '')
  return at => (read?.[inputOf(at)] ?? 1) / (made?.[outputOf(at)] ?? 1)
} // prettier-ignore
