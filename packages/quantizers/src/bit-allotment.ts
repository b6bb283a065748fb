// The fit of `autoBits`: prices every option of every weight, solves for the budget, and finds the codes.
import { DamsonError, type Context, type FitContext, type Model, type Part } from '@damson/core'
import { elementCount, isRefusal, refuse, weights, type Graph, type Weight } from '@damson/graph'
import type { BlockSearch } from '@damson/numerics'
import { fewestBytes, leastNoise, type Chosen } from './bit-budget.ts'
import { blockValues, optionsOf } from './bit-choices.ts'
import { priceOptions, type Candidate, type Priced } from './bit-costs.ts'
import type { BitParams } from './bit-params.ts'
import { reportBits } from './bit-report.ts'
import { codeBlocks } from './block-coding.ts'
import { accuracyLevelOf } from './block-targets.ts'
import { replaceBlocks, type BlockWeight } from './block-weights.ts'
import { createCoder, type Coder } from './coder.ts'
import { hasSamples } from './has-samples.ts'
import { blockCodesOf, learnCodes, type PartCodes } from './learnt-codes.ts'
import { claimedWeights } from './left-alone.ts'
import { replaceWeights, type Replacement } from './replace-weights.ts'
import { secondOrder } from './second-order-codes.ts'
import { noiseMeter, type Noise } from './sensitivity.ts'
import { quantizesWeights } from './weight-quantizer.ts'

/** Of each part: the choice of each weight by its id, and the codes of those that a solver learnt. */
export type Allotted = Readonly<
  Record<string, { readonly choices: Readonly<Record<string, string>>; readonly codes: PartCodes }>
>

type Fit = FitContext<BitParams>

/** Search of scales by solver; second-order codes are priced as the closest that need no data. */
const searches: Readonly<Record<Fit['params']['solver'], BlockSearch>> = {
  minmax: 'minmax',
  mse: 'mse',
  kquant: 'kquant',
  hqq: { zeroPoint: 'integer' },
  gptq: 'mse',
  auto: 'mse',
}

/** A part with its weights priced, and what is needed to code them. */
interface Work {
  readonly ctx: Fit
  readonly part: Part
  readonly priced: readonly Priced[]
  readonly measure: ((graph: Graph) => Promise<Noise>) | undefined
  readonly coder: Coder
  readonly key: string
}

/** Chooses options for the weights of all parts and finds their codes. `key` is `id:version`. */
export async function allotBits(ctx: Fit, key: string): Promise<Allotted> {
  const coder = createCoder(reason => ctx.warn('no-wasm', reason))
  const works: Work[] = []
  for (const name of ctx.parts) works.push(await priced(ctx, ctx.model.part(name), coder, key))
  const { budget } = ctx.params
  const all =
    budget.unit === 'decibels'
      ? []
      : leastNoise(
          works.flatMap(work => work.priced),
          ctx.model,
          budget,
        )
  const allotted: Record<string, Allotted[string]> = {}
  let from = 0
  for (const work of works) {
    const chosen = all.slice(from, (from += work.priced.length))
    const made =
      budget.unit === 'decibels' ? await keepQuality(work, budget.value) : await finish(work, chosen)
    reportBits(ctx, work.part.name, work.priced, made.chosen, made.noise)
    const texts = work.priced.map(({ id }, at) => [id, made.chosen[at]?.text ?? 'float'] as const)
    allotted[work.part.name] = { choices: Object.fromEntries(texts), codes: made.codes }
  }
  return allotted
}

async function priced(ctx: Fit, part: Part, coder: Coder, key: string): Promise<Work> {
  const { choices, solver, sampleCount } = ctx.params
  const claimed = claimedWeights(ctx.groups(part))
  const candidates = weights(part.graph).flatMap((weight): readonly Candidate[] => {
    const options = claimed.has(weight.id) ? optionsOf(weight, part.graph, choices, ctx.params) : []
    if (isRefusal(options) || options.length === 0) return []
    return [{ part: part.name, id: weight.id, elements: elementCount(weight.tensor.shape), options }]
  })
  const sampled =
    ctx.params.budget.unit === 'decibels' || solver === 'gptq' || (await hasSamples(ctx, part.name))
  if (!sampled) {
    const message = `Part "${part.name}" has no samples, so each weight counts by the share of itself that it loses. With samples bits go where outputs need them.`
    ctx.warn('no-samples', message, { part: part.name })
  }
  const measure = sampled ? await noiseMeter(ctx, part, sampleCount) : undefined
  const pricing = { ctx, part, coder, key, search: searches[solver], sampleCount, measure }
  return { ctx, part, coder, key, measure, priced: await priceOptions(candidates, pricing) }
}

