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
    const samples = ctx.samples(part.name)
    return { samples: 'given', meter: await noiseMeter({ ctx, part, samples, sampleCount, weights }) }
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
    return { samples: 'made up', meter }
  } catch (error) {
    if (!DamsonError.isInstance(error, 'missing-runtime') && !DamsonError.isInstance(error, 'feeds'))
      throw error
    warn('each weight counts by the share of itself that it loses')
    return { samples: 'none', meter: undefined }
  }
}

function madeUp(part: Part, count: number): readonly Sample[] {
  return Array.from({ length: count }, (_, seed) => ({
    part: part.name,
    feeds: feedsFor(part.graph, { seed }),
  }))
}
