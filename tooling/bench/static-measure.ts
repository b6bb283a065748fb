// What a coded model is worth: decibels of its worst output, equal answers, and products in integers.
import type { Feeds, Live, Model, Outputs, Runtime } from '@damson/core'
import { addQuality, isFloatOutput, sqnrOf, type QualitySums } from '@damson/runtime'
import { kernelCounts } from '../../packages/quantizers/src/static/integer-kernels.ts'

export interface Quality {
  /** SQNR of the worst output over all samples, dB. */
  readonly sqnr: number
  /** Share of samples whose greatest output is the same. */
  readonly agreement: number
}

/** Both over the same samples. */
export async function qualityOf(runtime: Runtime, got: Model, want: Model, feeds: readonly Feeds[], exact = false): Promise<Quality> {
  const session = exact ? { session: { graphOptimizationLevel: 'disabled' } as const } : {}
  const [live, original] = [await runtime.open(got, session), await runtime.open(want)]
  const sums = new Map<string, QualitySums>()
  let equal = 0
  for (const each of feeds) {
    const [z, y] = [await only(live, each), await only(original, each)]
    for (const [name, expected] of Object.entries(y)) {
      const made = z[name]
      if (made && isFloatOutput(expected)) sums.set(name, addQuality(made, expected, sums.get(name)))
    }
    if (greatest(z) === greatest(y)) equal++
  }
  await live.close()
  await original.close()
  return { sqnr: Math.min(...[...sums.values()].map(sqnrOf)), agreement: equal / feeds.length }
} // prettier-ignore

const only = (live: Live, feeds: Feeds): Promise<Outputs> => live.run('model', feeds)

function greatest(outputs: Outputs): number {
  const data = Object.values(outputs)[0]?.data ?? []
  let found = 0
  for (let at = 0; at < data.length; at++) if (Number(data[at]) > Number(data[found])) found = at
  return found
}

/** Products in integers of all, as ONNX Runtime optimizes the graph. */
export async function integerShare(runtime: Runtime, model: Model): Promise<string> {
  const optimized = await runtime.optimized?.(model.part('model').graph)
  if (!optimized) return '–'
  const { integer, float } = kernelCounts(optimized)
  return `${integer}/${integer + float}`
}
