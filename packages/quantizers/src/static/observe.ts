// What calibration looks at: each value that may carry a pair, and the means of what products with a bias read. Memory does not
// grow with the samples. Rules that count every number take two passes more, inside ONNX Runtime.
import type { StatisticRequest, StatisticResult } from '@damson/core'
import type { Observed } from './activation-range.ts'
import type { Ctx } from './fit.ts'
import type { Product } from './integer-nodes.ts'
import { inOnePass, type Seen } from './one-pass.ts'
import type { Plan } from './plan.ts'
import type { Channels } from './taps.ts'

/** Bins of a histogram. ONNX Runtime's percentile calibrator has 2,048 over magnitudes. */
const bins = { percentile: 4096, entropy: 2048 } as const

/** What a plan's ranges and biases are made of. */
export async function observe(ctx: Ctx, part: string, { graph, pairs, products }: Plan): Promise<Seen> {
  const { calibrate, biasCorrection } = ctx.params
  const asked = { values: pairs.keys(), channels: biasCorrection ? channelsOf(products) : [] }
  // Most of a short session's time is ONNX Runtime's optimizer.
  const open = (tapped: Plan['graph']): ReturnType<Ctx['open']> => ctx.open(tapped, { graphOptimizationLevel: 'basic' })
  const seen = await inOnePass(open, graph, asked, ctx.samples(part))
  if (calibrate !== 'percentile' && calibrate !== 'entropy') return seen
  return { ...seen, values: await ctx.statistics(part, histograms(pairs.keys(), calibrate), graph) }
} // prettier-ignore

/** Inputs of products with a bias, by value. */
function channelsOf(products: readonly Product[]): readonly Channels[] {
  const channels = new Map<string, Channels>()
  for (const { node, weight, inputs: [value = ''] } of products) {
    const rank = weight.tensor.shape.length
    if (node.op !== 'MatMul') channels.set(value, { value, axis: node.op === 'Conv' ? 1 : -1, rank })
  }
  return [...channels.values()]
} // prettier-ignore

/** Of every number of some values. */
export function histograms(values: Iterable<string>, rule: keyof typeof bins): readonly StatisticRequest[] {
  return [...values].map(value => ({ value, kind: 'histogram', bins: bins[rule], symmetric: true }))
}

/** What was seen of a value; undefined when no finite number was. */
export function observedOf(result: StatisticResult | undefined): Observed | undefined {
  const [min] = result?.min ?? []
  const [max] = result?.max ?? []
  if (!result || min === undefined || max === undefined || !Number.isFinite(min) || !Number.isFinite(max)) return undefined
  const runs = result.runs ?? 1
  const { histogram } = result
  return {
    min,
    max,
    meanMin: (result.sumOfMins?.[0] ?? min) / runs,
    meanMax: (result.sumOfMaxs?.[0] ?? max) / runs,
    ...(histogram ? { histogram: { counts: histogram.counts, limit: histogram.to } } : {}),
  }
} // prettier-ignore
