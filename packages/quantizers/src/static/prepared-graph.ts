// The graph that static int8 works on: in an operator set that has scales by channel, constants as initializers that no
// caller feeds, batch normalization folded into convolutions and biases into products, so that what is coded is what is
// multiplied: ONNX Runtime makes a Gemm of a product and its bias, and has no integer kernel for one whose bias is not coded.
import { inferTypes, initializersOffInputs, isRefusal, matMulAddToGemm, refuse, rewrite, simplification, upgradeOpset, Value, type Graph, type Node, type Refusal, type Rule, type Weight } from '@damson/graph' // prettier-ignore
import type { Group } from '@damson/core'

/** Operator sets: DequantizeLinear has an axis from 13 on, 16-bit codes from 21 on. */
const channelOpset = 13
const wideOpset = 21

/** What was found for a graph before, by operator set. Graphs are immutable, so this is memory of a pure function, not state. */
const found = new WeakMap<Graph, Map<number, Graph | Refusal>>()

/** The same computation, ready to be coded, or why not. */
export function preparedGraph(graph: Graph, activations: string): Graph | Refusal {
  const opset = activations === 'uint16' ? wideOpset : channelOpset
  const before = found.get(graph)?.get(opset)
  if (before) return before
  const prepared = prepare(graph, opset)
  found.set(graph, new Map(found.get(graph)).set(opset, prepared))
  return prepared
}

function prepare(graph: Graph, opset: number): Graph | Refusal {
  const upgraded = upgradeOpset(graph, opset)
  if (isRefusal(upgraded)) return upgraded
  return rewrite(inferTypes(initializersOffInputs(upgraded)), [...simplification, biasIntoGemm]).graph
}

/** A·B + c = Gemm(A, B, c) for a constant c. What is added otherwise (a residual) has no codes that QGemm could add. */
const biasIntoGemm: Rule = {
  ...matMulAddToGemm,
  name: 'bias-into-gemm',
  check: (bound, place) => {
    const { c } = bound
    if (c instanceof Value && !c.tensor) return refuse('is not constant', c)
    return matMulAddToGemm.check(bound, place)
  },
}

/** Which nodes of a prepared graph stand for nodes that a step claimed: all that were merged with one of them, too. */
export function claimedNodes(groups: readonly Group[]): (node: Node) => boolean {
  const names = new Set(groups.flatMap(({ sites }) => sites.flatMap(site => ('node' in site ? nodeNames(site.node) : []))))
  return node => nodeNames(node).some(name => names.has(name))
} // prettier-ignore

/** Original names, or what it makes where it has none. */
export function nodeNames({ origins, outputs }: Node): readonly string[] {
  return origins.length > 0 ? origins : [`makes:${outputs[0] ?? ''}`]
}

/** Original names, or its own where it has none. */
export function weightNames({ origins, id }: Weight): readonly string[] {
  return origins.length > 0 ? origins : [id]
}
