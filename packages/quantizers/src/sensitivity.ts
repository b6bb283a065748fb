// How much a weight matters: the noise in the outputs of a part when that weight alone is coded, measured by running the part
// on samples. Noise of an output counts relative to its signal, so outputs of any scale add up.
import type { Feeds, FitContext, Outputs, Params, Part, TensorData } from '@damson/core'
import type { Graph } from '@damson/graph'
import { decodeFloats } from '@damson/numerics'

/** Relative noise power of the outputs; what several weights cause adds up, since rounding errors are independent. */
export interface Noise {
  /** Σ over outputs of ‖y − ŷ‖² / ‖y‖². */
  readonly total: number
  /** The same of the worst output alone. */
  readonly worst: number
}

type Measuring = Pick<FitContext<Params>, 'open' | 'samples' | 'signal'>

/** What the runtime calls the part of a bare graph. */
const graphName = 'main'

/** Bytes of outputs that are kept between measurements; more are computed again. */
const keptBytes = 64 << 20

/** Measures graphs against the part as it is, over its first samples. */
export async function noiseMeter(
  ctx: Measuring,
  part: Part,
  sampleCount: number,
): Promise<(graph: Graph) => Promise<Noise>> {
  const exact = await ctx.open(part.graph)
  const kept = new Map<number, Outputs>()
  let room = keptBytes
  const expected = async (at: number, run: () => Promise<Outputs>): Promise<Outputs> => {
    const known = kept.get(at)
    if (known) return known
    const outputs = await run()
    const bytes = Object.values(outputs).reduce((sum, { data }) => sum + 8 * data.length, 0)
    if (bytes <= room) {
      kept.set(at, outputs)
      room -= bytes
    }
    return outputs
  }
  return async graph => {
    const live = await ctx.open(graph)
    try {
      const sums = new Map<string, Sums>()
      let at = 0
      for await (const { feeds } of ctx.samples(part.name)) {
        if (at >= sampleCount) break
        const run = (of: typeof live, given: Feeds): Promise<Outputs> =>
          of.run(graphName, given, { signal: ctx.signal })
        const want = await expected(at++, () => run(exact, feeds))
        addTo(sums, await run(live, feeds), want)
      }
      return noiseOf(sums)
    } finally {
      await live.close()
    }
  }
}

interface Sums {
  readonly signal: number
  readonly noise: number
}

function addTo(sums: Map<string, Sums>, got: Outputs, want: Outputs): void {
  for (const [name, exact] of Object.entries(want)) {
    if (!/^float/.test(exact.dtype)) continue
    let { signal, noise } = sums.get(name) ?? { signal: 0, noise: 0 }
    const [y, z] = [numbersOf(exact), numbersOf(got[name])]
    for (let at = 0; at < y.length; at++) {
      const [a = 0, b = 0] = [y[at], z[at]]
      if (!Number.isFinite(a)) continue
      signal += a * a
      noise += (a - b) ** 2
    }
    sums.set(name, { signal, noise })
  }
}

/** An output without a signal says nothing; a number that is no longer finite is worse than any noise. */
function noiseOf(sums: ReadonlyMap<string, Sums>): Noise {
  const ratios = [...sums.values()].flatMap(({ signal, noise }) => (signal > 0 ? [noise / signal] : []))
  const finite = ratios.map(ratio => (Number.isFinite(ratio) ? ratio : Number.MAX_VALUE / 1e6))
  return { total: finite.reduce((a, b) => a + b, 0), worst: Math.max(0, ...finite) }
}

function numbersOf(tensor: TensorData | undefined): ArrayLike<number> {
  if (tensor?.data instanceof Float32Array || tensor?.data instanceof Float64Array) return tensor.data
  return tensor?.data instanceof Uint16Array ? decodeFloats(tensor.data, 'float16') : []
}
