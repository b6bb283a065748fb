// Operators that pick or place elements by index: Slice, Gather, Scatter, TopK, OneHot and kin; and Shape and Size.
import type { Dim } from '../../ir.ts'
import { sameAsFirst } from './elementwise.ts'
import type { Call, Rule, RuleTable } from '../call.ts'
import { addDims, ceilDivide, lowerBound, productOf, smallerDim, subtractDims, upperBound } from '../dim.ts'
import { concreteShape, maxElements, tensorFact } from '../fact.ts'
import { unknownShape } from './layout.ts'

const shapeOf: Rule = call => {
  const shape = call.shape(0)
  if (!shape) return [tensorFact('int64', [null])]
  const clamp = (at: number): number => Math.min(Math.max(at < 0 ? at + shape.length : at, 0), shape.length)
  const part = shape.slice(clamp(call.int('start', 0)), clamp(call.int('end', shape.length)))
  return [tensorFact('int64', [part.length], part)]
}

const size: Rule = call => {
  const shape = call.shape(0)
  return [tensorFact('int64', [], shape && [productOf(shape)])]
}

interface Cut {
  readonly axis: number
  readonly start: Dim
  readonly end: Dim
  readonly step: Dim
}

const slice: Rule = call => {
  const shape = call.shape(0)
  if (!shape) return [tensorFact(call.dtype(0))]
  const cuts = cutsOf(call, shape.length)
  if (!cuts) return [tensorFact(call.dtype(0), unknownShape(shape.length))]
  const cut = [...shape]
  for (const each of cuts) cut[each.axis] = cutLength(shape[each.axis] ?? null, each)
  return [tensorFact(call.dtype(0), cut, slicedElements(call, shape, cuts))]
}

/** Starts, ends, axes and steps as attributes (before 10) or inputs; undefined when the axes are not known. */
function cutsOf(call: Call, rank: number): readonly Cut[] | undefined {
  const early = call.opset < 10
  const starts = early ? call.ints('starts') : call.elements(1)
  const ends = early ? call.ints('ends') : call.elements(2)
  const count = starts?.length ?? ends?.length
  const given = early ? call.ints('axes') : call.has(3) ? call.numbers(3) : undefined
  if (!early && call.has(3) && !given) return undefined
  if (!given && count === undefined) return undefined
  const axes = call.axes(given ?? Array.from({ length: count ?? 0 }, (_, at) => at), rank)
  if (!axes) return undefined
  const steps = !early && call.has(4) ? (call.elements(4) ?? []) : axes.map(() => 1)
  return axes.map((axis, at) => ({
    axis,
    start: starts?.[at] ?? null,
    end: ends?.[at] ?? null,
    step: steps[at] ?? null,
  }))
}

/** Length of size[start:end:step] with bounds clamped as in Python; null unless the clamping is decided for all sizes. */
function cutLength(size: Dim, { start, end, step }: Cut): Dim {
  if (typeof step !== 'number' || step === 0 || start === null || end === null) return null
  if (typeof size === 'number' && typeof start === 'number' && typeof end === 'number') {
    const { from, to } = bounds(size, start, end, step)
    return Math.max(0, Math.ceil((to - from) / step))
  }
  if (step < 0) return step === -1 && wholeReversed(start, end) ? size : null
  const [from, to] = [place(start, size), place(end, size)]
  if (from === null || to === null) return null
  const length = subtractDims(to, from)
  if (upperBound(length) <= 0) return 0
  return lowerBound(length) >= 0 ? ceilDivide(length, step) : null
}

const wholeReversed = (start: Dim, end: Dim): boolean =>
  start === -1 && typeof end === 'number' && end < -(2 ** 31) + 2

function bounds(size: number, start: number, end: number, step: number): { from: number; to: number } {
  const wrap = (at: number): number => (at < 0 ? at + size : at)
  const clamp = (at: number, low: number, high: number): number => Math.min(Math.max(at, low), high)
  if (step > 0) return { from: clamp(wrap(start), 0, size), to: clamp(wrap(end), 0, size) }
  return { from: clamp(wrap(start), 0, size - 1), to: clamp(wrap(end), -1, size - 1) }
}

/** A bound of a forward slice within [0, size]; null when it depends on the sizes. */
function place(bound: Dim, size: Dim): Dim {
  if (typeof bound === 'number' && Math.abs(bound) >= 2 ** 31 - 1) return bound > 0 ? size : 0
  const negative = upperBound(bound) < 0
  if (!negative && lowerBound(bound) < 0) return null
  const at = negative ? addDims(bound, size) : bound
  if (lowerBound(subtractDims(at, size)) >= 0) return size
  if (upperBound(at) <= 0) return 0
  return lowerBound(at) >= 0 ? smallerDim(at, size) : null
}

function slicedElements(call: Call, shape: readonly Dim[], cuts: readonly Cut[]): readonly Dim[] | undefined {
  const elements = call.elements(0)
  const sizes = concreteShape(shape)
  if (!elements || !sizes || sizes.some(size => size > maxElements)) return undefined
  const picks = sizes.map(size => Array.from({ length: size }, (_, at) => at))
  for (const { axis, start, end, step } of cuts) {
    const size = sizes[axis]
    if (size === undefined || typeof start !== 'number' || typeof end !== 'number') return undefined
    if (typeof step !== 'number' || step === 0) return undefined
    const { from, to } = bounds(size, start, end, step)
    const taken: number[] = []
    for (let at = from; step > 0 ? at < to : at > to; at += step) taken.push(at)
    picks[axis] = taken
  }
  const places = picks.reduce<readonly number[]>(
    (rows, axis, depth) => rows.flatMap(row => axis.map(at => row * (sizes[depth] ?? 1) + at)),
    [0],
  )
  return places.map(place => elements[place] ?? null)
}

