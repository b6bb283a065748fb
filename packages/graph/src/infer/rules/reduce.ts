// Reductions over axes: ReduceSum and kin, ArgMax, and the pooling over all space.
import type { DataType } from '../../dtype.ts'
import type { Dim } from '../../ir.ts'
import type { Call, Rule, RuleTable } from '../call.ts'
import { multiplyDims } from '../dim.ts'
import { tensorFact } from '../fact.ts'
import { arithmetic, settle } from './arithmetic.ts'
import { unknownShape } from './layout.ts'

/** Axes as attribute, or as second input (ReduceSum from 13, the others from 18); `null` when not known. */
function reducedAxes(call: Call, rank: number): readonly number[] | null | undefined {
  const given = call.ints('axes') ?? (call.has(1) ? (call.numbers(1) ?? null) : [])
  if (given === null) return call.shape(1)?.[0] === 0 ? reducedAll(call, rank) : null
  return given.length === 0 ? reducedAll(call, rank) : call.axes(given, rank)
}

const reducedAll = (call: Call, rank: number): readonly number[] =>
  call.int('noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: rank }, (_, at) => at)

const reduce: Rule = call => {
  const dtype = call.dtype(0)
  const shape = call.shape(0)
  const keep = call.int('keepdims', 1) !== 0
  if (!shape) return [tensorFact(dtype)]
  const axes = reducedAxes(call, shape.length)
  if (axes === undefined) return []
  if (axes === null) return [tensorFact(dtype, keep ? unknownShape(shape.length) : undefined)]
  const reduced = keep
    ? shape.map((dim, at) => (axes.includes(at) ? 1 : dim))
    : shape.filter((_, at) => !axes.includes(at))
  return [tensorFact(dtype, reduced, reducedElements(call, dtype, axes.length === shape.length))]
}

const folds: Readonly<Record<string, (a: Dim, b: Dim) => Dim>> = {
  ReduceProd: multiplyDims,
  ReduceSum: (a, b) => arithmetic['Add']?.(a, b, 'int64') ?? null,
  ReduceMax: (a, b) => arithmetic['Max']?.(a, b, 'int64') ?? null,
  ReduceMin: (a, b) => arithmetic['Min']?.(a, b, 'int64') ?? null,
}

/** Integers reduced to one; floats are left alone, since the order of summation matters. */
function reducedElements(call: Call, dtype: DataType | undefined, all: boolean): readonly Dim[] | undefined {
  const fold = folds[call.node.op]
  const elements = call.elements(0)
  const [first, ...rest] = elements ?? []
  if (!fold || !all || first === undefined || (dtype !== 'int64' && dtype !== 'int32')) return undefined
  return [settle(rest.reduce(fold, first), dtype)]
}

const argument: Rule = call => {
  const shape = call.shape(0)
  const axis = shape && call.axis(call.int('axis', 0), shape.length)
  if (!shape || axis === undefined) return [tensorFact('int64')]
  const reduced = call.int('keepdims', 1) !== 0 ? shape.with(axis, 1) : shape.toSpliced(axis, 1)
  return [tensorFact('int64', reduced)]
}

/** [N, C, 1, 1 …] */
const globalPool: Rule = call => [
  tensorFact(
    call.dtype(0),
    call.shape(0)?.map((dim, at) => (at < 2 ? dim : 1)),
  ),
]

/** Sizes of a loss: a scalar, or with `reduction` none one value an element of the labels. */
const loss: Rule = call => {
  const none = call.text('reduction', 'mean') === 'none'
  const scores = call.node.op === 'SoftmaxCrossEntropyLoss' ? [tensorFact(call.dtype(0), call.shape(0))] : []
  return [tensorFact(call.dtype(0), none ? call.shape(1) : []), ...scores]
}

const determinant: Rule = call => [tensorFact(call.dtype(0), call.shape(0)?.slice(0, -2))]

export const reduceRules: RuleTable = {
  ReduceL1: reduce,
  ReduceL2: reduce,
  ReduceLogSum: reduce,
  ReduceLogSumExp: reduce,
  ReduceMax: reduce,
  ReduceMean: reduce,
  ReduceMin: reduce,
  ReduceProd: reduce,
  ReduceSum: reduce,
  ReduceSumSquare: reduce,
  ArgMax: argument,
  ArgMin: argument,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
  SoftmaxCrossEntropyLoss: loss,
  NegativeLogLikelihoodLoss: loss,
  Det: determinant,
}
