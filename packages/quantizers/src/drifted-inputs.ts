// What the inputs of a weight have lost by the coding of the weights before it: the coded graph and the exact one side by side,
// so that one pass over the samples sums up both X̂ᵀX̂ and X̂ᵀ(X − X̂), for inputs X̂ on the coded way and X on the exact one.
import { Draft, inline, removeDead, type Graph } from '@damson/graph'

/** Two graphs in one, and the values [X̂, X − X̂] [rows, 2K] by the names of the inputs that they belong to. */
interface Drifted {
  readonly graph: Graph
  readonly pairs: ReadonlyMap<string, string>
}

/** Both graphs, which have to make all `values` as outputs; undefined where one is not made at the top of both. */
export function driftedInputs(coded: Graph, exact: Graph, values: readonly string[]): Drifted | undefined {
  if (!values.every(name => coded.producer(name) && exact.producer(name))) return undefined
  const inputs = Object.fromEntries(exact.inputs.map(({ name }) => [name, name]))
  const { graph, outputs } = inline(coded, exact, { inputs, prefix: 'exact/' })
  const draft = new Draft(graph)
  const pairs = new Map(
    values.map(value => {
      const lost = draft.add({ op: 'Sub', inputs: [outputs.get(value) ?? value, value] })
      const axis = new Map([['axis', { type: 'int', value: -1n } as const]])
      const pair = draft.add({ op: 'Concat', inputs: [value, ...lost.outputs], attributes: axis })
      return [value, pair.outputs[0] ?? value]
    }),
  )
  const { nodes, initializers, types } = draft.finish()
  const made = [...pairs.values()].map(name => ({ name }))
  return { graph: removeDead(graph.with({ nodes, initializers, types, outputs: made })), pairs }
}

/** Columns from `from` of the upper half of the gram [2K, 2K] of a pair: X̂ᵀX̂ from 0, X̂ᵀ(X − X̂) from K. */
export function upperQuarter(gram: Float64Array, K: number, from: number): Float64Array {
  const part = new Float64Array(K * K)
  for (let i = 0; i < K; i++) part.set(gram.subarray(i * 2 * K + from, i * 2 * K + from + K), i * K)
  return part
}
