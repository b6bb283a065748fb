// Fusions that rules cannot express, because what they replace has too many spellings: they begin at a node, follow the graph
// from there, and either have a plan or say why not. All plans of a graph are made before anything is edited.
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
  type Scope,
} from '@damson/graph'
import type { Fused, Fusion, FusionKind, FusionOptions } from '../fusion.ts'
import { isMiss, miss, type Miss } from './miss.ts'
import { Site } from './site.ts'
import { View } from './view.ts'

/** A plan says which node it takes the place of, and which nodes go. */
export interface Planned {
  readonly end: Node
  readonly absorbed: ReadonlySet<Node>
}

export interface Sought<P extends Planned> {
  readonly name: string
  readonly kind: FusionKind
  readonly begins: (view: View, node: Node) => boolean
  readonly plan: (view: View, node: Node, options: FusionOptions) => P | Miss
  readonly build: (site: Site, plan: P) => void
}

/** The fusion of what is sought. Bodies nested in others are searched too, functions of the model are not. */
/* @__NO_SIDE_EFFECTS__ */
export function soughtFusion<P extends Planned>(sought: Sought<P>): Fusion {
  const { name, kind } = sought
  return {
    name,
    kind,
    targets: () => true,
    absorbs: false,
    apply: (graph, options) => fuse(sought, graph, options),
    nearMisses: (graph, options) => missesOf(sought, graph, options),
  }
}

function fuse<P extends Planned>(sought: Sought<P>, graph: Graph, options: FusionOptions): Fused {
  const { graph: typed, elements } = infer(graph)
  let count = 0
  const fused = mapBodies(typed, (body, scope) => {
    const view = new View({ ...scope, body }, graph.opset(), elements)
    const plans = new Map<Node, P>()
    for (const node of body.nodes) {
      const plan = sought.begins(view, node) ? allowed(sought, view, node, options) : undefined
      if (plan && !isMiss(plan)) plans.set(plan.end, plan)
    }
    if (plans.size === 0) return body
    count += plans.size
    const site = new Site(view, new Draft(body, scope))
    for (const plan of plans.values()) sought.build(site, plan)
    return site.draft.finish()
  })
  return count === 0 ? { graph, count } : { graph: removeDead(withMicrosoft(fused)), count }
}

function allowed<P extends Planned>(
  sought: Sought<P>,
  view: View,
  node: Node,
  options: FusionOptions,
): P | Miss {
  const plan = sought.plan(view, node, options)
  if (isMiss(plan)) return plan
  const outside = [...plan.absorbed].find(each => !options.mayFuse(each))
  return outside ? miss(9, 'lies outside of the place given', nodeIdentity(outside)) : plan
}

function missesOf<P extends Planned>(
  sought: Sought<P>,
  graph: Graph,
  options: FusionOptions,
): readonly NearMiss[] {
  const { graph: typed, elements } = infer(graph)
  const within = (scope: Scope): readonly NearMiss[] => {
    const view = new View(scope, typed.opset(), elements)
    const path = scope.path === '' ? '' : `${scope.path}/`
    return scope.body.nodes.flatMap(node => {
      const found = sought.begins(view, node) ? allowed(sought, view, node, options) : undefined
      return found && isMiss(found)
        ? [{ rule: sought.name, node: `${path}${nodeIdentity(node)}`, ...found }]
        : []
    })
  }
  return [...scopes(typed)].flatMap(within).sort((a, b) => b.progress - a.progress)
}

/** Operators of ONNX Runtime's own domain need it imported. */
function withMicrosoft(graph: Graph): Graph {
  if (graph.header.opsets.has('com.microsoft')) return graph
  const opsets = new Map([...graph.header.opsets, ['com.microsoft', 1]])
  return graph.with({ header: { ...graph.header, opsets } })
}
