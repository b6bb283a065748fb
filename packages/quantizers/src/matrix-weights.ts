// Which constants are matrices that a quantizer can code, and how they lie: MatMul's B is [K, N], Gemm's with transB and an
// embedding table are [N, K]. Everything else is refused with the reason, so that nothing is left alone silently.
import { floatOf, intOf, refuse, type Node, type Refusal, type Weight, type WeightUse } from '@damson/graph'

/** What the consumers of a matrix do with it. */
type MatrixUse = 'matmul' | 'gemm' | 'gather'

export interface MatrixWeight {
  readonly weight: Weight
  readonly use: MatrixUse
  /** Length of the axis that is summed over; for an embedding its width. */
  readonly K: number
  /** Columns of the product; for an embedding its rows. */
  readonly N: number
  readonly layout: 'KN' | 'NK'
}

/** The matrix behind a weight, or why it is none. */
export function matrixOf(weight: Weight): MatrixWeight | Refusal {
  const { tensor, uses } = weight
  const [first, second] = tensor.shape
  if (tensor.shape.length !== 2 || first === undefined || second === undefined) {
    return refuse(`has ${tensor.shape.length} dimensions, not 2`, weight)
  }
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float16')
    return refuse(`is ${tensor.dtype}, not float32 or float16`, weight)
  if (weight.isOutput) return refuse('is an output of the graph', weight)
  if (uses.length === 0) return refuse('is used by no node', weight)
  const kinds = uses.map(useOf)
  const refused = kinds.find(kind => typeof kind !== 'string')
  if (refused !== undefined && typeof refused !== 'string') return refused
  const layouts = new Set(
    kinds.map((kind, at) => `${String(kind)} ${uses[at] ? layoutOf(uses[at].node) : ''}`),
  )
  const [kind] = kinds
  if (layouts.size > 1 || typeof kind !== 'string') {
    return refuse(
      `is used in different ways (${[...layouts].map(text => text.split(' ')[0]).join(', ')})`,
      weight,
    )
  }
  const layout = uses[0] ? layoutOf(uses[0].node) : 'KN'
  return {
    weight,
    use: kind,
    layout,
    K: layout === 'KN' ? first : second,
    N: layout === 'KN' ? second : first,
  }
}

function layoutOf(node: Node): 'KN' | 'NK' {
  if (node.op === 'Gather') return 'NK'
  return node.op === 'Gemm' && intOf(node, 'transB', 0) === 1 ? 'NK' : 'KN'
}

function useOf({ node, input }: WeightUse): MatrixUse | Refusal {
  if (node.domain !== '') return refuse(`is used by ${node.domain}.${node.op}`, node)
  if (node.op === 'MatMul') return input === 1 ? 'matmul' : refuse('is the left side of a MatMul', node)
  if (node.op === 'Gather') {
    return input === 0 && intOf(node, 'axis', 0) === 0
      ? 'gather'
      : refuse('is gathered along another axis than rows', node)
  }
  if (node.op !== 'Gemm') return refuse(`is used by ${node.op}`, node)
  if (input !== 1) return refuse('is not the right side of a Gemm', node)
  const plain =
    intOf(node, 'transA', 0) === 0 && floatOf(node, 'alpha', 1) === 1 && floatOf(node, 'beta', 1) === 1
  return plain ? 'gemm' : refuse('is used by a Gemm with transA, alpha or beta', node)
}
