// What every option of every weight costs in quality, as noise in the outputs of its part: measured once for each weight, with
// that weight alone coded, and carried over to its other options by how much they err on the weight and its inputs:
//   D(w, c) = D(w, c₀) · E(w, c) / E(w, c₀),   E = Σ h_k (w_nk − ŵ_nk)²,   h_k = mean square of the input of column k
import { DamsonError, type FitContext, type Params, type Part } from '@damson/core'
import type { BlockSearch } from '@damson/numerics'
import type { BitOption } from './bit-choices.ts'
import { codeBlocks } from './block-coding.ts'
import { replaceBlocks, type BlockWeight } from './block-weights.ts'
import { codingErrors } from './coding-error.ts'
import type { Coder } from './coder.ts'
import { stagesOf } from './hessians.ts'
import { replaceWeights } from './replace-weights.ts'
import type { Noise } from './sensitivity.ts'

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

export interface Pricing {
  readonly ctx: Pick<FitContext<Params>, 'statistics' | 'signal' | 'progress'>
  readonly part: Part
  readonly coder: Coder
  readonly search: BlockSearch
  readonly sampleCount: number
  /** Noise of a graph in place of the part; undefined without samples. */
  readonly measure: ((graph: Part['graph']) => Promise<Noise>) | undefined
  /** `id:version`, for the keys of tensors. */
  readonly key: string
}

/** Arithmetic of products while one weight is tried: fp32, so that nothing but the weight makes noise. */
const exactLevel = 1

/** The noise of all options of all weights of one part. */
export async function priceOptions(
  candidates: readonly Candidate[],
  pricing: Pricing,
): Promise<readonly Priced[]> {
  const { ctx, coder, search, measure } = pricing
  const inputs = measure ? await inputPowers(candidates, pricing) : new Map<string, Float64Array>()
  const priced: Priced[] = []
  for (const candidate of candidates) {
    ctx.signal.throwIfAborted()
    const found = candidate.options.flatMap(option => option.found ?? [])
    const [first] = found
    if (!first) continue
    const specs = found.map(({ spec }) => ({ ...spec, search }))
    const { errors, power } = await coder.use(kernel =>
      codingErrors(first.matrix, specs, inputs.get(candidate.id), kernel, ctx.signal),
    )
    const reference = referenceOf(found)
    const known = errors[found.indexOf(reference)] ?? 0
    // Without samples all weights matter alike: what counts is the share of themselves that they lose.
    const noise = measure ? (await measure(alone(reference, pricing))).total : known / power
    const each = found.map((_, at) => (known > 0 ? (noise * (errors[at] ?? 0)) / known : 0))
    priced.push({
      ...candidate,
      noise: candidate.options.map(({ found: of }) => (of ? (each[found.indexOf(of)] ?? 0) : 0)),
    })
    ctx.progress(priced.length, candidates.length)
  }
  return priced
}

/** The option that is tried: of those in 4 bits the finest, else the one with most bits. */
function referenceOf(found: readonly BlockWeight[]): BlockWeight {
  const four = found.filter(({ spec }) => spec.bits === 4)
  const [last] = (four.length > 0 ? four : found).toReversed()
  if (!last) throw new DamsonError('internal', 'Expected an option to try.')
  return last
}

/** The part with one weight coded. */
function alone(found: BlockWeight, { part, key, search, coder }: Pricing): Part['graph'] {
  const codes = codeBlocks(found.matrix, { ...found.spec, search }, key, coder)
  return replaceWeights(part.graph, [replaceBlocks(found, codes, exactLevel)])
}

/** Mean squares [K] of the inputs of weights, by id, where a weight has inputs that can be looked at. */
async function inputPowers(
  candidates: readonly Candidate[],
  { ctx, part, sampleCount }: Pricing,
): Promise<ReadonlyMap<string, Float64Array>> {
  const found = candidates.flatMap(({ options }) => options.find(option => option.found)?.found ?? [])
  const { stages } = stagesOf(part.graph, found)
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
