// Parameters of a graph: numbers that were learnt, however they are coded. Scales and zero points are not counted, and
// neither are the integers that shape computations.
import { intOf, weights, type Graph, type Weight } from '@damson/graph'

/** Number of parameters of a graph. */
export function parameterCount(graph: Graph): number {
  return weights(graph).reduce((sum, weight) => sum + countOf(weight), 0)
}

function countOf({ tensor, uses }: Weight): number {
  const count = tensor.shape.reduce((a, b) => a * b, 1)
  const [use] = uses
  if (!use) return 0
  const { op } = use.node
  if (op === 'MatMulNBits' || op === 'GatherBlockQuantized') {
    const codes = op === 'MatMulNBits' ? use.input === 1 : use.input === 0
    if (!codes) return 0
    return op === 'MatMulNBits'
      ? intOf(use.node, 'K', 0) * intOf(use.node, 'N', 0)
      : (count * 8) / intOf(use.node, 'bits', 4)
  }
  const float = /^(float|bfloat)/.test(tensor.dtype)
  const code = tensor.dtype === 'int8' || tensor.dtype === 'uint8'
  return float || code ? (tensor.shape.length > 0 ? count : 0) : 0
}
