// Columns of activations that are far larger than the others: in transformers a handful, always the same ones, at all tokens
// (Dettmers 2022, section 3). Which they are is learnt from samples, since a graph cannot choose weights while it runs.
import { DamsonError, type FitContext, type Params, type Part, type StatisticRequest } from '@damson/core'
import { innerScopes, intOf, resolve, walk, type Graph } from '@damson/graph'
import type { Int8Weight } from './int8-weights.ts'

/** Outlier columns of the inputs of weights, by id of the weight, ascending; a weight without any is absent. */
export type PartOutliers = Readonly<Record<string, readonly number[]>>

/** At most this share of the columns: float rows of more would make the coded weight as large as a float16 one. */
const mostShare = 0.25

/** True for a weight whose rows can be told apart: one matrix, read by products and nothing else. */
export function isSeparable({ use, decoded, coded, spec }: Int8Weight): boolean {
  const alone = [...coded.values()].every(({ form }) => form === 'product')
  const whole = use.form === 'product' && use.stack.length === 0
  return whole && alone && !decoded && spec.axis !== undefined
}

/** The columns in which |x| reached `threshold` in some sample. */
export async function findOutliers(
  ctx: FitContext<Params>,
  part: Part,
  claimed: readonly Int8Weight[],
  { threshold, sampleCount }: { readonly threshold: number; readonly sampleCount: number },
): Promise<PartOutliers> {
  const inputs = new Map(claimed.filter(isSeparable).map(found => [found, inputsOf(found, part.graph)] as const))
  const values = [...new Set([...inputs.values()].flat())]
  if (values.length === 0) return {}
  const requests = values.map((value): StatisticRequest => ({ value, kind: 'absmax', axis: -1 }))
  const peaks = await peaksOf(ctx, part, requests, sampleCount)
  if (!peaks) return {}
  const found: Record<string, readonly number[]> = {}
  const crowded: string[] = []
  for (const [{ weight, use }, names] of inputs) {
    const K = 'view' in use ? use.view.K : 0
    const peak = Float64Array.from({ length: K }, (_, k) => Math.max(0, ...names.map(name => peaks.get(name)?.[k] ?? 0)))
    const beyond = [...peak.keys()].filter(k => (peak[k] ?? 0) >= threshold)
    const most = Math.floor(K * mostShare)
    if (beyond.length > most) crowded.push(weight.id)
    const kept = beyond.toSorted((a, b) => (peak[b] ?? 0) - (peak[a] ?? 0)).slice(0, most)
    if (kept.length > 0) found[weight.id] = kept.toSorted((a, b) => a - b)
  }
  warnOfCrowds(ctx, part.name, crowded)
  return found
} // prettier-ignore

function warnOfCrowds(ctx: FitContext<Params>, part: string, crowded: readonly string[]): void {
  if (crowded.length === 0) return
  const message =
    `Part "${part}": ${crowded.length} weights like "${crowded[0] ?? ''}" have more outlier columns than a quarter; ` +
    'the largest ones stay in floating point. A higher threshold says which matter.'
  ctx.warn('many-outliers', message, { part, weights: crowded })
}

async function peaksOf(
  ctx: FitContext<Params>, part: Part, requests: readonly StatisticRequest[], sampleCount: number,
): Promise<ReadonlyMap<string, Float64Array> | undefined> {
  try {
    const results = await ctx.statistics(part.name, requests, part.graph, sampleCount)
    return new Map([...results].flatMap(([name, { absmax }]) => (absmax ? [[name, absmax] as const] : [])))
  } catch (error) {
    if (!DamsonError.isInstance(error, 'missing-samples')) throw error
    ctx.warn('no-samples', `Part "${part.name}": no samples were given, so no column is known to be an outlier; all are coded, row by row.`, { part: part.name })
    return undefined
  }
} // prettier-ignore

/** The values whose columns meet the rows of a weight, as statistics call them; none where they cannot be looked at. */
function inputsOf({ readers }: Int8Weight, graph: Graph): readonly string[] {
  const loops = [...walk(graph)].filter(({ node }) => node.op !== 'If')
  const paths = loops.flatMap(({ scope, node }) => innerScopes(scope, node).map(({ path }) => path))
  const names = readers.map(({ node, scope }) => {
    const name = node.inputs[0] ?? ''
    const home = resolve(scope, name)?.path ?? ''
    const hidden = intOf(node, 'transA', 0) !== 0 || paths.some(path => `${home}/`.startsWith(`${path}/`))
    return hidden ? undefined : home === '' ? name : `${home}/${name}`
  })
  const seen = names.filter(name => name !== undefined)
  return seen.length === names.length ? seen : []
}
