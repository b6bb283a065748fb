// Nothing is left for users that was not seen to compute what the source computes: on a sample where there is one, else on
// inputs made up from the graph.
import {
  DamsonError,
  type FitContext,
  type Live,
  type Outputs,
  type Params,
  type SessionOptions,
} from '@damson/core'
import type { Graph } from '@damson/graph'
import { addQuality, feedsFor, sqnrOf } from '@damson/runtime'

type Fit = Pick<FitContext<Params>, 'open' | 'samples' | 'model' | 'signal'>

/** Decibels below which two results are not called equal: sums in another order stay far above. */
const equalEnough = 80

/** The same for graphs with numbers in half precision: each rounding is 66 dB below what is rounded, and there are many. */
const equalEnoughInHalf = 50

/** Throws `not-equal` naming the output when a graph, opened with some options, does not compute what its source does. */
export async function verifyEqual(
  made: Graph,
  part: string,
  fit: Fit,
  session?: SessionOptions,
): Promise<void> {
  const { graph } = fit.model.part(part)
  const feeds = await sampleOf(part, fit)
  const run = async (each: Graph, options?: SessionOptions): Promise<Outputs> => {
    fit.signal.throwIfAborted()
    const live: Live = await fit.open(each, options)
    try {
      return await live.run('main', feeds)
    } finally {
      await live.close()
    }
  }
  const want = await run(graph)
  const got = await run(made, session)
  const enough = hasHalves(graph) ? equalEnoughInHalf : equalEnough
  for (const [name, output] of Object.entries(want)) {
    const other = got[name]
    const decibels = other && output.dtype !== 'string' ? sqnrOf(addQuality(other, output)) : Infinity
    if (!other || decibels < enough)
      throw new DamsonError(
        'not-equal',
        `"${part}": expected the output "${name}" of the source from what ONNX Runtime made of it, got ${decibels.toFixed(1)} dB. ` +
          'Choose a lower level.',
        { details: { part, output: name, decibels } },
      )
  }
}

function hasHalves({ initializers }: Graph): boolean {
  return [...initializers.values()].some(
    ({ tensor: { dtype } }) => dtype === 'float16' || dtype === 'bfloat16',
  )
}

async function sampleOf(part: string, fit: Fit): Promise<Parameters<Live['run']>[1]> {
  try {
    for await (const { feeds } of fit.samples(part)) return feeds
  } catch (error) {
    if (!DamsonError.isInstance(error, 'missing-samples')) throw error
  }
  return feedsFor(fit.model.part(part).graph, { seed: 1 })
}
