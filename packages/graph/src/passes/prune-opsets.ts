// Drops imports of operator sets that nothing uses any more, after a rewrite has replaced the last operator of a domain.
import type { Graph, Node } from '../ir.ts'
import { walk } from '../scope.ts'
import { nestedBodies } from '../uses.ts'

/** The graph importing only the domains that its nodes, or its functions, use; ONNX itself always stays. */
export function pruneOpsets(graph: Graph): Graph {
  const used = new Set([''])
  for (const { node } of walk(graph)) used.add(node.domain)
  const note = (node: Node): void => {
    used.add(node.domain)
    for (const { body } of nestedBodies(node)) body.nodes.forEach(note)
  }
  for (const { nodes } of graph.header.functions) nodes.forEach(note)
  const opsets = new Map([...graph.header.opsets].filter(([domain]) => used.has(domain)))
  return opsets.size === graph.header.opsets.size
    ? graph
    : graph.with({ header: { ...graph.header, opsets } })
}
