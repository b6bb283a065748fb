// Provenance of a graph read from text: what the notes say, and for everything else what reading a file would give.
import { Graph, type Body, type FunctionDefinition, type Initializer, type Node } from '../ir.ts'
import { withOrigins } from '../file/origins.ts'
import { withNestedBodies } from '../scope.ts'
import { nestedBodies } from '../uses.ts'

/** Stands in for origins that no note gives, while a text is read. Told from an empty list by identity. */
export const notGiven: readonly string[] = []

/** The graph with `notGiven` replaced everywhere. */
export function giveOrigins(graph: Graph): Graph {
  const usual = withOrigins(graph)
  const functions = graph.header.functions.map((each, at) =>
    functionOrigins(each, usual.header.functions[at]),
  )
  const header = { ...graph.header, functions }
  return new Graph({ ...bodyOrigins(graph, usual).fields(), header })
}

function functionOrigins(
  read: FunctionDefinition,
  usual: FunctionDefinition | undefined,
): FunctionDefinition {
  return usual ? { ...read, nodes: nodesOrigins(read.nodes, usual.nodes) } : read
}

function bodyOrigins(read: Body, usual: Body): Body {
  const initializers = [...read.initializers].map(([name, each]): [string, Initializer] => {
    const origins = each.origins === notGiven ? (usual.initializers.get(name)?.origins ?? []) : each.origins
    return [name, { ...each, origins }]
  })
  return read.with({ initializers: new Map(initializers), nodes: nodesOrigins(read.nodes, usual.nodes) })
}

function nodesOrigins(read: readonly Node[], usual: readonly Node[]): readonly Node[] {
  return read.map((node, at) => {
    const other = usual[at]
    if (!other) return node
    const others = nestedBodies(other)
    const bodies = nestedBodies(node).map(({ body }, index) => bodyOrigins(body, others[index]?.body ?? body))
    const origins = node.origins === notGiven ? other.origins : node.origins
    return { ...withNestedBodies(node, bodies), origins }
  })
}
