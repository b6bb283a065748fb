// Quantization in the ONNX domain, and com.microsoft's integer and block-quantized operators.
import { dataTypeOfCode } from '../../dtype.ts'
import type { Dim } from '../../ir.ts'
import { broadcastShapes } from '../broadcast.ts'
import type { Rule, RuleTable } from '../call.ts'
import { addDims, multiplyDims } from '../dim.ts'
import { tensorFact } from '../fact.ts'
import { matmulShape } from './matmul.ts'

const quantizeLinear: Rule = call => {
  const named = dataTypeOfCode(call.int('output_dtype', 0))
  const dtype = call.has(2) ? call.dtype(2) : (named ?? 'uint8')
  return [tensorFact(dtype, call.shape(0))]
}

const dequantizeLinear: Rule = call => [
  tensorFact(dataTypeOfCode(call.int('output_dtype', 0)) ?? call.dtype(1), call.shape(0)),
]

const dynamicQuantizeLinear: Rule = call => [
  tensorFact('uint8', call.shape(0)),
  tensorFact('float32', []),
  tensorFact('uint8', []),
]

export const quantizeRules: RuleTable = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
}

/** A [.., K] by a packed weight whose N stands in an attribute → [.., N] */
const packedMatMul: Rule = call => {
  const n = call.int('N')
  const shape = call.shape(0)
  return [tensorFact(call.dtype(0), shape && [...shape.slice(0, -1), n ?? null])]
}

/** Integer product whose float type is that of an input. */
const integerToFloat =
  (like: number): Rule =>
  call => [tensorFact(call.dtype(like), matmulShape(call, call.shape(0), call.shape(1)))]

/** Last two dimensions swapped by trans, the batch ones moved behind the first matrix one by transBatch. */
const fusedMatMul: Rule = call => {
  const arrange = (at: number, side: 'A' | 'B'): readonly Dim[] | undefined => {
    const shape = call.shape(at)
    if (!shape || shape.length < 2) return shape
    const front = call.int(`transBatch${side}`, 0) !== 0
    const moved = front ? [...shape.slice(1, -1), shape[0] ?? null, ...shape.slice(-1)] : shape
    const [rows = null, columns = null] = moved.slice(-2)
    return call.int(`trans${side}`, 0) === 0 ? moved : [...moved.slice(0, -2), columns, rows]
  }
  return [tensorFact(call.dtype(0), matmulShape(call, arrange(0, 'A'), arrange(1, 'B')))]
}

/** A, B at the given inputs; float32 unless an output zero point names the type. */
const quantizedGemm: Rule = call => {
  const [a, b] = [call.shape(0), call.shape(3)]
  const rows = a?.[call.int('transA', 0) === 0 ? 0 : 1] ?? null
  const columns = b?.[call.int('transB', 0) === 0 ? 1 : 0] ?? null
  return [tensorFact(call.has(8) ? call.dtype(8) : 'float32', [rows, columns])]
}

/** Operands and their scales and zero points: the tensors stand at 0 and 3. */
const quantizedBinary: Rule = call => {
  const [a, b] = [call.shape(0), call.shape(3)]
  return [tensorFact(call.dtype(0), a && b && broadcastShapes([a, b]).shape)]
}

const quantizedWhere: Rule = call => {
  const shapes = [0, 1, 4].flatMap(at => (call.shape(at) ? [call.shape(at) ?? []] : []))
  return [tensorFact(call.dtype(1), shapes.length === 3 ? broadcastShapes(shapes).shape : undefined)]
}

/** Output scale and zero point, then (tensor, scale, zero point) for every part. */
const quantizedConcat: Rule = call => {
  const parts = call.facts.flatMap((_, at) => (at >= 2 && at % 3 === 2 ? [call.shape(at)] : []))
  const known = parts.flatMap(shape => (shape ? [shape] : []))
  const first = known[0]
  const axis = first && call.axis(call.int('axis', 0), first.length)
  if (!first || axis === undefined || known.length < parts.length) return [tensorFact(call.dtype(1))]
  const total = known.map(shape => shape[axis] ?? null).reduce(addDims, 0)
  return [tensorFact(call.dtype(1), first.with(axis, total))]
}

/** [N, C, 1, 1 …], or [N, 1, 1 …, C] with channels last. */
const quantizedGlobalPool: Rule = call => {
  const shape = call.shape(0)
  const channel = call.int('channels_last', 0) === 0 ? 1 : (shape?.length ?? 0) - 1
  return [
    tensorFact(
      call.dtype(0),
      shape?.map((dim, at) => (at === 0 || at === channel ? dim : 1)),
    ),
  ]
}

const quantizedReduceMean: Rule = call => {
  const shape = call.shape(0)
  const axes = shape && call.axes(call.ints('axes') ?? shape.map((_, at) => at), shape.length)
  if (!shape || !axes) return [tensorFact(call.dtype(0))]
  const keep = call.int('keepdims', 1) !== 0
  const kept = shape.flatMap((dim, at) => (axes.includes(at) ? (keep ? [1] : []) : [dim]))
  return [tensorFact(call.dtype(0), kept)]
}

/** Rows of a block-quantized table in the type of its scales; bytes hold 8 / bits elements of the last dimension. */
const gatherBlockQuantized: Rule = call => {
  const [data, indices] = [call.shape(0), call.shape(1)]
  const axis = data && call.axis(call.int('gather_axis', 0), data.length)
  if (!data || !indices || axis === undefined) return [tensorFact(call.dtype(2))]
  const perByte = call.dtype(0) === 'uint8' ? 8 / call.int('bits', 4) : 1
  const wide = data.with(-1, multiplyDims(data.at(-1) ?? null, perByte))
  return [tensorFact(call.dtype(2), [...wide.slice(0, axis), ...indices, ...wide.slice(axis + 1)])]
}

const keeps: Rule = call => [tensorFact(call.dtype(0), call.shape(0))]

export const microsoftQuantizeRules: RuleTable = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  MatMulNBits: packedMatMul,
  MatMulBnb4: packedMatMul,
  DynamicQuantizeMatMul: integerToFloat(0),
  MatMulIntegerToFloat: integerToFloat(2),
  FusedMatMul: fusedMatMul,
  FusedMatMulActivation: fusedMatMul,
  TransposeMatMul: fusedMatMul,
  QGemm: quantizedGemm,
  QLinearAdd: quantizedBinary,
  QLinearMul: quantizedBinary,
  QLinearWhere: quantizedWhere,
  QLinearConcat: quantizedConcat,
  QLinearGlobalAveragePool: quantizedGlobalPool,
  QLinearReduceMean: quantizedReduceMean,
  QLinearLeakyRelu: keeps,
  QLinearSigmoid: keeps,
  QLinearSoftmax: keeps,
  GatherBlockQuantized: gatherBlockQuantized,
  MatMulInteger16: call => [tensorFact('int32', matmulShape(call, call.shape(0), call.shape(1)))],
}
