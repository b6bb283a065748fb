// The graph that static int8 works on: in an operator set that has scales by channel, constants as initializers that no
// caller feeds, batch normalization folded into convolutions and biases into products, so that what is coded is what is
// multiplied: ONNX Runtime makes a Gemm of a product and its bias, and has no integer kernel for one whose bias is not coded.
import { elementCount, inferTypes, initializersOffInputs, isRefusal, matMulAddToGemm, phaseFilters, refuse, removeDead, rewrite, simplification, upgradeOpset, Value, weights, type Graph, type Node, type Refusal, type Rule, type Weight } from '@damson/graph' // prettier-ignore
import type { Group, Values } from '@damson/core'
import type { Params } from '../algorithms/static-int8.ts'
import { roomForFloats } from './float-choice.ts'

/** Operator sets: DequantizeLinear has an axis from 13 on, 16-bit codes from 21 on. */
const channelOpset = 13
const wideOpset = 21

/** What was found for a graph before, by what it was prepared for. Graphs are immutable, so this is memory of a pure function, not state. */
const found = new WeakMap<Graph, Map<string, Graph | Refusal>>()

type Given = Pick<Values<Params>, 'activations' | 'protect'>

/** The same computation, ready to be coded, or why not. */
export function preparedGraph(graph: Graph, { activations, protect }: Given): Graph | Refusal {
  const opset = activations === 'uint16' ? wideOpset : channelOpset
  const key = `${opset} ${protect > 0}`
  const before = found.get(graph)?.get(key)
  if (before) return before
  const prepared = prepare(graph, opset, protect > 0)
  found.set(graph, new Map(found.get(graph)).set(key, prepared))
  return prepared
}

/** `mixed`: some nodes may stay in floating point. */
function prepare(graph: Graph, opset: number, mixed: boolean): Graph | Refusal {
  const upgraded = upgradeOpset(graph, opset)
  if (isRefusal(upgraded)) return upgraded
  const { graph: ready } = rewrite(inferTypes(initializersOffInputs(upgraded)), [...simplification, biasIntoGemm])
  if (!mixed) return ready
  const { graph: whole, counts } = rewrite(ready, [phasesOfPictures(ready)])
  return counts[phaseFilters.name] === 0 ? ready : removeDead(whole)
} // prettier-ignore

/**
 * A convolution of all the phases of a picture has few channels: as one of the picture itself floating point is as fast as integers
 * with all that cutting (YOLOX: 2.5 ms for both), and adds no noise. It is made where the filters are surely small enough to stay.
 */
function phasesOfPictures(graph: Graph): Rule {
  const room = roomForFloats(weights(graph).reduce((sum, { tensor }) => sum + elementCount(tensor.shape), 0))
  return {
    ...phaseFilters,
    check: (bound, place) => {
      const { w } = bound
      if (w instanceof Value && w.tensor && elementCount(w.tensor.shape) > room) return refuse('is too large to stay as it is', w)
      return phaseFilters.check(bound, place)
    },
  }
} // prettier-ignore

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
