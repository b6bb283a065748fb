// Attentions, in the order in which they are tried.
import {
  Draft,
  infer,
  mapBodies,
  nodeIdentity,
  removeDead,
  scopes,
  type Graph,
  type Inference,
  type NearMiss,
  type Node,
  type Scope,
} from '@damson/graph'
import type { Fused, Fusion, FusionOptions } from '../fusion.ts'
import { describe } from './describe.ts'
import { isMiss, miss, type Miss } from './miss.ts'
import { withMicrosoft } from './microsoft.ts'
import { buildMultiHead, planMultiHead, type MultiHead } from './multi-head.ts'
import { Site } from './site.ts'
import { View } from './view.ts'

/** Attention around a Softmax, in all spellings that exporters have for it. */
export const attention: Fusion = {
  name: 'attention',
  kind: 'attention',
  targets: () => true,
  absorbs: false,
  apply: fuseAttentions,
  nearMisses: missesOf,
}

export const attentionFusions: readonly Fusion[] = [attention]

function fuseAttentions(graph: Graph, options: FusionOptions): Fused {
  const inference = infer(graph)
  let count = 0
  const fused = mapBodies(inference.graph, (body, scope) => {
    const view = new View({ ...scope, body }, graph.opset(), inference.elements)
    const plans = body.nodes.flatMap(node => (isSoftmax(node) ? plannedOf(view, node, options) : []))
    if (plans.length === 0) return body
    count += plans.length
    const site = new Site(view, new Draft(body, scope))
    for (const plan of plans) buildMultiHead(site, plan)
    return site.draft.finish()
  })
  return count === 0 ? { graph, count } : { graph: removeDead(withMicrosoft(fused)), count }
}

function plannedOf(view: View, node: Node, options: FusionOptions): readonly MultiHead[] {
  const plan = planOf(view, node, options)
  return isMiss(plan) ? [] : [plan]
}

function planOf(view: View, softmax: Node, { mayFuse }: FusionOptions): MultiHead | Miss {
  const found = describe(view, softmax)
  if (isMiss(found)) return found
  const plan = planMultiHead(view, found)
  if (isMiss(plan)) return plan
  const outside = [...plan.absorbed].find(node => !mayFuse(node))
  return outside ? miss(7, 'lies outside of the place given', nodeIdentity(outside)) : plan
}

function missesOf(graph: Graph, options: FusionOptions): readonly NearMiss[] {
  const { graph: typed, elements } = infer(graph)
  return [...scopes(typed)]
    .flatMap(scope => missesIn(scope, typed.opset(), elements, options))
    .sort((a, b) => b.progress - a.progress)
}

function missesIn(
  scope: Scope,
  opset: number,
  elements: Inference['elements'],
  options: FusionOptions,
): readonly NearMiss[] {
  const view = new View(scope, opset, elements)
  return scope.body.nodes.flatMap(node => {
    const found = isSoftmax(node) ? planOf(view, node, options) : undefined
    if (!found || !isMiss(found)) return []
    const path = scope.path === '' ? '' : `${scope.path}/`
    return [{ rule: 'attention', node: `${path}${nodeIdentity(node)}`, ...found }]
  })
}

function isSoftmax({ op, domain }: Node): boolean {
  return op === 'Softmax' && domain === ''
}
