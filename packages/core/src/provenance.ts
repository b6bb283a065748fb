// Provenance as it is saved: for each node and weight whose origins are not simply its own identity, the names of the
// original nodes or weights that it came from. What is absent from the table is its own origin.
import { mapBodies, nodeIdentity, scopes, type Body, type Graph, type Node, type Scope } from '@damson/graph'

export interface SavedProvenance {
  readonly nodes: Readonly<Record<string, readonly string[]>>
  readonly weights: Readonly<Record<string, readonly string[]>>
}

const key = (scope: Scope, name: string): string => (scope.path === '' ? name : `${scope.path}/${name}`)
const same = (origins: readonly string[], own: string): boolean => origins.length === 1 && origins[0] === own

/** A node's key in the table: its first output, which is unique in a body even where names are not. */
const outputOf = (node: Node): string => node.outputs.find(name => name !== '') ?? node.name

/** The table for one graph. */
export function saveProvenance(graph: Graph): SavedProvenance {
  const nodes: Record<string, readonly string[]> = {}
  const weights: Record<string, readonly string[]> = {}
  for (const scope of scopes(graph)) {
    for (const node of scope.body.nodes) {
      if (!same(node.origins, key(scope, nodeIdentity(node))))
        nodes[key(scope, outputOf(node))] = node.origins
    }
    for (const { name, origins } of scope.body.initializers.values()) {
      const own = key(scope, name)
      if (!same(origins, own)) weights[own] = origins
    }
  }
  return { nodes, weights }
}

/** The graph with the origins of a saved table. */
export function restoreProvenance(graph: Graph, saved: SavedProvenance): Graph {
  if (Object.keys(saved.nodes).length + Object.keys(saved.weights).length === 0) return graph
  return mapBodies(graph, (body, scope) => restoreBody(body, scope, saved))
}

function restoreBody(body: Body, scope: Scope, saved: SavedProvenance): Body {
  const nodes = body.nodes.map(node => {
    const origins = saved.nodes[key(scope, outputOf(node))]
    return origins ? { ...node, origins } : node
  })
  const initializers = new Map(
    [...body.initializers].map(([name, each]) => {
      const origins = saved.weights[key(scope, name)]
      return [name, origins ? { ...each, origins } : each]
    }),
  )
  return body.with({ nodes, initializers })
}
