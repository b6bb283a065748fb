// The codes of the options that were chosen, and what comes of them. Second-order codes learn from the samples that weights are
// not tried on: from few rows they learn those by heart, which only others show. Where they do no better there, they go.
import type { Context, FitContext, Part } from '@damson/core'
import type { Graph, Refusal } from '@damson/graph'
import type { Chosen } from './bit-budget.ts'
import { blockValues } from './bit-choices.ts'
import type { Priced } from './bit-costs.ts'
import type { BitParams } from './bit-params.ts'
import type { Trials } from './bit-trials.ts'
import { replacementOf, type Coding } from './bit-values.ts'
import { accuracyLevelOf, readable } from './block-targets.ts'
import { learnCodes, type PartCodes } from './learnt-codes.ts'
import { replaceWeights } from './replace-weights.ts'
import { asInThePaper, secondOrder } from './second-order-codes.ts'
import type { Noise } from './sensitivity.ts'

export type BitFit = FitContext<BitParams>

/** A part with its weights priced, and what is needed to code them. */
export interface Work extends Trials {
  readonly ctx: BitFit
  readonly part: Part
  readonly priced: readonly Priced[]
  readonly coding: Coding
  /** Milliseconds of each option of each weight, where time is what counts. */
  readonly times: readonly (readonly number[])[] | undefined
}

/** What came of one choice of options. */
export interface Made {
  readonly chosen: Chosen
  readonly codes: PartCodes
  readonly noise: Noise | undefined
}

/** Finds the codes of the options chosen and measures what comes out. */
export async function finish(work: Work, chosen: Chosen): Promise<Made> {
  const { solver } = work.ctx.params
  const learns = solver === 'gptq' || (solver === 'auto' && work.samples === 'given')
  const plain: Made = {
    chosen,
    codes: {},
    noise: solver === 'gptq' ? undefined : await noiseWith(work, chosen, {}),
  }
  if (!learns) return plain
  const codes = await compensated(work, chosen)
  const learnt: Made = { chosen, codes, noise: await noiseWith(work, chosen, codes) }
  return plain.noise && learnt.noise && plain.noise.total < learnt.noise.total ? plain : learnt
}

async function noiseWith(work: Work, chosen: Chosen, codes: PartCodes): Promise<Noise | undefined> {
  const { ctx, part, coding, meter } = work
  if (!meter) return undefined
  const level = levelOf(ctx)
  const made = chosen.flatMap(
    option => replacementOf(option, coding, level, codes[option.found?.weight.id ?? '']) ?? [],
  )
  return meter.ofGraph(replaceWeights(part.graph, made))
}

/** Samples that second-order codes learn from at most, as `gptq` by default. */
const learningCount = 64

/** Second-order codes; the parameters of `gptq` at their defaults. */
async function compensated({ ctx, part, coding, learnable }: Work, chosen: Chosen): Promise<PartCodes> {
  const found = chosen.flatMap(option => (option.planes ? [] : (option.found ?? [])))
  if (found.length === 0) return {}
  const params = { ...ctx.params, ...valuesOf(ctx) }
  const learning = {
    key: coding.key,
    sampleCount: Math.min(learningCount, learnable),
    memory: 'auto',
    ...secondOrder(asInThePaper),
  } as const
  const { codes } = await learnCodes({ ...ctx, params }, part, found, learning)
  return codes
}

type Given = Pick<Context<BitParams>, 'params' | 'target'>

function valuesOf({ params }: Pick<Given, 'params'>): ReturnType<typeof blockValues> {
  return blockValues(params, { bits: 4, blockSize: 32, symmetric: false })
}

/** `accuracy_level` of the products. */
export const levelOf = (ctx: Given): number => accuracyLevelOf({ params: valuesOf(ctx), target: ctx.target })

/** The graph in an operator set that can decode codes. */
export function preparedGraph(graph: Graph, ctx: Given): Graph | Refusal {
  return readable(graph, { params: valuesOf(ctx), target: ctx.target })
}
