// Exporters ask every value anew for its sizes. Integer tensors whose elements inference follows to the same expressions in
// the sizes of the graph are the same: the first one serves all.
import { infer, mapBodies, removeDead, type Graph, type Inference, type Node } from '@damson/graph'

/** The graph with equal arithmetic on sizes merged, body by body; the same object when there is none. */
export function mergeEqualSizes(graph: Graph, inferOf: (graph: Graph) => Inference = infer): Graph {
  const { graph: typed, elements } = inferOf(graph)
  const kinds = new Map<string, string>()
  mapBodies(typed, (body, { path }) => {
    for (const { name, type } of body.types.values()) {
      const id = path === '' ? name : `${path}/${name}`
      const known = elements.get(id)
      if (type?.kind !== 'tensor' || !type.dtype?.includes('int') || !known || known.includes(null)) continue
      if (known.every(each => typeof each === 'number')) continue
      kinds.set(id, JSON.stringify([type.dtype, type.shape, known]))
    }
    return body
  })
  const merged = mapBodies(graph, (body, { path }) => {
    const first = new Map<string, string>()
    const names = new Map<string, string>()
    for (const { outputs } of body.nodes) {
      for (const name of outputs) {
        const kind = kinds.get(path === '' ? name : `${path}/${name}`)
        if (kind === undefined) continue
        const known = first.get(kind)
        if (known === undefined) first.set(kind, name)
        else if (body.users(name).length > 0) names.set(name, known)
      }
    }
    if (names.size === 0) return body
    const nodes = body.nodes.map(node => renamed(node, names))
    return nodes.every((node, at) => node === body.nodes[at]) ? body : body.with({ nodes })
  })
  return merged === graph ? graph : removeDead(merged)
}

function renamed(node: Node, names: ReadonlyMap<string, string>): Node {
  const inputs = node.inputs.map(name => names.get(name) ?? name)
  return inputs.some((name, at) => name !== node.inputs[at]) ? { ...node, inputs } : node
}
