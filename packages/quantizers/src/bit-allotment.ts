// The fit of `autoBits`: prices every option of every weight, solves for the budget, and finds the codes. Codes that make up for
// one another lose less than was priced, some far less; what each really costs is then measured, and the budget solved again.
import type { Context, Model, Part } from '@damson/core'
import {
  elementCount,
  isRefusal,
  refuse,
  weights,
  type Graph,
  type Node,
  type Refusal,
  type Weight,
} from '@damson/graph'
import type { BlockSearch } from '@damson/numerics'
import { leastNoise } from './bit-budget.ts'
import { optionsOf, type BitOption } from './bit-choices.ts'
import { finish, levelOf, preparedGraph, type BitFit, type Made, type Work } from './bit-codes.ts'
import { priceOptions, type Candidate, type Priced } from './bit-costs.ts'
import type { BitParams } from './bit-params.ts'
import { keepQuality } from './bit-quality.ts'
import { reportBits } from './bit-report.ts'
import { timeOptions } from './bit-times.ts'
import { trialsOf } from './bit-trials.ts'
import { learntValues, replacementOf, type Coding } from './bit-values.ts'
import { createCoder } from './coder.ts'
import type { PartCodes } from './learnt-codes.ts'
import { claimedWeights } from './left-alone.ts'
import type { Replacement } from './replace-weights.ts'
import { quantizesWeights } from './weight-quantizer.ts'

/** Of each part: the choice of each weight by its id, and the codes of those that a solver learnt. */
export type Allotted = Readonly<
  Record<string, { readonly choices: Readonly<Record<string, string>>; readonly codes: PartCodes }>
>

/** Search of scales by solver; second-order codes are priced as the closest that need no data. */
const searches: Readonly<Record<BitFit['params']['solver'], BlockSearch>> = {
  minmax: 'minmax',
  mse: 'mse',
  kquant: 'kquant',
  hqq: { zeroPoint: 'integer' },
  gptq: 'mse',
  auto: 'mse',
}

/** Chooses options for the weights of all parts and finds their codes. `key` is `id:version`. */
export async function allotBits(ctx: BitFit, key: string): Promise<Allotted> {
  const coding = codingOf(ctx, key)
  let works: readonly Work[] = []
  for (const name of ctx.parts) works = [...works, await workOn(ctx, ctx.model.part(name), coding)]
  let made: readonly Made[] = []
  if (ctx.params.budget.unit === 'decibels')
    for (const work of works) made = [...made, await keepQuality(work)]
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

async function workOn(ctx: BitFit, whole: Part, coding: Coding): Promise<Work> {
  const { solver, budget, objective } = ctx.params
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
  const trials = await trialsOf(ctx, part, { weights: tried, sampleCount: ctx.params.sampleCount, needed })
  const shared = { ctx, part, sampleCount: trials.tried }
  const given = trials.samples === 'given'
  const priced = await priceOptions(candidates, { ...coding, ...shared, meter: trials.meter, given })
  const timing = { ...shared, params: ctx.params, coding, level: levelOf(ctx) }
  const times = objective === 'latency' ? await timeOptions(candidates, timing) : undefined
  return { ...trials, ctx, part, coding, priced, times }
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

/** A weight with the option that was chosen for it. */
interface AllottedWeight extends BitOption {
  readonly weight: Weight
  readonly coded: ReadonlyMap<Node, unknown>
}

/** The model with every weight coded as it was allotted. */
export function codeAllotted(model: Model, ctx: Context<BitParams>, state: Allotted, key: string): Model {
  return ctx.parts.reduce((made, name) => {
    const { choices = {}, codes = {} } = state[name] ?? {}
    const coding = codingOf(ctx, key)
    const find = (weight: Weight, graph: Graph): AllottedWeight | Refusal => {
      const text = choices[weight.id] ?? ctx.params.choices[0] ?? ''
      const options = optionsOf(weight, graph, [text], ctx.params)
      if (isRefusal(options)) return options
      const [option] = options
      return option?.found
        ? { ...option, weight, coded: option.found.coded }
        : refuse('matters so much that it stays as it is', weight)
    }
    const replace = (option: AllottedWeight): Replacement => {
      const replacement = replacementOf(option, coding, levelOf(ctx), codes[option.weight.id])
      return replacement ?? { weight: option.weight, tensors: {}, emit: () => {} }
    }
    return quantizesWeights<BitParams, AllottedWeight>({
      prepare: preparedGraph,
      find,
      replace,
    }).rewrite(made, { ...ctx, parts: [name] })
  }, model)
}