const gather: Rule = call => {
  const [data, indices] = [call.shape(0), call.shape(1)]
  if (!data || !indices) return [tensorFact(call.dtype(0))]
  const axis = call.axis(call.int('axis', 0), data.length)
  if (axis === undefined) return []
  const shape = [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)]
  const elements = call.elements(0)
  const picked =
    data.length === 1 && elements
      ? call.elements(1)?.map(at => (typeof at === 'number' ? (elements.at(at) ?? null) : null))
      : undefined
  return [tensorFact(call.dtype(0), shape, picked)]
}

/** indices [..., k] into data: the leading dimensions of the indices, then what k axes leave of the data. */
const gatherNd: Rule = call => {
  const [data, indices] = [call.shape(0), call.shape(1)]
  const depth = indices?.at(-1)
  const batch = call.int('batch_dims', 0)
  if (!data || !indices || typeof depth !== 'number') return [tensorFact(call.dtype(0))]
  if (batch + depth > data.length) return call.fail(`GatherND of depth ${depth} into rank ${data.length}`)
  const elements = data.length === 1 && batch === 0 ? call.elements(0) : undefined
  const picked = elements && call.numbers(1)?.map(at => elements.at(at) ?? null)
  return [tensorFact(call.dtype(0), [...indices.slice(0, -1), ...data.slice(batch + depth)], picked)]
}

/** The shape of the indices, the element type of the data. */
const gatherElements: Rule = call => [tensorFact(call.dtype(0), call.shape(1))]

/** data with values at rows given as [n, 1] indices: followed only when everything is 1-D and known. */
const scatterNd: Rule = call => {
  const [data, indices, updates] = [call.elements(0), call.numbers(1), call.elements(2)]
  const plain = call.text('reduction', 'none') === 'none' && call.shape(0)?.length === 1
  if (!data || !indices || !updates || !plain || indices.length !== updates.length) return sameAsFirst(call)
  const elements = [...data]
  for (const [n, at] of indices.entries()) {
    const place = at < 0 ? at + elements.length : at
    if (place >= 0 && place < elements.length) elements[place] = updates[n] ?? null
  }
  return [tensorFact(call.dtype(0), call.shape(0), elements)]
}

const topK: Rule = call => {
  const shape = call.shape(0)
  const k = call.opset < 10 ? (call.int('k') ?? null) : (call.scalar(1) ?? null)
  const axis = shape && call.axis(call.int('axis', -1), shape.length)
  if (!shape || axis === undefined) return [tensorFact(call.dtype(0)), tensorFact('int64')]
  const kept = shape.with(axis, k)
  return [tensorFact(call.dtype(0), kept), tensorFact('int64', kept)]
}

const oneHot: Rule = call => {
  const shape = call.shape(0)
  if (!shape) return [tensorFact(call.dtype(2))]
  const axis = call.axis(call.int('axis', -1), shape.length + 1)
  if (axis === undefined) return []
  const depth = call.scalar(1) ?? null
  return [tensorFact(call.dtype(2), shape.toSpliced(axis, 0, depth))]
}

/** Coordinates [rank, n] of n elements, n depending on the data. */
const nonZero: Rule = call => {
  const shape = call.shape(0)
  const elements = call.numbers(0)
  const single =
    elements && shape?.length === 1 ? elements.flatMap((each, at) => (each === 0 ? [] : [at])) : undefined
  return [tensorFact('int64', [shape ? Math.max(shape.length, 1) : null, single?.length ?? null], single)]
}

const compress: Rule = call => {
  const shape = call.shape(0)
  const axis = call.int('axis')
  if (axis === undefined || !shape)
    return [tensorFact(call.dtype(0), axis === undefined ? [null] : undefined)]
  const at = call.axis(axis, shape.length)
  return at === undefined ? [] : [tensorFact(call.dtype(0), shape.with(at, null))]
}

const unique: Rule = call => {
  const shape = call.shape(0)
  const axis = call.int('axis')
  const at = shape && axis !== undefined ? call.axis(axis, shape.length) : undefined
  const values = axis === undefined ? [null] : at === undefined ? undefined : shape?.with(at, null)
  const index = tensorFact('int64', [null])
  return [tensorFact(call.dtype(0), values), index, index, index]
}

const cumulative: Rule = call => {
  const list = call.shape(0)?.length === 1 ? call.elements(0) : undefined
  const plain = call.int('exclusive', 0) === 0 && call.int('reverse', 0) === 0
  let sum: Dim = 0
  const integers = call.dtype(0) === 'int64'
  const elements = plain && integers ? list?.map(each => (sum = addDims(sum, each))) : undefined
  return [tensorFact(call.dtype(0), call.shape(0), elements)]
}

export const indexingRules: RuleTable = {
  Shape: shapeOf,
  Size: size,
  Slice: slice,
  Gather: gather,
  GatherND: gatherNd,
  GatherElements: gatherElements,
  ScatterND: scatterNd,
  Scatter: sameAsFirst,
  ScatterElements: sameAsFirst,
  TensorScatter: sameAsFirst,
  CumSum: cumulative,
  TopK: topK,
  OneHot: oneHot,
  NonZero: nonZero,
  Compress: compress,
  Unique: unique,
}
