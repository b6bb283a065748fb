// Scales and zero points repeat: most zero points are one of a few, and all sigmoids have the same range. Each initializer takes
// ONNX Runtime some 40 µs when it makes a session, and a file its name, so equal ones are kept once.
import { mergeWeights, type Graph } from '@damson/graph'

/** More is a weight's. */
const mostBytes = 4096

/** The graph with equal small constants merged, of those that `before` does not have. */
export function withSharedConstants(graph: Graph, before: Graph): Graph {
  const made = [...graph.initializers.values()].filter(
    ({ name, tensor: { data, byteLength } }) =>
      data && byteLength <= mostBytes && !before.initializers.has(name),
  )
  return mergeWeights(graph, new Map(made.map(({ name, tensor }) => [name, tensor.key])))
}
