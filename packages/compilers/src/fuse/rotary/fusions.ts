// Rotary embeddings, in the order in which they are tried.
import {
  Draft,
  infer,
  mapBodies,
  nodeIdentity,
  removeDead,
  scopes,
  type Graph,
  type NearMiss,
  type Node,
} from '@damson/graph'
import { isMiss, miss, type Miss } from '../attention/miss.ts'
import { Site } from '../attention/site.ts'
import { View } from '../attention/view.ts'
import { withMicrosoft } from '../attention/microsoft.ts'
import type { Fused, Fusion, FusionOptions } from '../fusion.ts'
import { buildRotary } from './build.ts'
import { planRotary, type RotaryPlan } from './plan.ts'
import { rotationAt } from './rotation.ts'

/** Rotations of queries and keys by angles of their positions. */
export const rotaryEmbedding: Fusion = {
  name: 'rotary-embedding',
  kind: 'rotary',
  targets: () => true,
  absorbs: false,
  apply: fuseRotations,
  nearMisses: missesOf,
}

export const rotaryFusions: readonly Fusion[] = [rotaryEmbedding]

function fuseRotations(graph: Graph, options: FusionOptions): Fused {
  const inference = infer(graph)
  let count = 0
  const fused = mapBodies(inference.graph, (body, scope) => {
    const view = new View({ ...scope, body }, graph.opset(), inference.elements)
    const plans = new Map<Node, RotaryPlan>()
    for (const node of body.nodes) {
      const plan = beginsRotation(view, node) ? planOf(view, node, options) : undefined
      if (plan && !isMiss(plan)) plans.set(plan.rotation.root, plan)
    }
    if (plans.size === 0) return body
    count += plans.size
    const site = new Site(view, new Draft(body, scope))
    for (const plan of plans.values()) buildRotary(site, plan)
    return site.draft.finish()
  })
  return count === 0 ? { graph, count } : { graph: removeDead(withMicrosoft(fused)), count }
}

function planOf(view: View, add: Node, { mayFuse }: FusionOptions): RotaryPlan | Miss {
  const rotation = rotationAt(view, add)
  if (isMiss(rotation)) return rotation
  const plan = planRotary(view, rotation)
  if (isMiss(plan)) return plan
  const outside = [...plan.absorbed].find(node => !mayFuse(node))
  return outside ? miss(7, 'lies outside of the place given', nodeIdentity(outside)) : plan
}

/** An Add of two products, as every rotation has one. */
function beginsRotation(view: View, { op, domain, inputs }: Node): boolean {
  return op === 'Add' && domain === '' && inputs.every(input => view.producer(input)?.op === 'Mul')
}

function missesOf(graph: Graph, options: FusionOptions): readonly NearMiss[] {
  const { graph: typed, elements } = infer(graph)
  return [...scopes(typed)]
    .flatMap(scope => {
      const view = new View(scope, typed.opset(), elements)
      return scope.body.nodes.flatMap(node => {
        const found = beginsRotation(view, node) ? planOf(view, node, options) : undefined
        if (!found || !isMiss(found)) return []
        const path = scope.path === '' ? '' : `${scope.path}/`
        return [{ rule: 'rotary-embedding', node: `${path}${nodeIdentity(node)}`, ...found }]
      })
    })
    .sort((a, b) => b.progress - a.progress)
}
