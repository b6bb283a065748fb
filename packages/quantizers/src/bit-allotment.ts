// The fit of `autoBits`: prices every option of every weight, solves for the budget, and finds the codes. Codes that make up for
// one another lose less than was priced, some far less; what each really costs is then measured, and the budget solved again.
import type { Context, FitContext, Model, Part } from '@damson/core'
import {
  elementCount,
  isRefusal,
  refuse,
  weights,
  type Graph,
  type Refusal,
  type Weight,
} from '@damson/graph'
import type { BlockSearch } from '@damson/numerics'
import { leastNoise, type Chosen } from './bit-budget.ts'
import { blockValues, optionsOf } from './bit-choices.ts'
import { priceOptions, type Candidate, type Priced } from './bit-costs.ts'
import type { BitParams } from './bit-params.ts'
import { keepQuality } from './bit-quality.ts'
import { reportBits } from './bit-report.ts'
import { timeOptions } from './bit-times.ts'
import { trialsOf, type Trials } from './bit-trials.ts'
import { learntValues, replacementOf, type Coding } from './bit-values.ts'
import { accuracyLevelOf, readable } from './block-targets.ts'
import { createCoder } from './coder.ts'
import { learnCodes, type PartCodes } from './learnt-codes.ts'
import { claimedWeights } from './left-alone.ts'
import { replaceWeights } from './replace-weights.ts'
import { secondOrder } from './second-order-codes.ts'
import type { Noise } from './sensitivity.ts'
import { quantizesWeights } from './weight-quantizer.ts'

/** Of each part: the choice of each weight by its id, and the codes of those that a solver learnt. */
export type Allotted = Readonly<
  Record<string, { readonly choices: Readonly<Record<string, string>>; readonly codes: PartCodes }>
>

export type BitFit = FitContext<BitParams>

/** Search of scales by solver; second-order codes are priced as the closest that need no data. */
const searches: Readonly<Record<BitFit['params']['solver'], BlockSearch>> = {
  minmax: 'minmax',
  mse: 'mse',
  kquant: 'kquant',
  hqq: { zeroPoint: 'integer' },
  gptq: 'mse',
  auto: 'mse',
}

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

/** Chooses options for the weights of all parts and finds their codes. `key` is `id:version`. */
export async function allotBits(ctx: BitFit, key: string): Promise<Allotted> {
  const coding = codingOf(ctx, key)
  let works: readonly Work[] = []
  for (const name of ctx.parts) works = [...works, await workOn(ctx, ctx.model.part(name), coding)]
  let made: readonly Made[] = []
  if (ctx.params.budget.unit === 'decibels')
    for (const work of works) made = [...made, await keepQuality(work, finish)]
  else ({ works, made } = await keepSize(works, ctx))
  const allotted: Record<string, Allotted[string]> = {}
  for (const [at, { part, priced, samples, times }] of works.entries()) {
    const { chosen = [], codes = {}, noise } = made[at] ?? {}
    reportBits(ctx, { part: part.name, priced, chosen, noise, samples, times })
    const texts = priced.map(({ id }, place) => [id, chosen[place]?.text ?? 'float'] as const)
    allotted[part.name] = { choices: Object.fromEntries(texts), codes }
  }
  return allotted
}

function codingOf(ctx: Pick<Context<BitParams>, 'params' | 'warn'>, key: string): Coding {
  const coder = createCoder(reason => ctx.warn('no-wasm', reason))
  return { coder, search: searches[ctx.params.solver], key }
}

/** The graph in an operator set that can decode codes. */
export function preparedGraph(
  graph: Graph,
  ctx: Pick<Context<BitParams>, 'params' | 'target'>,
): Graph | Refusal {
  return readable(graph, { params: valuesOf(ctx), target: ctx.target })
}

async function workOn(ctx: BitFit, whole: Part, coding: Coding): Promise<Work> {
  const { solver, sampleCount, budget, objective } = ctx.params
  const choices = choicesOf(ctx.params)
  const claimed = claimedWeights(ctx.groups(whole))
  const graph = preparedGraph(whole.graph, ctx)
  const part = isRefusal(graph) ? whole : { ...whole, graph }
  const candidates = weights(part.graph).flatMap((weight): readonly Candidate[] => {
    const options = claimed.has(weight.id) ? optionsOf(weight, part.graph, choices, ctx.params) : []
    if (isRefusal(options) || options.length === 0) return []
    return [{ part: part.name, id: weight.id, elements: elementCount(weight.tensor.shape), options }]
  })
  const tried = candidates.flatMap(({ options }) => options.find(({ found }) => found)?.found?.weight ?? [])
  const needed = budget.unit === 'decibels' || solver === 'gptq'
  const trials = await trialsOf(ctx, part, { weights: tried, sampleCount, needed })
  const pricing = {
    ...coding,
    ctx,
    part,
    sampleCount,
    meter: trials.meter,
    given: trials.samples === 'given',
  }
  const times =
    objective === 'latency'
      ? await timeOptions(candidates, {
          ctx,
          part,
          params: ctx.params,
          coding,
          sampleCount,
          level: levelOf(ctx),
        })
      : undefined
  return { ...trials, ctx, part, coding, priced: await priceOptions(candidates, pricing), times }
}

