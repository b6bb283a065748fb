// Which nodes stay in floating point, by measurement: the noise of every pair and weight on the first samples, against the time
// that coding saves.
import type { Feeds, StatisticResult } from '@damson/core'
import { elementCount, type Tensor } from '@damson/graph'
import { createCoder } from '../coder.ts'
import { codedWeight } from './coded-weight.ts'
import type { Coding } from './codes.ts'
import type { Ctx } from './fit.ts'
import { chooseFloat, type Choice, type Prices } from './float-choice.ts'
import { timesOf } from './node-times.ts'
import { noiseProbe, type Source } from './noise-probe.ts'
import { noiseShares } from './noise-shares.ts'
import type { Plan } from './plan.ts'

/** Samples that noise is measured on. */
const probed = 2

interface Fitted {
  readonly plan: Plan
  readonly codings: ReadonlyMap<string, Coding>
  readonly scales: Readonly<Record<string, Tensor>>
  /** Over so many samples. */
  readonly seen: ReadonlyMap<string, StatisticResult>
  readonly samples: number
}

/** The nodes that stay in floating point, and the weights that do. */
export async function sensitiveNodes(ctx: Ctx, part: string, fitted: Fitted): Promise<Choice> {
  const { plan } = fitted
  if (ctx.params.protect === 0 || plan.nodes.length === 0) return { float: [], weights: new Set() }
  const sources = await sourcesOf(ctx, fitted)
  const { graph, input } = noiseProbe(plan.graph, sources)
  const live = await ctx.open(graph, { graphOptimizationLevel: 'basic' })
  const shares = await noiseShares({
    live, input, count: sources.length, signal: ctx.signal,
    samples: await firstFeeds(ctx, part),
    progress: done => ctx.progress(done, sources.length * 2),
  }) // prettier-ignore
  await live.close()
  return chooseFloat(plan.nodes, pricesOf(fitted, sources, shares), ctx.params.protect)
}

/** Held, since each is run many times: making samples up again, or recording them, takes longer than that. */
async function firstFeeds(ctx: Ctx, part: string): Promise<readonly Feeds[]> {
  const first: Feeds[] = []
  for await (const { feeds } of ctx.samples(part)) {
    first.push(feeds)
    if (first.length === probed) break
  }
  return first
}

/** In the order of the nodes, so that halves of the list are halves of the model. */
async function sourcesOf(ctx: Ctx, { plan, codings, scales }: Fitted): Promise<readonly Source[]> {
  const coder = createCoder(reason => ctx.warn('no-wasm', reason))
  const sources = new Map<string, Source>()
  for (const node of plan.nodes) {
    for (const name of [...node.inputs, ...(node.codesOutput ? [node.output] : [])]) {
      const coding = codings.get(plan.pairs.get(name)?.range ?? '')
      if (coding && !sources.has(name)) sources.set(name, { kind: 'value', name, coding })
    }
    if (node.kind !== 'product' || sources.has(node.weight.name)) continue
    const { weight, axis } = node
    const own = await scalesOf(scales[weight.id], weight.tensor.shape[axis] ?? 1)
    const codes = codedWeight(weight.tensor, axis, own, `probe:${[...own].join()}`, coder)
    sources.set(weight.name, { kind: 'weight', name: weight.name, axis, codes, scales: own })
  }
  return [...sources.values()]
}

/** One scale a channel, whether there is one for all or not. */
async function scalesOf(tensor: Tensor | undefined, channels: number): Promise<Float32Array<ArrayBuffer>> {
  const bytes = tensor ? await tensor.read() : new Uint8Array(0)
  return spread(new Float32Array(bytes.slice().buffer), channels)
} // prettier-ignore

/** The same for scales that are in memory. */
export function spread(scales: Float32Array, channels: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: channels }, (_, at) => scales[scales.length === 1 ? 0 : at] ?? 1)
}

function pricesOf({ seen, samples, plan }: Fitted, sources: readonly Source[], shares: Float64Array): Prices {
  const idOf = new Map(plan.products.map(({ weight }) => [weight.name, weight.id]))
  const noise = new Map(sources.map(({ name, kind }, at) => [kind === 'weight' ? (idOf.get(name) ?? name) : name, shares[at] ?? 0]))
  const sizes = new Map(plan.products.map(({ weight }) => [weight.id, elementCount(weight.tensor.shape)]))
  return {
    ...timesOf(plan.nodes, value => (seen.get(value)?.count ?? 0) / Math.max(samples, 1)),
    noise: name => noise.get(name) ?? 0,
    total: shares.reduce((sum, share) => sum + share, 0),
    bytes: id => sizes.get(id) ?? 0,
  }
} // prettier-ignore
