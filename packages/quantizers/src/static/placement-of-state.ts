// What was learnt, as tensors and codings in their places.
import { residentArray, type Tensor } from '@damson/graph'
import type { Coder } from '../coder.ts'
import { codedWeight } from './coded-weight.ts'
import type { PartState } from './fit.ts'
import type { CodedProduct, Placement } from './placement.ts'
import type { Plan } from './plan.ts'
import { spread } from './sensitive-nodes.ts'

/** The placement that a state means in a plan. */
export function placementOf({ nodes, products, tables, type, weights }: Plan, state: PartState, coder: Coder, key: string): Placement {
  const float = new Set(state.float)
  return {
    type,
    nodes: nodes.filter(({ node }) => !float.has(node.outputs[0] ?? '')),
    products: products.flatMap((product): readonly CodedProduct[] => {
      const { weight, axis, node } = product
      const own = numbersOf(state.scales[weight.id])
      if (!own) return []
      const scales = spread(own, weight.tensor.shape[axis] ?? 1)
      const codes = codedWeight(weight.tensor, axis, scales, `${key}:${state.scales[weight.id]?.key ?? ''}`, coder, weights)
      return [{ product, codes, scales, bias: numbersOf(state.biases[node.outputs[0] ?? '']) }]
    }),
    tables: tables.flatMap(table => {
      const own = numbersOf(state.scales[table.id])
      if (!own) return []
      const scales = spread(own, table.tensor.shape[1] ?? 1)
      return [{ table, scales, codes: codedWeight(table.tensor, 1, scales, `${key}:${state.scales[table.id]?.key ?? ''}`, coder) }]
    }),
    codings: new Map(Object.entries(state.codings).map(([range, coding]) => [range, { type, ...coding }])),
  }
} // prettier-ignore

function numbersOf(tensor: Tensor | undefined): Float32Array | undefined {
  const values = tensor && residentArray(tensor)
  return values instanceof Float32Array ? values : undefined
}
