// Operators that make tensors out of attributes, shapes or ranges.
import { dataTypeOfCode } from '../../dtype.ts'
import type { Attribute, Dim } from '../../ir.ts'
import type { Call, Rule, RuleTable } from '../call.ts'
import { ceilDivide, lowerBound, subtractDims } from '../dim.ts'
import { concreteCount, constantFact, maxElements, tensorFact, unknown, type Fact } from '../fact.ts'
import { likeFirst } from './elementwise.ts'
import { lengthOf, unknownShape } from './layout.ts'

const constant: Rule = call => {
  for (const [name, attribute] of call.node.attributes) {
    const fact = constantOf(name, attribute)
    if (fact) return [fact]
  }
  return [unknown]
}

function constantOf(name: string, attribute: Attribute): Fact | undefined {
  if (!name.startsWith('value') && name !== 'sparse_value') return undefined
  const { type, value } = attribute
  switch (type) {
    case 'tensor':
      return constantFact(value)
    case 'sparse-tensor':
      return tensorFact(value.values.dtype, value.shape)
    case 'int':
      return tensorFact('int64', [], [Number(value)])
    case 'ints':
      return tensorFact('int64', [value.length], value.map(Number))
    case 'float':
      return tensorFact('float32', [], [Math.fround(value)])
    case 'floats':
      return tensorFact('float32', [value.length], value.map(Math.fround))
    case 'string':
      return tensorFact('string', [])
    case 'strings':
      return tensorFact('string', [value.length])
    default:
      return undefined
  }
}

/** The shape that an input's elements are. */
function shapeFromInput(call: Call, at: number): readonly Dim[] | undefined {
  const rank = lengthOf(call, at)
  const elements = call.elements(at)?.map(dim => (typeof dim === 'number' && dim < 0 ? null : dim))
  return elements ?? (rank === undefined ? undefined : unknownShape(rank))
}

const constantOfShape: Rule = call => {
  const value = call.attribute('value')
  const filler: Fact = value?.type === 'tensor' ? constantFact(value.value) : tensorFact('float32', [1], [0])
  const dtype = filler.type?.kind === 'tensor' ? filler.type.dtype : undefined
  const shape = shapeFromInput(call, 0)
  return [tensorFact(dtype, shape, filled(shape, filler.elements?.[0]))]
}

function filled(shape: readonly Dim[] | undefined, element: Dim | undefined): readonly Dim[] | undefined {
  const count = shape && concreteCount(shape)
  if (count === undefined || count > maxElements || element === undefined) return undefined
  return Array.from({ length: count }, () => element)
}

/** max(0, ⌈(limit - start) / delta⌉) elements. */
const range: Rule = call => {
  const dtype = call.dtype(0) ?? call.dtype(1)
  const [start = null, limit = null, delta = null] = [call.scalar(0), call.scalar(1), call.scalar(2)]
  const count = rangeCount(start, limit, delta, dtype === 'float32' ? Math.fround : Number)
  const follow = typeof start === 'number' && typeof delta === 'number' && typeof count === 'number'
  const integers = dtype === 'int64' || dtype === 'int32'
  const elements =
    follow && integers && count <= maxElements
      ? Array.from({ length: count }, (_, at) => start + at * delta)
      : undefined
  return [tensorFact(dtype, [count], elements)]
}

function rangeCount(start: Dim, limit: Dim, delta: Dim, rounded: (value: number) => number): Dim {
  if (typeof delta !== 'number' || delta === 0) return null
  if (typeof start === 'number' && typeof limit === 'number')
    return Math.max(0, Math.ceil(rounded(limit - start) / delta))
  const distance = delta > 0 ? subtractDims(limit, start) : subtractDims(start, limit)
  return lowerBound(distance) >= 0 && Number.isInteger(delta) ? ceilDivide(distance, Math.abs(delta)) : null
}

/** `shape` and `dtype` (float32 by default) as attributes. */
const random: Rule = call => [tensorFact(dataTypeOfCode(call.int('dtype', 1)), call.ints('shape'))]

const multinomial: Rule = call => [
  tensorFact(dataTypeOfCode(call.int('dtype', 6)), [call.shape(0)?.[0] ?? null, call.int('sample_size', 1)]),
]

const windowFunction: Rule = call => [
  tensorFact(dataTypeOfCode(call.int('output_datatype', 1)), [call.scalar(0) ?? null]),
]

/** [dft_length / 2 + 1, num_mel_bins] */
const melWeightMatrix: Rule = call => {
  const bins = call.scalar(1)
  const rows = typeof bins === 'number' ? Math.floor(bins / 2) + 1 : null
  return [tensorFact(dataTypeOfCode(call.int('output_datatype', 1)), [rows, call.scalar(0) ?? null])]
}

export const generateRules: RuleTable = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  RandomNormal: random,
  RandomUniform: random,
  RandomNormalLike: likeFirst,
  RandomUniformLike: likeFirst,
  EyeLike: likeFirst,
  Multinomial: multinomial,
  BlackmanWindow: windowFunction,
  HammingWindow: windowFunction,
  HannWindow: windowFunction,
  MelWeightMatrix: melWeightMatrix,
}