/** What came of one choice of options. */
interface Made {
  readonly chosen: Chosen
  readonly codes: PartCodes
  readonly noise: Noise | undefined
}

/** Finds the codes of the options chosen and measures what comes out. */
async function finish(work: Work, chosen: Chosen): Promise<Made> {
  const { ctx, part, coder, key, measure } = work
  const found = chosen.flatMap(option => option.found ?? [])
  const { solver } = ctx.params
  const learns = solver === 'gptq' || (solver === 'auto' && measure !== undefined)
  const codes = learns ? await compensated(ctx, part, found, key) : {}
  if (!measure) return { chosen, codes, noise: undefined }
  const made = found.map(each => replacementOf(each, ctx, coder, key, codes))
  return { chosen, codes, noise: await measure(replaceWeights(part.graph, made)) }
}

/** Samples that second-order codes learn from at most, as `gptq` by default. */
const learningCount = 64

/** Second-order codes; the parameters of `gptq` at their defaults. */
async function compensated(
  ctx: Fit,
  part: Part,
  found: readonly BlockWeight[],
  key: string,
): Promise<PartCodes> {
  const params = { ...ctx.params, ...valuesOf(ctx) }
  const learning = {
    key,
    sampleCount: learningCount,
    memory: 'auto',
    code: secondOrder({ actOrder: true, damp: 0.01 }),
  } as const
  const { codes } = await learnCodes({ ...ctx, params }, part, found, learning)
  return codes
}

/** Rounds of correcting what was predicted by what was measured. */
const mostRounds = 5

/** The fewest bytes with which the worst output keeps so many dB, measured on the samples. */
async function keepQuality(work: Work, decibels: number): Promise<Made> {
  const target = 10 ** (-decibels / 10)
  let limit = target
  let kept: Made | undefined
  let reached = 0
  for (let round = 0; round < mostRounds; round++) {
    const chosen = fewestBytes(work.priced, limit)
    if (!chosen) break
    const made = await finish(work, chosen)
    const noise = made.noise?.worst ?? Infinity
    reached = Math.max(reached, -10 * Math.log10(noise))
    const bytes = (of: Made): number => of.chosen.reduce((sum, option) => sum + option.bytes, 0)
    if (noise <= target && (!kept || bytes(made) < bytes(kept))) kept = made
    // Near enough: within a tenth of a dB on the right side.
    if (noise <= target && noise > target * 0.977) break
    limit *= (0.99 * target) / noise
  }
  if (kept) return kept
  throw new DamsonError(
    'budget',
    `Expected choices that keep ${decibels} dB in "${work.part.name}", but ${reached.toFixed(1)} dB is the most that was reached. ` +
      'Lower the budget, allow more bits or float among the choices, or set accuracyLevel to 1.',
    { details: { part: work.part.name, reached } },
  )
}

function valuesOf({ params }: Pick<Context<BitParams>, 'params'>): ReturnType<typeof blockValues> {
  return blockValues(params, { bits: 4, blockSize: 32, symmetric: false })
}

function replacementOf(
  found: BlockWeight,
  ctx: Pick<Context<BitParams>, 'params' | 'target'>,
  coder: Coder,
  key: string,
  codes: PartCodes,
): Replacement {
  const learnt = codes[found.weight.id]
  const search = searches[ctx.params.solver]
  const made = learnt ? blockCodesOf(learnt) : codeBlocks(found.matrix, { ...found.spec, search }, key, coder)
  return replaceBlocks(found, made, accuracyLevelOf({ params: valuesOf(ctx), target: ctx.target }))
}

/** The model with every weight coded as it was allotted. */
export function codeAllotted(model: Model, ctx: Context<BitParams>, state: Allotted, key: string): Model {
  return ctx.parts.reduce((made, name) => {
    const { choices = {}, codes = {} } = state[name] ?? {}
    const find = (weight: Weight, graph: Graph) => {
      const text = choices[weight.id] ?? ctx.params.choices[0] ?? ''
      const options = optionsOf(weight, graph, [text], ctx.params)
      if (isRefusal(options)) return options
      return options[0]?.found ?? refuse('matters so much that it stays as it is', weight)
    }
    const replace = (found: BlockWeight, _: unknown, coder: Coder): Replacement =>
      replacementOf(found, ctx, coder, key, codes)
    return quantizesWeights<BitParams, BlockWeight>({ find, replace }).rewrite(made, {
      ...ctx,
      parts: [name],
    })
  }, model)
}
