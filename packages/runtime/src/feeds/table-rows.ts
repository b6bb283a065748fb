// How large a whole-number input may be: the rows of the tables that it picks from.
import { resolve, weights, type Graph, type Scope } from '@damson/graph'

/** Operators that pass the values of their first input on, in another arrangement or type. */
const passing = new Set([
  'Cast',
  'Reshape',
  'Unsqueeze',
  'Squeeze',
  'Flatten',
  'Identity',
  'Transpose',
  'Slice',
  'Expand',
])

/** For each input that ends as the indices of a Gather on a constant table: the rows of the smallest such table. */
export function tableRows(graph: Graph): ReadonlyMap<string, number> {
  const rows = new Map<string, number>()
  for (const { tensor, uses } of weights(graph)) {
    for (const { node, input, scope } of uses) {
      if (node.op !== 'Gather' || input !== 0) continue
      const axis = node.attributes.get('axis')
      const size = tensor.shape[axis?.type === 'int' ? Number(axis.value) : 0]
      const source = node.inputs[1] === undefined ? undefined : inputBehind(scope, node.inputs[1])
      if (source !== undefined && size !== undefined)
        rows.set(source, Math.min(size, rows.get(source) ?? size))
    }
  }
  return rows
}

function inputBehind(scope: Scope, name: string): string | undefined {
  const home = resolve(scope, name)
  if (!home) return undefined
  const producer = home.body.producer(name)
  if (!producer) return home.outer === undefined && home.body.isInput(name) ? name : undefined
  const first = producer.inputs[0]
  return passing.has(producer.op) && first !== undefined ? inputBehind(home, first) : undefined
}
