// What weights are tried on: the samples that were given, or else feeds made up from the graph by the roles of its inputs. Those
// tell which weights the outputs hang on, not how good a model is on what it will really meet, and the report says so.
import { DamsonError, type FitContext, type Params, type Part, type Sample } from '@damson/core'
import type { Weight } from '@damson/graph'
import { feedsFor } from '@damson/runtime'
import { hasSamples } from './has-samples.ts'
import { noiseMeter, type NoiseMeter } from './sensitivity.ts'

export interface Trials {
  /** `none`: there is no runtime to run anything, or the graph has inputs that cannot be made up. */
  readonly samples: 'given' | 'made up' | 'none'
  /** Undefined where nothing can be run. */
  readonly meter: NoiseMeter | undefined
  /** How many samples weights are tried on: the last ones, at most a quarter of those that were given. */
  readonly tried: number
  /** How many are before those: what learns learns from them. */
  readonly learnable: number
}

interface Asked {
  readonly weights: readonly Weight[]
  readonly sampleCount: number
  /** What cannot do without samples asks for them by an error. */
  readonly needed: boolean
}

/** What one part's weights are tried on. */
export async function trialsOf(
  ctx: FitContext<Params>,
  part: Part,
  { weights, sampleCount, needed }: Asked,
): Promise<Trials> {
  if (needed || (await hasSamples(ctx, part.name))) {
    const { tried, learnable, skipped } = await divided(ctx.samples(part.name), sampleCount)
    const samples = behind(ctx.samples(part.name), skipped)
    const meter = await noiseMeter({ ctx, part, samples, sampleCount: tried, weights })
    return { samples: 'given', meter, tried, learnable }
  }
  const warn = (what: string): void =>
    ctx.warn(
      'no-samples',
      `Part "${part.name}" has no samples, so ${what}. With samples bits go where outputs need them.`,
      { part: part.name },
    )
  try {
    const samples = madeUp(part, sampleCount)
    const meter = await noiseMeter({ ctx, part, samples, sampleCount, weights })
    warn('weights are tried on inputs that were made up by their roles')
    return { samples: 'made up', meter, tried: sampleCount, learnable: 0 }
  } catch (error) {
    if (!DamsonError.isInstance(error, 'missing-runtime') && !DamsonError.isInstance(error, 'feeds'))
      throw error
    warn('each weight counts by the share of itself that it loses')
    return { samples: 'none', meter: undefined, tried: 0, learnable: 0 }
  }
}

/** A single sample serves both. */
async function divided(
  samples: AsyncIterable<Sample>,
  sampleCount: number,
): Promise<Pick<Trials, 'tried' | 'learnable'> & { readonly skipped: number }> {
  let count = 0
  for await (const _ of samples) count++
  const tried = Math.min(sampleCount, Math.max(1, Math.floor(count / 4)))
  return { tried, learnable: Math.max(1, count - tried), skipped: count - tried }
}

async function* skipping(samples: AsyncIterable<Sample>, count: number): AsyncIterable<Sample> {
  let at = 0
  for await (const sample of samples) if (at++ >= count) yield sample
}

/** Samples without the first ones, as often as they are asked for. */
const behind = (samples: AsyncIterable<Sample>, count: number): AsyncIterable<Sample> => ({
  [Symbol.asyncIterator]: () => skipping(samples, count)[Symbol.asyncIterator](),
})

function madeUp(part: Part, count: number): readonly Sample[] {
  return Array.from({ length: count }, (_, seed) => ({
    part: part.name,
    feeds: feedsFor(part.graph, { seed }),
  }))
}
