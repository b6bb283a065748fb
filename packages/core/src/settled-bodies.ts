// Gates and quantizers need not know of each other: whoever came first, what branches there are and what codes, ONNX Runtime
// can open the graph.
import { codesIntoBodies, detachCaptures, type Graph } from '@damson/graph'

/** The graph without what makes ONNX Runtime refuse Q/DQ in nested bodies, or end the process. The same object if it has none. */
export function withSettledBodies(graph: Graph): Graph {
  return detachCaptures(codesIntoBodies(graph))
}
