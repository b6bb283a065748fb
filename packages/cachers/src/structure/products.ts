// The nodes in which a network's weights and its work are: products with weights, and attention.
import type { Body, Node } from '@damson/graph'

const weighted = new Set([
  'MatMul', 'Gemm', 'Conv', 'ConvTranspose', 'MatMulInteger', 'ConvInteger', 'QLinearMatMul', 'QLinearConv', 'Einsum',
  'com.microsoft.MatMulNBits', 'com.microsoft.MatMulBnb4', 'com.microsoft.FusedMatMul', 'com.microsoft.FusedConv',
  'com.microsoft.NhwcFusedConv', 'com.microsoft.DynamicQuantizeMatMul', 'com.microsoft.MatMulIntegerToFloat',
  'com.microsoft.QGemm', 'com.microsoft.FusedGemm', 'com.microsoft.GemmFastGelu',
]) // prettier-ignore

/** The operator with its domain, where that is not ONNX's own. */
export function opName(node: Node): string {
  return node.domain === '' ? node.op : `${node.domain}.${node.op}`
}

export function isProduct(node: Node): boolean {
  return weighted.has(opName(node))
}

/** A value that no input of the graph reaches: a weight, or what is computed from weights alone. */
export type IsFixed = (name: string) => boolean

/** Tells fixed values of a body; what it was asked it remembers. */
export function fixedValues(body: Body): IsFixed {
  const known = new Map<string, boolean>(body.inputs.map(({ name }) => [name, body.initializers.has(name)]))
  const isFixed = (name: string): boolean => {
    const before = known.get(name)
    if (before !== undefined) return before
    const producer = body.producer(name)
    const answer = producer ? producer.inputs.every(input => input === '' || isFixed(input)) : true
    known.set(name, answer)
    return answer
  }
  return isFixed
}
