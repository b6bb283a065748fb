// Sequences, optionals and strings.
import { dataTypeOfCode } from '../../dtype.ts'
import type { Dim, ValueType } from '../../ir.ts'
import type { Rule, RuleTable } from '../call.ts'
import { tensorFact, unknown, type Fact } from '../fact.ts'
import { mergeTypes } from '../merge.ts'
import { broadcastInputs, sameShape } from './elementwise.ts'

const sequenceOf = (element: ValueType | undefined): Fact =>
  element ? { type: { kind: 'sequence', element } } : unknown

const elementOf = (type: ValueType | undefined): ValueType | undefined =>
  type?.kind === 'sequence' || type?.kind === 'optional' ? type.element : undefined

const asFact = (type: ValueType | undefined): Fact => (type ? { type } : unknown)

const construct: Rule = call => {
  const types = call.facts.map(fact => fact.type)
  return [sequenceOf(types.reduce((a, b) => (a && b ? mergeTypes(a, b) : undefined), types[0]))]
}

const empty: Rule = call => {
  const dtype = dataTypeOfCode(call.int('dtype', 1))
  return [sequenceOf({ kind: 'tensor', ...(dtype ? { dtype } : {}) })]
}

/** An empty sequence has no shape of its own, so what is inserted widens the element type. */
const insert: Rule = call => {
  const [element, added] = [elementOf(call.type(0)), call.type(1)]
  return [element && added ? sequenceOf(mergeTypes(element, added)) : sequenceOf(undefined)]
}

/** `split`: sizes, or one size of all parts; without it parts of size 1, their axis dropped if `keepdims` is 0. */
const splitToSequence: Rule = call => {
  const shape = call.shape(0)
  const axis = shape && call.axis(call.int('axis', 0), shape.length)
  if (!shape || axis === undefined) return [sequenceOf({ kind: 'tensor', ...dtypeField(call.dtype(0)) })]
  const single = !call.has(1)
  const part: readonly Dim[] =
    single && call.int('keepdims', 1) === 0 ? shape.toSpliced(axis, 1) : shape.with(axis, single ? 1 : null)
  return [sequenceOf({ kind: 'tensor', ...dtypeField(call.dtype(0)), shape: part })]
}

const dtypeField = (dtype: ReturnType<typeof dataTypeOfCode>): { dtype?: NonNullable<typeof dtype> } =>
  dtype ? { dtype } : {}

const concatFromSequence: Rule = call => {
  const element = elementOf(call.type(0))
  if (element?.kind !== 'tensor' || !element.shape)
    return [tensorFact(element?.kind === 'tensor' ? element.dtype : undefined)]
  const stack = call.int('new_axis', 0) === 1
  const axis = call.axis(call.int('axis', 0), element.shape.length + (stack ? 1 : 0))
  if (axis === undefined) return []
  const shape = stack ? element.shape.toSpliced(axis, 0, null) : element.shape.with(axis, null)
  return [tensorFact(element.dtype, shape)]
}

const sequenceMap: Rule = call => {
  const body = call.body('body')
  if (!body) return call.fail('SequenceMap without a body')
  const elements = call.facts.map((fact, at) =>
    fact.type?.kind === 'sequence' || at === 0 ? asFact(elementOf(fact.type)) : asFact(fact.type),
  )
  return call.enter(body, elements).map(fact => sequenceOf(fact.type))
}

const optional: Rule = call => {
  const attribute = call.attribute('type')
  const element = call.type(0) ?? (attribute?.type === 'type' ? attribute.value : undefined)
  return [element ? { type: { kind: 'optional', element } } : unknown]
}

/** Tensors and sequences pass through since opset 18. */
const optionalGetElement: Rule = call => {
  const type = call.type(0)
  return [type?.kind === 'optional' ? asFact(type.element) : asFact(type)]
}

const optionalHasElement: Rule = () => [tensorFact('bool', [])]

const stringSplit: Rule = call => [
  tensorFact('string', call.shape(0) && [...(call.shape(0) ?? []), null]),
  tensorFact('int64', call.shape(0)),
]

const stringNormalizer: Rule = call => {
  const shape = call.shape(0)
  const drops = call.attribute('stopwords')?.type === 'strings'
  return [
    tensorFact('string', drops ? shape?.map((dim, at) => (at === shape.length - 1 ? null : dim)) : shape),
  ]
}

/** [.., terms] counts: one column for every index up to the greatest. */
const tfIdf: Rule = call => {
  const indexes = call.ints('ngram_indexes')
  const columns = indexes ? Math.max(...indexes) + 1 : null
  return [tensorFact('float32', call.shape(0) && [...(call.shape(0) ?? []).slice(0, -1), columns])]
}

export const sequenceRules: RuleTable = {
  SequenceConstruct: construct,
  SequenceEmpty: empty,
  SequenceInsert: insert,
  SequenceErase: call => [asFact(call.type(0))],
  SequenceAt: call => [asFact(elementOf(call.type(0)))],
  SequenceLength: () => [tensorFact('int64', [])],
  SequenceMap: sequenceMap,
  SplitToSequence: splitToSequence,
  ConcatFromSequence: concatFromSequence,
  Optional: optional,
  OptionalGetElement: optionalGetElement,
  OptionalHasElement: optionalHasElement,
  StringConcat: call => [tensorFact('string', broadcastInputs(call, [0, 1]))],
  StringSplit: stringSplit,
  StringNormalizer: stringNormalizer,
  RegexFullMatch: sameShape('bool'),
  TfIdfVectorizer: tfIdf,
}
