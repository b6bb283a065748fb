// Which weights dynamic int8 can code, and how each of them lies for the operator that will read it.
import { elementCount, refuse, isRefusal, type Refusal, type Weight } from '@damson/graph'
import type { Int8Spec } from './int8-coding.ts'
import { matrixOf, type MatrixUse } from './matrix-weights.ts'

/** Operators whose weights can be coded. */
export const int8Operators = ['MatMul', 'Gemm', 'Conv', 'Gather'] as const
export type Int8Operator = (typeof int8Operators)[number]

export interface Int8Weight {
  readonly weight: Weight
  readonly use: Int8Operator
  readonly spec: Int8Spec
}

/** What the params and the graph say of the coding. */
export interface Int8Choice {
  readonly type: 'int8' | 'uint8'
  readonly per: 'channel' | 'tensor'
  readonly reduceRange: boolean
  readonly opset: number
}

const operators: Readonly<Record<MatrixUse, Int8Operator>> = {
  matmul: 'MatMul',
  gemm: 'Gemm',
  gather: 'Gather',
}

/** The weight with its coding, or why it stays in floating point. */
export function int8WeightOf(weight: Weight, choice: Int8Choice): Int8Weight | Refusal {
  const { tensor, uses } = weight
  if (tensor.dtype !== 'float32') return refuse(`is ${tensor.dtype}, not float32`, weight)
  if (elementCount(tensor.shape) === 0) return refuse('is empty', weight)
  const { length } = uses.filter(({ node, input }) => node.op === 'Conv' && node.domain === '' && input === 1)
  if (length > 0 && length === uses.length && !weight.isOutput) {
    return { weight, use: 'Conv', spec: convolution(tensor.shape, choice) }
  }
  const matrix = matrixOf(weight)
  if (isRefusal(matrix)) return matrix
  const use = operators[matrix.use]
  const spec = use === 'Gather' ? table(matrix.K, choice) : product(matrix.N, matrix.layout === 'NK', choice)
  return { weight, use, spec }
}

/** B of MatMulInteger [K, N], a channel being a column. int8 codes are symmetric, uint8 ones have zero points, as in ONNX Runtime. */
function product(N: number, transposed: boolean, { type, per, reduceRange }: Int8Choice): Int8Spec {
  const format = { type, symmetric: type === 'int8', reduceRange }
  if (per === 'tensor') return { format, transposed, scaleShape: [], zeroShape: [] }
  return { format, axis: transposed ? 0 : 1, transposed, scaleShape: [N], zeroShape: [N] }
}

/**
 * W of ConvInteger [M, C/g, ...]: always uint8, whose kernel is the quicker one (and the only one of onnxruntime-web). The
 * operator takes one zero point, so channels are coded symmetrically around 128. Scales lie as [M, 1, ...], to multiply.
 */
function convolution(shape: readonly number[], { per }: Int8Choice): Int8Spec {
  const format = { type: 'uint8', symmetric: per === 'channel' } as const
  if (per === 'tensor') return { format, transposed: false, scaleShape: [], zeroShape: [] }
  const scaleShape = [shape[0] ?? 1, ...shape.slice(2).map(() => 1)]
  return { format, axis: 0, transposed: false, scaleShape, zeroShape: [] }
}

/** A table [rows, K] whose looked-up rows are decoded: uint8 with zero points; a channel is a column, all that decoding can tell apart. */
function table(K: number, { per, opset }: Int8Choice): Int8Spec {
  const format = { type: 'uint8', symmetric: false } as const
  if (per === 'tensor' || opset < 13) return { format, transposed: false, scaleShape: [], zeroShape: [] }
  return { format, axis: 1, transposed: false, scaleShape: [K], zeroShape: [K] }
}
