// A placement as the graph that is saved: pairs, or operators where there are some.
import type { Params } from '../algorithms/static-int8.ts'
import type { Context } from '@damson/core'
import { withPairs, type Placement } from './placement.ts'
import type { Plan } from './plan.ts'
import { withOperators, type Operators } from './quantized-operators.ts'
import { withSharedConstants } from './shared-constants.ts'

/** The graph in a format, and the nodes that keep their pairs although operators were asked for. */
export function formed(
  { graph }: Plan,
  placement: Placement,
  format: Context<Params>['params']['format'],
): Operators {
  const pairs = withPairs(graph, placement)
  const made = format === 'qdq' ? { graph: pairs, paired: [] } : withOperators(pairs, placement.nodes)
  return { ...made, graph: withSharedConstants(made.graph, graph) }
}
