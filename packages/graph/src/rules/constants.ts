// Where constants stand. Exporters write weights as Constant nodes, and IR 3 lists initializers among the graph inputs;
// everything else in damson (and ONNX Runtime's constant folding) is simpler when a constant is an initializer and no input.
import { refuse } from '../error.ts'
import type { Graph } from '../ir.ts'
import { constantTensor } from '../ops/constant-tensor.ts'
import { op } from '../ops/onnx-operators.generated.ts'
import { constant } from '../ops/term.ts'
import { rule, type Rule } from './rule.ts'

/** `c = Constant<value>()` becomes an initializer `c`; functions have none and keep theirs. */
export const constantToInitializer: Rule = rule('constant-to-initializer', ['c'], {
  match: ({ c }) => op.Constant().as(c),
  check: ({ c }, place) => place.kind === 'graph' || refuse('a function has no initializers', c),
  build: ({ c }) => {
    const tensor = c.producer && constantTensor(c.producer)
    return tensor ? constant(tensor, { from: [c] }) : refuse('its value is sparse or not text', c)
  },
})

/**
 * Takes initializers off the input list, so that callers can no longer feed them and they are constants for everybody.
 * IR versions below 4 demand that they are listed: those become 4.
 */
export function initializersOffInputs(graph: Graph): Graph {
  const inputs = graph.requiredInputs()
  if (inputs.length === graph.inputs.length) return graph
  const irVersion = Math.max(4, graph.header.irVersion)
  return graph.with({ inputs, header: { ...graph.header, irVersion } })
}
