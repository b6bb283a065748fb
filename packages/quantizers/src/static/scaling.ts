// Which scales a part gets before it is coded: those of equalization, then those of smoothing on what that left.
import type { Context, Group, Part } from '@damson/core'
import {
  memoryTensor,
  nodeIdentity,
  weights,
  type Graph,
  type Node,
  type Tensor,
  type Weight,
} from '@damson/graph'
import type { Params } from '../algorithms/static-int8.ts'
import { equalizingScales } from './equalization.ts'
import type { Ctx } from './fit.ts'
import type { Plan } from './plan.ts'
import { weightNames } from './prepared-graph.ts'
import { scaledGraph, scaleValues, type Scales } from './scaled-graph.ts'
import { seamsOf, weightsOfSeam, type Seam } from './scale-seams.ts'
import { smoothingScales } from './smoothing.ts'

type Asked = Context<Params>['params']

/** What parameters ask for, over the seams of a graph. */
function askedSeams(graph: Graph, { smooth, equalize }: Asked): readonly Seam[] {
  if (smooth === 0 && !equalize) return []
  return seamsOf(graph).filter(({ axis, maker }) => (smooth > 0 && axis === -1) || (equalize && maker !== undefined))
} // prettier-ignore

/** A group for each seam of a prepared graph that a coded weight reads: the weights of the part's own graph that it changes. */
export function seamGroups(graph: Graph, prepared: Graph, ctx: Context<Params>, coded: ReadonlySet<string>): readonly Group[] {
  const seams = askedSeams(prepared, ctx.params)
  if (seams.length === 0) return []
  const own = new Map<string, Weight[]>()
  for (const weight of weights(graph)) for (const name of weightNames(weight)) own.set(name, [...(own.get(name) ?? []), weight])
  const ownOf = (weight: Weight): readonly Weight[] => weightNames(weight).flatMap(name => own.get(name) ?? [])
  return seams.flatMap((seam): readonly Group[] => {
    const isRead = seam.readers.some(({ weight }) => ownOf(weight).some(each => coded.has(each.id) && ctx.selects({ weight: each })))
    const sites = [...new Set(weightsOfSeam(seam).flatMap(ownOf))].map(weight => ({ weight }))
    return isRead && sites.length > 0 ? [{ sites, needs: ['weight:float32'], changes: true }] : []
  })
} // prettier-ignore

/** The seams of a prepared graph that a step may scale: it reaches all of their weights and codes one that reads them. */
export function scaledSeams(part: Part, prepared: Graph, ctx: Context<Params>): readonly Seam[] {
  const seams = askedSeams(prepared, ctx.params)
  const namesIn = (groups: readonly Group[]): ReadonlySet<string> =>
    new Set(groups.flatMap(({ sites }) => sites.flatMap(site => ('weight' in site ? weightNames(site.weight) : []))))
  const groups = seams.length === 0 ? [] : ctx.groups(part)
  const [reached, coded] = [namesIn(groups), namesIn(groups.filter(({ takes }) => takes !== undefined))]
  const isIn = (names: ReadonlySet<string>) => (weight: Weight): boolean => weightNames(weight).some(name => names.has(name))
  return seams.filter(seam => weightsOfSeam(seam).every(isIn(reached)) && seam.readers.some(({ weight }) => isIn(coded)(weight)))
} // prettier-ignore

/** The scales of a part; none where nothing was asked for. Says which products cannot be smoothed. */
export async function scalesOfPart(ctx: Ctx, name: string, plan: Plan): Promise<Scales> {
  const { seams, graph } = plan
  const equalizing = ctx.params.equalize ? await equalizingScales(seams, ctx.signal) : {}
  if (ctx.params.smooth === 0) return equalizing
  const equalized = scaledGraph(graph, seams, equalizing)
  const smoothing = await smoothingScales(ctx, name, equalized, seamsWithWeightsOf(seams, equalized))
  sayUnsmoothed(ctx, name, plan, smoothing)
  return product(equalizing, smoothing)
}

/** The same seams over the weights of another graph of the same names. */
function seamsWithWeightsOf(seams: readonly Seam[], graph: Graph): readonly Seam[] {
  const values = new Set(seams.map(({ value }) => value))
  return seamsOf(graph).filter(({ value }) => values.has(value))
}

function product(a: Scales, b: Scales): Scales {
  const values = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return Object.fromEntries(values.flatMap((value): readonly (readonly [string, Tensor])[] => {
    const [one, other] = [scaleValues(a[value]), scaleValues(b[value])]
    const s = one && other ? one.map((scale, at) => scale * (other[at] ?? 1)) : (one ?? other)
    return s ? [[value, memoryTensor('float32', [s.length], s)]] : []
  }))
} // prettier-ignore

function sayUnsmoothed(ctx: Ctx, part: string, { products }: Plan, scales: Scales): void {
  const matrices = products.filter(({ node }) => node.op !== 'Conv')
  const left = matrices.filter(({ inputs }) => scales[inputs[0] ?? ''] === undefined).map(({ node }): Node => node)
  if (left.length === 0) return
  const names = left.map(nodeIdentity)
  const list = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`
  ctx.warn('not-smoothed', `Part "${part}": ${left.length} of ${matrices.length} matrix products read what takes no scales, and are not smoothed: ${list}.`, { part, nodes: names })
} // prettier-ignore
