// What a step will do in a part: the prepared graph, the nodes that can run in integers, and what of the params the target decides.
import type { Context, Part } from '@damson/core'
import { isRefusal, type Graph, type Refusal, type Weight } from '@damson/graph'
import type { Params } from '../algorithms/static-int8.ts'
import type { ActivationType } from './codes.ts'
import type { WeightType } from './coded-weight.ts'
import { integerNodes, type Candidates, type IntegerNode, type Product } from './integer-nodes.ts'
import { claimedNodes, preparedGraph } from './prepared-graph.ts'
import { pairsOf, type Pair } from './pairs.ts'
import { scaledGraph, type Scales } from './scaled-graph.ts'
import type { Seam } from './scale-seams.ts'
import { scaledSeams } from './scaling.ts'
import { tablesOf } from './tables.ts'

export interface Plan {
  readonly graph: Graph
  /** Where scales go before anything is coded; those that were given are in the graph. */
  readonly seams: readonly Seam[]
  readonly nodes: readonly IntegerNode[]
  readonly products: readonly Product[]
  /** Tables that rows are looked up in. */
  readonly tables: readonly Weight[]
  readonly pairs: ReadonlyMap<string, Pair>
  readonly left: Candidates['left']
  readonly type: ActivationType
  /** Codes of weights; of tables always int8. */
  readonly weights: WeightType
}

export function planOf(part: Part, ctx: Context<Params>, scales: Scales = {}): Plan | Refusal {
  const type = activationType(ctx.params.activations)
  const prepared = preparedGraph(part.graph, ctx.params)
  if (isRefusal(prepared)) return prepared
  const seams = scaledSeams(part, prepared, ctx)
  const graph = scaledGraph(prepared, seams, scales)
  const claimed = claimedNodes(ctx.groups(part))
  const { nodes, left } = integerNodes(graph, claimed)
  const tables = tablesOf(graph, claimed)
  const isTable = new Set(tables.map(({ id }) => id))
  const products = nodes.flatMap(node => (node.kind === 'product' ? [node] : []))
  return {
    graph,
    seams,
    nodes,
    products,
    tables,
    pairs: pairsOf(nodes),
    left: left.filter(({ weight }) => !isTable.has(weight.id)),
    type,
    weights: ctx.params.weights,
  }
}

/**
 * ONNX Runtime's kernels for CPUs want uint8 activations: with int8 most convolutions and products of a model stay in floating
 * point on x86 (a BERT 1.48 instead of 0.46 times the time of fp32, YOLOX 2.19 instead of 0.77).
 */
function activationType(given: ActivationType | 'auto'): ActivationType {
  return given === 'auto' ? 'uint8' : given
}

/** x86 without VNNI adds two products of uint8 and int8 in saturating 16 bits. wasm, VNNI and products of uint8 do not. */
export function pairsMayOverflow({ params: { reduceRange, weights }, target }: Context<Params>): boolean {
  return reduceRange === 'auto' ? target === 'cpu' && weights === 'int8' : reduceRange
}
