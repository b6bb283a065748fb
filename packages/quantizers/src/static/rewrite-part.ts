// Bakes what was learnt into a part: coded weights, pairs, and a warning of what stays as it was.
import type { Context, Model } from '@damson/core'
import { isRefusal, nodeIdentity, type Node } from '@damson/graph'
import type { Params } from '../algorithms/static-int8.ts'
import type { Coder } from '../coder.ts'
import { warnLeftAlone } from '../left-alone.ts'
import type { PartState } from './fit.ts'
import { formed } from './formed.ts'
import { placementOf } from './placement-of-state.ts'
import { planOf } from './plan.ts'

export interface Work {
  readonly ctx: Context<Params>
  readonly state: PartState | undefined
  readonly coder: Coder
  /** Names the algorithm and its version in the keys of coded tensors. */
  readonly key: string
}

export function rewritePart(model: Model, name: string, { ctx, state, coder, key }: Work): Model {
  const plan = planOf(model.part(name), ctx, state?.seams)
  if (isRefusal(plan) || !state) return model
  warnLeftAlone(ctx, name, plan.left)
  const { graph, paired } = formed(plan, placementOf(plan, state, coder, key), ctx.params.format)
  if (paired.length > 0)
    ctx.warn('pairs-kept', pairsKept(name, paired), { part: name, nodes: paired.map(nodeIdentity) })
  return model.withGraph(name, graph)
}

/** The sentence on nodes without a quantized operator, by their float operators. */
function pairsKept(part: string, nodes: readonly Node[]): string {
  const ops = [...new Set(nodes.map(({ op }) => op))].toSorted()
  return `Part "${part}": ${nodes.length} ${nodes.length === 1 ? 'node has' : 'nodes have'} no quantized operator here and ${nodes.length === 1 ? 'keeps its' : 'keep their'} pairs (${ops.join(', ')}).`
}
