// Bakes what was learnt into a part: coded weights, pairs, and a warning of what stays as it was.
import type { Context, Model } from '@damson/core'
import { isRefusal } from '@damson/graph'
import type { Params } from '../algorithms/static-int8.ts'
import type { Coder } from '../coder.ts'
import { warnLeftAlone } from '../left-alone.ts'
import type { PartState } from './fit.ts'
import { withPairs } from './placement.ts'
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
  const plan = planOf(model.part(name), ctx)
  if (isRefusal(plan) || !state) return model
  warnLeftAlone(ctx, name, plan.left)
  return model.withGraph(name, withPairs(plan.graph, placementOf(plan, state, coder, key)))
}
