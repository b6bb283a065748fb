// What the step says of a part: it codes the weights of products, and moves the numbers of what stands between convolutions.
import type { Context, Fact, Group, Part } from '@damson/core'
import { isRefusal, refuse, weights, type Graph, type Node, type Refusal } from '@damson/graph'
import type { Params } from '../algorithms/static-int8.ts'
import type { LeftAlone } from '../left-alone.ts'
import { integerNodes } from './integer-nodes.ts'
import { seamGroups } from './scaling.ts'
import { tablesOf } from './tables.ts'
import { nodeNames, preparedGraph, weightNames } from './prepared-graph.ts'

/** Groups over the part's own graph, found in its prepared form. */
export function sitesOf({ graph }: Part, ctx: Context<Params>): readonly Group[] | Refusal {
  if (ctx.target === 'webgpu') return refuse('webgpu has no integer products; use weightOnly')
  if (ctx.params.activations === 'int8' && ctx.params.weights === 'uint8')
    return refuse('int8 activations have kernels for int8 weights alone; set `weights` to int8 or `activations` to uint8')
  const prepared = preparedGraph(graph, ctx.params)
  if (isRefusal(prepared)) return prepared
  const { nodes, left } = integerNodes(prepared)
  const ofProducts = nodes.flatMap(each => (each.kind === 'product' ? [each.weight] : []))
  const products = new Set([...ofProducts, ...tablesOf(prepared)].flatMap(weightNames))
  const between = new Set(nodes.flatMap(({ kind, node }) => (kind === 'between' ? nodeNames(node) : [])))
  const coded = weights(graph).filter(each => each.tensor.shape.length > 1 && weightNames(each).some(name => products.has(name)))
  if (coded.length === 0) return nothingToCode(left)
  const ends: readonly Fact[] = ctx.params.format === 'qoperator' ? ['op:plain'] : []
  const takes = { needs: ['weight:float32', ...ends], takes: ['weight:float', ...ends], gives: ['weight:coded'] } as const
  return [
    ...coded.map((weight): Group => ({
      sites: [{ weight }, ...weight.uses.flatMap(({ node }) => [node, ...normsOf(graph, node)]).map(node => ({ node }))],
      ...takes,
    })),
    ...graph.nodes
      .filter(node => nodeNames(node).some(name => between.has(name)))
      .map((node): Group => ({ sites: [{ node }], changes: true, ...(ends.length > 0 ? { needs: ends, takes: ends } : {}) })),
    ...seamGroups(graph, prepared, ctx, new Set(coded.map(({ id }) => id))),
  ]
} // prettier-ignore

/** The batch normalization that is folded into a convolution. */
function normsOf(graph: Graph, { op, outputs }: Node): readonly Node[] {
  if (op !== 'Conv') return []
  return graph.users(outputs[0] ?? '').flatMap(({ node }) => (node.op === 'BatchNormalization' ? [node] : []))
}

/** The most telling reason is that of the largest weight. */
function nothingToCode(left: readonly LeftAlone[]): Refusal {
  const [largest] = left.toSorted((a, b) => b.weight.tensor.byteLength - a.weight.tensor.byteLength)
  if (!largest) return refuse('has no constant matrix or filter')
  const { refused, at } = largest.refusal
  return refuse(`nothing to code; "${largest.weight.id}" ${refused}`, at)
}
