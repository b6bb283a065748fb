// Puts the nodes of every body into topological order, as near as possible to the order they have.
import type { Body, Graph, Node } from '../ir.ts'
import { sortNodes } from '../order.ts'
import { mapBodies } from '../scope.ts'

/** The graph with every producer before its users; the same object when it is sorted. Throws a `cycle` error. */
export function sortTopologically(graph: Graph): Graph {
  return mapBodies(graph, sorted)
}

function sorted(body: Body): Body {
  const producers = new Map(
    body.nodes.flatMap(node => node.outputs.map((name): [string, Node] => [name, node])),
  )
  producers.delete('')
  const nodes = sortNodes(body.nodes, producers)
  return nodes.every((node, at) => node === body.nodes[at]) ? body : body.with({ nodes })
}
