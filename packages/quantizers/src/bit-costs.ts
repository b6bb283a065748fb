// What every option of every weight costs in quality, as noise in the outputs of its part: measured once for each weight, with
// that weight alone coded, and carried over to its other options by how much they err on the weight and its inputs:
//   D(w, c) = D(w, c₀) · E(w, c) / E(w, c₀),   E = Σ h_k (w_nk − ŵ_nk)²,   h_k = mean square of the input of column k
import { DamsonError, type FitContext, type Params, type Part } from '@damson/core'
import type { BitOption } from './bit-choices.ts'
import { numbersOf, optionValues, replacementOf, type Coding } from './bit-values.ts'
import { codingErrors } from './coding-error.ts'
import { stagesOf } from './hessians.ts'
import { replaceWeights } from './replace-weights.ts'
import type { NoiseMeter } from './sensitivity.ts'

/** A weight with what can be done with it. */
export interface Candidate {
  readonly part: string
  readonly id: string
  readonly elements: number
  /** The smallest first. */
  readonly options: readonly BitOption[]
}

/** A candidate with the noise of each option. */
export interface Priced extends Candidate {
  readonly noise: readonly number[]
}

export interface Pricing extends Coding {
  readonly ctx: Pick<FitContext<Params>, 'statistics' | 'signal' | 'progress'>
  readonly part: Part
  readonly sampleCount: number
  /** Undefined where nothing can be run. */
  readonly meter: NoiseMeter | undefined
  /** True for samples that were given: statistics can be had of those alone. */
  readonly given: boolean
}

/** Arithmetic of products while one weight is tried: fp32, so that nothing but the weight makes noise. */
const exactLevel = 1

/** The noise of all options of all weights of one part. */
export async function priceOptions(
  candidates: readonly Candidate[],
  pricing: Pricing,
): Promise<readonly Priced[]> {
  const { ctx, meter, given } = pricing
  const inputs = meter && given ? await inputPowers(candidates, pricing) : new Map<string, Float64Array>()
  const priced: Priced[] = []
  for (const candidate of candidates) {
    ctx.signal.throwIfAborted()
    const { errors, power } = await errorsOf(candidate.options, inputs.get(candidate.id), pricing)
    const reference = referenceOf(candidate.options)
    const known = errors[candidate.options.indexOf(reference)] ?? 0
    // Where nothing can be run all weights matter alike: what counts is the share of themselves that they lose.
    const noise = meter ? await noiseOf(reference, meter, pricing) : known / power
    priced.push({ ...candidate, noise: errors.map(error => (known > 0 ? (noise * error) / known : 0)) })
    ctx.progress(priced.length, candidates.length)
  }
  return priced
}

/** E of each option, 0 for staying, and Σ h w². */
async function errorsOf(
  options: readonly BitOption[],
  h: Float64Array | undefined,
  { coder, search, ctx, key }: Pricing,
): Promise<{ readonly errors: readonly number[]; readonly power: number }> {
  const found = options.flatMap(option => option.found ?? [])
  const [first] = found
  if (!first) return { errors: options.map(() => 0), power: 1 }
  if (options.every(({ planes }) => planes === undefined)) {
    const specs = found.map(({ spec }) => ({ ...spec, search }))
    const each = await coder.use(kernel => codingErrors(first.matrix, specs, h, kernel, ctx.signal))
    return {
      ...each,
      errors: options.map(option => (option.found ? (each.errors[found.indexOf(option.found)] ?? 0) : 0)),
    }
  }
  const values = await numbersOf(first.matrix)
  const errors: number[] = []
  for (const option of options) {
    const made = await optionValues(option, values, { coder, search, key }, ctx.signal)
    errors.push(option.found ? squared(values, made) : 0)
  }
  return { errors, power: squared(values, undefined) }
}

function squared(values: Float32Array, made: Float32Array | undefined): number {
  let sum = 0
  for (let at = 0; at < values.length; at++) sum += ((values[at] ?? 0) - (made?.[at] ?? 0)) ** 2
  return sum
}

/** The option that is tried: of those in 4 bits the finest, else the one with most bits. */
function referenceOf(options: readonly BitOption[]): BitOption {
  const coded = options.filter(({ found }) => found !== undefined)
  const four = coded.filter(({ found, planes }) => (planes ?? found?.spec)?.bits === 4)
  const [last] = (four.length > 0 ? four : coded).toReversed()
  if (!last) throw new DamsonError('internal', 'Expected an option to try.')
  return last
}

/** Noise of the part with one weight coded. */
async function noiseOf(option: BitOption, meter: NoiseMeter, pricing: Pricing): Promise<number> {
  const { found } = option
  if (found && meter.changes(found.weight)) {
    const values = await optionValues(option, await numbersOf(found.matrix), pricing, pricing.ctx.signal)
    return (await meter.ofWeights(new Map([[found.weight.name, values]]))).total
  }
  const made = replacementOf(option, pricing, exactLevel)
  return (await meter.ofGraph(replaceWeights(pricing.part.graph, made ? [made] : []))).total
}

/** Mean squares [K] of the inputs of weights, by id, where a weight has inputs that can be looked at. */
async function inputPowers(
  candidates: readonly Candidate[],
  { ctx, part, sampleCount }: Pricing,
): Promise<ReadonlyMap<string, Float64Array>> {
  const found = candidates.flatMap(({ options }) => options.find(option => option.found)?.found ?? [])
  const { stages } = stagesOf(part.graph, found, false)
  const values = [...new Set(stages.flatMap(stage => stage.values))]
  if (values.length === 0) return new Map()
  const requests = values.map(value => ({ value, kind: 'moments', axis: -1 }) as const)
  const results = await ctx.statistics(part.name, requests, part.graph, sampleCount)
  const powers = new Map<string, Float64Array>()
  for (const { weights, values: read, K } of stages) {
    const h = new Float64Array(K)
    for (const value of read)
      results.get(value)?.sumOfSquares?.forEach((sum, k) => (h[k] = (h[k] ?? 0) + sum))
    if (h.some(each => each > 0)) for (const { weight } of weights) powers.set(weight.id, h)
  }
  return powers
}
