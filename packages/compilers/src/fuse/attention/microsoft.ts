// Operators of ONNX Runtime's own domain need it imported.
import type { Graph } from '@damson/graph'

/** The graph with com.microsoft imported. */
export function withMicrosoft(graph: Graph): Graph {
  if (graph.header.opsets.has('com.microsoft')) return graph
  const opsets = new Map([...graph.header.opsets, ['com.microsoft', 1]])
  return graph.with({ header: { ...graph.header, opsets } })
}
