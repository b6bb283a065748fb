// What fusions find their patterns in: constants are initializers, what does nothing is gone, arithmetic on sizes is folded
// as far as it is known, equal values are computed once, and the types of all values are written down. Exporters differ
// most in these. No number changes.
import {
  cleaning,
  eliminateCommon,
  foldShapes,
  inferTypes,
  removeDead,
  rewrite,
  type Graph,
} from '@damson/graph'
import { mergeEqualSizes } from '../sizes/equal-sizes.ts'
import { constantReshapes } from '../sizes/reshape-targets.ts'

/** The graph as fusions want it. Graphs are immutable, so the memo of it is no state. */
export function prepare(graph: Graph): Graph {
  const known = prepared.get(graph)
  if (known) return known
  const folded = rewrite(inferTypes(foldShapes(rewrite(graph, cleaning).graph)), cleaning).graph
  const sized = mergeEqualSizes(constantReshapes(folded))
  const ready = inferTypes(removeDead(eliminateCommon(sized)))
  prepared.set(graph, ready)
  return ready
}

const prepared = new WeakMap<Graph, Graph>()
