// How much weights matter: the noise in the outputs of a part when some of them are coded, measured by running the part on
// samples. Noise of an output counts relative to its signal, so outputs of any scale add up. Weights are tried in one session
// that takes them as inputs: none is opened for each of them.
import type { Feeds, FitContext, Live, Outputs, Params, Part, Sample, TensorData } from '@damson/core'
import { Draft, type Graph, type Weight } from '@damson/graph'
import { decodeFloats } from '@damson/numerics'
import { numbersOf } from './bit-values.ts'

/** Relative noise power of the outputs; what several weights cause adds up, since rounding errors are independent. */
export interface Noise {
  /** Σ over outputs of ‖y − ŷ‖² / ‖y‖². */
  readonly total: number
  /** The same of the worst output alone. */
  readonly worst: number
}

export interface NoiseMeter {
  /** With another graph in place of the part's. */
  ofGraph(graph: Graph): Promise<Noise>
  /** True for weights that `ofWeights` can change. */
  changes(weight: Weight): boolean
  /** With other numbers in some weights, by name; arithmetic stays in float32. */
  ofWeights(values: ReadonlyMap<string, Float32Array>): Promise<Noise>
}

export interface Measuring {
  readonly ctx: Pick<FitContext<Params>, 'open' | 'signal'>
  readonly part: Part
  readonly samples: AsyncIterable<Sample> | Iterable<Sample>
  readonly sampleCount: number
  /** Weights that will be tried. */
  readonly weights: readonly Weight[]
}

/** What the runtime calls the part of a bare graph. */
const graphName = 'main'

/** Bytes of outputs that are kept between measurements; more are computed again. */
const keptBytes = 64 << 20

/** Bytes of weights that are held for one session to take as inputs. */
const fedBytes = 256 << 20

/** Measures against the part as it is, over its first samples. */
export async function noiseMeter(measuring: Measuring): Promise<NoiseMeter> {
  const { ctx, part, weights } = measuring
  const exact = await ctx.open(part.graph)
  const run = (live: Live, feeds: Feeds): Promise<Outputs> =>
    live.run(graphName, feeds, { signal: ctx.signal })
  const compare = comparison(measuring, feeds => run(exact, feeds))
  const fed = fedWeights(weights)
  let switched: Promise<{ readonly live: Live; readonly feeds: Feeds }> | undefined
  return {
    async ofGraph(graph) {
      const live = await ctx.open(graph)
      try {
        return await compare(feeds => run(live, feeds))
      } finally {
        await live.close()
      }
    },
    changes: ({ name }) => fed.has(name),
    async ofWeights(values) {
      const { live, feeds: original } = await (switched ??= openSwitched(ctx, part.graph, fed))
      const changed = [...values].map(([name, data]) => [
        name,
        floats(fed.get(name)?.tensor.shape ?? [], data),
      ])
      const given = { ...original, ...Object.fromEntries(changed) }
      return compare(feeds => run(live, { ...given, ...feeds }))
    },
  }
}

const floats = (shape: readonly number[], data: Float32Array): TensorData => ({
  dtype: 'float32',
  shape,
  data,
})

/** The weights that can be inputs: float32, of the graph itself and not of a body in it, as many as there is room for. */
function fedWeights(weights: readonly Weight[]): ReadonlyMap<string, Weight> {
  let room = fedBytes
  const fits = weights.filter(({ tensor, scope, isOutput }) => {
    if (tensor.dtype !== 'float32' || scope.path !== '' || isOutput || tensor.byteLength > room) return false
    room -= tensor.byteLength
    return true
  })
  return new Map(fits.map(weight => [weight.name, weight]))
}

async function openSwitched(
  ctx: Measuring['ctx'],
  graph: Graph,
  fed: ReadonlyMap<string, Weight>,
): Promise<{ readonly live: Live; readonly feeds: Feeds }> {
  const draft = new Draft(graph)
  for (const { name, storage } of fed.values()) {
    if (storage === 'initializer') draft.removeInitializer(name)
    else for (const node of [...draft.nodes]) if (node.outputs[0] === name) draft.remove(node)
  }
  const { nodes, initializers, types } = draft.finish()
  const added = [...fed.values()].map(({ name, tensor: { shape } }) => ({
    name,
    type: { kind: 'tensor', dtype: 'float32', shape } as const,
  }))
  const inputs = [...graph.inputs.filter(({ name }) => !fed.has(name)), ...added]
  const live = await ctx.open(graph.with({ nodes, initializers, types, inputs }))
  const feeds: Record<string, TensorData> = {}
  for (const { name, tensor } of fed.values()) feeds[name] = floats(tensor.shape, await numbersOf(tensor))
  return { live, feeds }
}

type Run = (feeds: Feeds) => Promise<Outputs>

/** Compares runs with exact ones, whose outputs are kept as far as there is room. */
function comparison({ samples, sampleCount }: Measuring, exact: Run): (run: Run) => Promise<Noise> {
  const kept = new Map<number, Outputs>()
  let room = keptBytes
  const expected = async (at: number, feeds: Feeds): Promise<Outputs> => {
    const known = kept.get(at)
    if (known) return known
    const outputs = await exact(feeds)
    const bytes = Object.values(outputs).reduce((sum, { data }) => sum + 8 * data.length, 0)
    if (bytes <= room) {
      kept.set(at, outputs)
      room -= bytes
    }
    return outputs
  }
  return async run => {
    const sums = new Map<string, Sums>()
    let at = 0
    for await (const { feeds } of samples) {
      if (at >= sampleCount) break
      const want = await expected(at++, feeds)
      addTo(sums, await run(feeds), want)
    }
    return noiseOf(sums)
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
    const [y, z] = [floatsOf(exact), floatsOf(got[name])]
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

function floatsOf(tensor: TensorData | undefined): ArrayLike<number> {
  if (tensor?.data instanceof Float32Array || tensor?.data instanceof Float64Array) return tensor.data
  return tensor?.data instanceof Uint16Array ? decodeFloats(tensor.data, 'float16') : []
}
