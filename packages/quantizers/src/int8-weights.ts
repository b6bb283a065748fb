// Which weights dynamic int8 can code, and how each of them lies for the operator that will read it.
import { elementCount, refuse, isRefusal, type Refusal, type Weight } from '@damson/graph'
import { int8Bytes, nodeBytes } from './coded-size.ts'
import type { Int8Choice, Int8Operator } from './int8-choice.ts'
import type { Int8Spec } from './int8-coding.ts'
import { matrixOf, type MatrixUse } from './matrix-weights.ts'

export interface Int8Weight {
  readonly weight: Weight
  readonly use: Int8Operator
  readonly spec: Int8Spec
}

const operators: Readonly<Record<MatrixUse, Int8Operator>> = {
  matmul: 'MatMul',
  gemm: 'Gemm',
  gather: 'Gather',
}

/** The weight with its coding, or why it stays in floating point. */
export function int8WeightOf(weight: Weight, choice: Int8Choice): Int8Weight | Refusal {
  const { tensor } = weight
  if (tensor.dtype !== 'float32') return refuse(`is ${tensor.dtype}, not float32`, weight)
  if (elementCount(tensor.shape) === 0) return refuse('is empty', weight)
  const found = isFilter(weight)
    ? { weight, use: 'Conv' as const, spec: convolution(tensor.shape, choice) }
    : matrix(weight, choice)
  if (isRefusal(found)) return found
  if (!choice.operators.includes(found.use))
    return refuse(`belongs to a ${found.use}, ${choice.omitted}`, weight)
  const after = int8Bytes(weight, found.spec) + nodeBytes(weight, found.use === 'Gather' ? 2 : 6)
  return after < tensor.byteLength ? found : refuse('is so small that it would grow', weight)
}

function isFilter({ uses, isOutput }: Weight): boolean {
  const filters = uses.every(({ node, input }) => node.op === 'Conv' && node.domain === '' && input === 1)
  return filters && uses.length > 0 && !isOutput
}

function matrix(weight: Weight, choice: Int8Choice): Int8Weight | Refusal {
  const found = matrixOf(weight)
  if (isRefusal(found)) return found
  const use = operators[found.use]
  const spec = use === 'Gather' ? table(found.K, choice) : product(found.N, found.layout === 'NK', choice)
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
