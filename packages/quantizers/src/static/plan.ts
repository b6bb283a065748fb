// What a step will do in a part: the prepared graph, the nodes that can run in integers, and what of the params the target decides.
import type { Context, Part } from '@damson/core'
import { isRefusal, type Graph, type Refusal, type Weight } from '@damson/graph'
import type { Params } from '../algorithms/static-int8.ts'
import type { ActivationType } from './codes.ts'
import { integerNodes, type Candidates, type IntegerNode, type Product } from './integer-nodes.ts'
import { claimedNodes, preparedGraph } from './prepared-graph.ts'
import { pairsOf, type Pair } from './pairs.ts'
import { tablesOf } from './tables.ts'

export interface Plan {
  readonly graph: Graph
  readonly nodes: readonly IntegerNode[]
  readonly products: readonly Product[]
  /** Tables that rows are looked up in. */
  readonly tables: readonly Weight[]
  readonly pairs: ReadonlyMap<string, Pair>
  readonly left: Candidates['left']
  readonly type: ActivationType
}

export function planOf(part: Part, ctx: Context<Params>): Plan | Refusal {
  const type = activationType(ctx.params.activations)
  const graph = preparedGraph(part.graph, type)
  if (isRefusal(graph)) return graph
  const claimed = claimedNodes(ctx.groups(part))
  const { nodes, left } = integerNodes(graph, claimed)
  const tables = tablesOf(graph, claimed)
  const isTable = new Set(tables.map(({ id }) => id))
  const products = nodes.flatMap(node => (node.kind === 'product' ? [node] : []))
  return {
    graph,
    nodes,
    products,
    tables,
    pairs: pairsOf(nodes),
    left: left.filter(({ weight }) => !isTable.has(weight.id)),
    type,
  }
}

/**
 * ONNX Runtime's kernels for CPUs want uint8 activations: with int8 most convolutions and products of a model stay in floating
 * point on x86 (a BERT 1.48 instead of 0.46 times the time of fp32, YOLOX 2.19 instead of 0.77).
 */
export function activationType(given: ActivationType | 'auto'): ActivationType {
  return given === 'auto' ? 'uint8' : given
}

/** x86 without VNNI adds two products of uint8 and int8 in saturating 16 bits. wasm and VNNI do not. */
export function pairsMayOverflow(given: boolean | 'auto', target: string): boolean {
  return given === 'auto' ? target === 'cpu' : given
}
