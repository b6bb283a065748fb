// A step that is placed on some nodes leaves the others as they are. Those wear a domain that nobody knows while rules and
// passes go over the graph: nothing matches them, nothing merges or computes them. Their types are noted before.
import { inferTypes, mapBodies, type Graph, type Node } from '@damson/graph'

const veil = 'damson.outside:'

/** Runs a generator on the graph in which only some nodes can be seen. */
export function* withinNodes<Q, A>(
  graph: Graph,
  inside: ReadonlySet<Node>,
  work: (graph: Graph) => Generator<Q, Graph, A>,
): Generator<Q, Graph, A> {
  // Which node an inferred one was: inference keeps bodies and their order.
  const outside = mapBodies(graph, body => {
    const nodes = body.nodes.map(node =>
      inside.has(node) ? node : { ...node, domain: `${veil}${node.domain}` },
    )
    return body.with({ nodes })
  })
  const typed = withTypesOf(outside, inferTypes(graph))
  const header = { ...typed.header, functions: [] }
  const worked = yield* work(typed.with({ header }))
  const shown = mapBodies(worked, body => body.with({ nodes: body.nodes.map(unveiled) }))
  return shown.with({ header: { ...shown.header, functions: graph.header.functions } })
}

function unveiled(node: Node): Node {
  return node.domain.startsWith(veil) ? { ...node, domain: node.domain.slice(veil.length) } : node
}

/** The graph with the notes on types that another form of it has. */
function withTypesOf(graph: Graph, typed: Graph): Graph {
  const types = new Map<string, Graph['types']>()
  mapBodies(typed, (body, { path }) => {
    types.set(path, body.types)
    return body
  })
  return mapBodies(graph, (body, { path }) => body.with({ types: types.get(path) ?? body.types }))
}
