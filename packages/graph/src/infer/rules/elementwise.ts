// Operators that keep a shape or broadcast shapes, element by element.
import type { DataType } from '../../dtype.ts'
import { dataTypeOfCode } from '../../dtype.ts'
import type { Dim } from '../../ir.ts'
import { broadcastShapes, mapElements } from '../broadcast.ts'
import type { Call, Rule, RuleTable } from '../call.ts'
import { tensorFact, unknown, type Fact } from '../fact.ts'
import {
  arithmetic,
  castElement,
  comparisons,
  settle,
  unaryElements,
  type BinaryElement,
} from './arithmetic.ts'

/** The first input's type, for whatever works in place. */
export const sameAsFirst: Rule = call => [tensorFact(call.dtype(0), call.shape(0))]

/** The first input's shape with another element type. */
export const sameShape =
  (dtype: DataType): Rule =>
  call => [tensorFact(dtype, call.shape(0))]

const unary: Rule = call => {
  const dtype = call.dtype(0)
  const compute = unaryElements[call.node.op]
  const elements = dtype && compute ? call.elements(0)?.map(each => settle(compute(each), dtype)) : undefined
  return [tensorFact(dtype, call.shape(0), elements)]
}

/** The broadcast of some inputs; undefined when a rank is unknown or the shapes do not fit. */
export function broadcastInputs(call: Call, inputs: readonly number[]): readonly Dim[] | undefined {
  const shapes = inputs.map(at => call.shape(at))
  const known = shapes.flatMap(shape => (shape ? [shape] : []))
  if (known.length < shapes.length) return undefined
  const { shape, problem } = broadcastShapes(known)
  if (problem !== undefined) call.report(problem)
  return problem === undefined ? shape : undefined
}

function broadcast(
  call: Call,
  dtype: DataType | undefined,
  compute?: (a: Dim, b: Dim) => Dim,
): readonly Fact[] {
  const shape = broadcastInputs(
    call,
    call.facts.map((_, at) => at),
  )
  if (!shape || !compute) return [tensorFact(dtype, shape)]
  const elements = mapElements(call.facts, shape, (first, ...rest) => rest.reduce(compute, first ?? null))
  return [tensorFact(dtype, shape, elements)]
}

const binary =
  (element?: BinaryElement): Rule =>
  call => {
    const dtype = call.dtype(0) ?? (call.node.op === 'Pow' ? undefined : call.dtype(1))
    const exact = call.node.op === 'Mod' && call.int('fmod', 0) !== 0 ? undefined : element
    return broadcast(call, dtype, dtype && exact ? (a, b) => settle(exact(a, b, dtype), dtype) : undefined)
  }

const comparison =
  (element: BinaryElement): Rule =>
  call => {
    const dtype = call.dtype(0) ?? call.dtype(1)
    return broadcast(call, 'bool', dtype && dtype !== 'string' ? (a, b) => element(a, b, dtype) : undefined)
  }

const where: Rule = call => {
  const shape = broadcastInputs(call, [0, 1, 2])
  const pick = (condition: Dim, x: Dim, y: Dim): Dim =>
    condition === 1 ? x : condition === 0 ? y : x === y ? x : null
  const elements = shape && mapElements(call.facts, shape, (c, x, y) => pick(c ?? null, x ?? null, y ?? null))
  return [tensorFact(call.dtype(1) ?? call.dtype(2), shape, elements)]
}

const cast: Rule = call => {
  const code = call.int('to')
  const to = code === undefined ? undefined : dataTypeOfCode(code)
  return [castTo(call, to)]
}

function castTo(call: Call, to: DataType | undefined): Fact {
  const from = call.dtype(0)
  const elements = from && to ? call.elements(0)?.map(each => castElement(each, from, to)) : undefined
  return tensorFact(to, call.shape(0), elements)
}

/** Same element type as the second input. */
const castLike: Rule = call => [castTo(call, call.dtype(1))]

const identity: Rule = call => [call.fact(0)]

const clip: Rule = call => {
  const dtype = call.dtype(0)
  const [low, high] = [call.scalar(1), call.scalar(2)]
  const bounds = (at: number, scalar: Dim | undefined): boolean => !call.has(at) || scalar !== undefined
  const settled = call.opset >= 11 && dtype && bounds(1, low) && bounds(2, high)
  const elements = settled
    ? call.elements(0)?.map(each => {
        const raised = low === undefined ? each : (arithmetic['Max']?.(each, low, dtype) ?? null)
        return high === undefined ? raised : (arithmetic['Min']?.(raised, high, dtype) ?? null)
      })
    : undefined
  return [tensorFact(dtype, call.shape(0), elements)]
}

const dropout: Rule = call => {
  const mask = call.opset >= 10 ? 'bool' : call.dtype(0)
  return [tensorFact(call.dtype(0), call.shape(0)), tensorFact(mask, call.shape(0))]
}

const names = (list: string): readonly string[] => list.split(' ')

const table = (list: readonly string[], rule: Rule): RuleTable =>
  Object.fromEntries(list.map(op => [op, rule]))

/** Bernoulli and the like: an optional dtype attribute, else that of the input. */
export const likeFirst: Rule = call => {
  const dtype = dataTypeOfCode(call.int('dtype', 0)) ?? call.dtype(0)
  return [tensorFact(dtype, call.shape(0))]
}

export const elementwiseRules: RuleTable = {
  ...table(
    names(
      'Acos Acosh Asin Asinh Atan Atanh BitwiseNot Celu Cos Cosh CumProd CumSum Elu Erf Exp Gelu HardSigmoid HardSwish Hardmax ' +
        'LeakyRelu Log LogSoftmax LRN LpNormalization MeanVarianceNormalization Mish PRelu Selu Shrink Sigmoid Sin Sinh ' +
        'Softmax Softplus Softsign Swish Tan Tanh ThresholdedRelu Trilu ReverseSequence ' +
        'Affine ParametricSoftplus ScaledTanh',
    ),
    sameAsFirst,
  ),
  ...table(names('Abs Ceil Floor Neg Not Reciprocal Relu Round Sign Sqrt'), unary),
  ...table(names('BitShift BitwiseAnd BitwiseOr BitwiseXor Mean'), binary()),
  ...Object.fromEntries(Object.entries(arithmetic).map(([op, element]) => [op, binary(element)])),
  ...Object.fromEntries(Object.entries(comparisons).map(([op, element]) => [op, comparison(element)])),
  Identity: identity,
  IsInf: sameShape('bool'),
  IsNaN: sameShape('bool'),
  Where: where,
  Cast: cast,
  CastLike: castLike,
  Clip: clip,
  Dropout: dropout,
  Bernoulli: likeFirst,
  BitCast: call => {
    const to = dataTypeOfCode(call.int('to', 0))
    return to ? [tensorFact(to, call.shape(0))] : [unknown]
  },
}