/** Time is least where a product that codes would slow down may stay in floating point. */
export function choicesOf({ choices, objective }: BitFit['params']): readonly string[] {
  return objective === 'latency' && !choices.includes('float') ? [...choices, 'float'] : choices
}

type Solved = { readonly works: readonly Work[]; readonly made: readonly Made[] }

/** The least noise within a size over all parts together. */
async function keepSize(works: readonly Work[], ctx: BitFit): Promise<Solved> {
  const first = await solved(works, ctx)
  const again: Work[] = []
  for (const [at, work] of works.entries()) again.push(await corrected(work, first.made[at]))
  if (again.every((work, at) => work === works[at])) return first
  const second = await solved(again, ctx)
  return noiseOf(second) < noiseOf(first) ? second : { ...first, works: again }
}

async function solved(works: readonly Work[], ctx: BitFit): Promise<Solved> {
  const all = leastNoise(
    works.flatMap(work => work.priced),
    ctx.model,
    ctx.params.budget,
  )
  const made: Made[] = []
  let from = 0
  for (const work of works) made.push(await finish(work, all.slice(from, (from += work.priced.length))))
  return { works, made }
}

const noiseOf = ({ made }: Solved): number => made.reduce((sum, { noise }) => sum + (noise?.total ?? 0), 0)

/** The work with the noise of weights whose codes were learnt as it is when each is coded by them alone. */
async function corrected(work: Work, made: Made | undefined): Promise<Work> {
  const { meter, priced } = work
  const codes = made?.codes ?? {}
  if (!meter || Object.keys(codes).length === 0) return work
  const right: Priced[] = []
  for (const [at, each] of priced.entries()) {
    const option = made?.chosen[at]
    const learnt = codes[each.id]
    const expected = option ? (each.noise[each.options.indexOf(option)] ?? 0) : 0
    if (!option?.found || !learnt || expected === 0 || !meter.changes(option.found.weight)) {
      right.push(each)
      continue
    }
    const values = await learntValues(option.found, learnt)
    const { total } = await meter.ofWeights(new Map([[option.found.weight.name, values]]))
    right.push({ ...each, noise: each.noise.map(noise => (noise * total) / expected) })
  }
  return { ...work, priced: right }
}

/** Finds the codes of the options chosen and measures what comes out. */
async function finish(work: Work, chosen: Chosen): Promise<Made> {
  const { ctx, part, coding, meter, samples } = work
  const { solver } = ctx.params
  const learns = solver === 'gptq' || (solver === 'auto' && samples === 'given')
  const codes = learns ? await compensated(ctx, part, chosen, coding.key) : {}
  if (!meter) return { chosen, codes, noise: undefined }
  const level = levelOf(ctx)
  const made = chosen.flatMap(
    option => replacementOf(option, coding, level, codes[option.found?.weight.id ?? '']) ?? [],
  )
  return { chosen, codes, noise: await meter.ofGraph(replaceWeights(part.graph, made)) }
}

/** Samples that second-order codes learn from at most, as `gptq` by default. */
const learningCount = 64

/** Second-order codes; the parameters of `gptq` at their defaults. */
async function compensated(ctx: BitFit, part: Part, chosen: Chosen, key: string): Promise<PartCodes> {
  const found = chosen.flatMap(option => (option.planes ? [] : (option.found ?? [])))
  if (found.length === 0) return {}
  const params = { ...ctx.params, ...valuesOf(ctx) }
  const learning = {
    key,
    sampleCount: learningCount,
    memory: 'auto',
    ...secondOrder({ actOrder: true, damp: 0.01, sweeps: 3, inherited: 1 }),
  } as const
  const { codes } = await learnCodes({ ...ctx, params }, part, found, learning)
  return codes
}

function valuesOf({ params }: Pick<Context<BitParams>, 'params'>): ReturnType<typeof blockValues> {
  return blockValues(params, { bits: 4, blockSize: 32, symmetric: false })
}

const levelOf = (ctx: Pick<Context<BitParams>, 'params' | 'target'>): number =>
  accuracyLevelOf({ params: valuesOf(ctx), target: ctx.target })

/** The model with every weight coded as it was allotted. */
export function codeAllotted(model: Model, ctx: Context<BitParams>, state: Allotted, key: string): Model {
  return ctx.parts.reduce((made, name) => {
    const { choices = {}, codes = {} } = state[name] ?? {}
    const coding = codingOf(ctx, key)
    const find = (weight: Weight, graph: Graph) => {
      const text = choices[weight.id] ?? ctx.params.choices[0] ?? ''
      const options = optionsOf(weight, graph, [text], ctx.params)
      if (isRefusal(options)) return options
      const [option] = options
      return option?.found
        ? { ...option, weight, coded: option.found.coded }
        : refuse('matters so much that it stays as it is', weight)
    }
    const replace = (option: Exclude<ReturnType<typeof find>, { refused: string }>) => {
      const replacement = replacementOf(option, coding, levelOf(ctx), codes[option.weight.id])
      return replacement ?? { weight: option.weight, tensors: {}, emit: () => {} }
    }
    return quantizesWeights<BitParams, Exclude<ReturnType<typeof find>, { refused: string }>>({
      find,
      replace,
    }).rewrite(made, { ...ctx, parts: [name] })
  }, model)
}
