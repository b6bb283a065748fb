// Operators that rearrange a tensor without touching its elements: Reshape, Transpose, Squeeze, Concat, Split and kin.
import type { Dim } from '../../ir.ts'
import { broadcastShapes, spread } from '../broadcast.ts'
import type { Call, Rule, RuleTable } from '../call.ts'
import {
  addDims,
  ceilDivide,
  divideDims,
  floorDivide,
  multiplyDims,
  productOf,
  subtractDims,
} from '../dim.ts'
import { concreteCount, concreteShape, maxElements, tensorFact, type Fact } from '../fact.ts'

/** Rank of a tensor whose elements are a shape: the length of the 1-D input. */
export function lengthOf(call: Call, at: number): number | undefined {
  const shape = call.shape(at)
  const length = shape?.length === 1 ? shape[0] : undefined
  return typeof length === 'number' && length <= 64 ? length : undefined
}

/** A shape of given rank of which nothing is known. */
export const unknownShape = (rank: number): readonly Dim[] => Array.from({ length: rank }, () => null)

/** The shape with another last dimension; a scalar has none. */
export const withLast = (shape: readonly Dim[], last: Dim): readonly Dim[] =>
  shape.length === 0 ? shape : shape.with(-1, last)

const reshape: Rule = call => {
  const from = call.shape(0)
  const rank = lengthOf(call, 1)
  const wanted = call.opset < 5 ? call.ints('shape') : call.elements(1)
  if (!wanted) return [tensorFact(call.dtype(0), rank === undefined ? undefined : unknownShape(rank))]
  const shape = reshaped(call, from, wanted)
  return [tensorFact(call.dtype(0), shape, call.elements(0))]
}

/** `0` copies a dimension (unless `allowzero`), `-1` takes what is left: ∏from / ∏others, where sizes cancel. */
function reshaped(call: Call, from: readonly Dim[] | undefined, wanted: readonly Dim[]): readonly Dim[] {
  const copies = call.int('allowzero', 0) === 0
  if (wanted.filter(dim => dim === -1).length > 1) call.report('Reshape has more than one -1')
  const shape = wanted.map((dim, at): Dim => {
    if (typeof dim === 'number' && dim < 0) return null
    return dim === 0 && copies ? (from?.[at] ?? null) : dim
  })
  const open = shape.flatMap((dim, at) => (dim === null ? [at] : []))
  const [at] = open
  if (from && at !== undefined && open.length === 1)
    return shape.with(at, remaining(from, shape.toSpliced(at, 1)))
  const [before, after] = [from && concreteCount(from), concreteCount(shape)]
  if (before !== undefined && after !== undefined && before !== after)
    call.report(`Reshape of ${before} elements to [${shape.join(', ')}]`)
  return shape
}

/** ∏from / ∏others after cancelling what they share. */
function remaining(from: readonly Dim[], others: readonly Dim[]): Dim {
  const left = [...from]
  const right: Dim[] = []
  for (const dim of others) {
    const same = dim === null ? -1 : left.indexOf(dim)
    if (same >= 0) left.splice(same, 1)
    else right.push(dim)
  }
  const [total, known] = [productOf(left), productOf(right)]
  const exact = divideDims(total, known)
  return exact ?? (typeof known === 'number' && known > 0 ? floorDivide(total, known) : null)
}

const flatten: Rule = call => {
  const shape = call.shape(0)
  if (!shape) return [tensorFact(call.dtype(0), [null, null])]
  const wanted = call.int('axis', 1)
  const axis = wanted < 0 ? wanted + shape.length : wanted
  if (axis < 0 || axis > shape.length) return call.fail(`Flatten axis ${wanted} of rank ${shape.length}`)
  const flat = [productOf(shape.slice(0, axis)), productOf(shape.slice(axis))]
  return [tensorFact(call.dtype(0), flat, call.elements(0))]
}

const transpose: Rule = call => {
  const shape = call.shape(0)
  const order = call.ints('perm') ?? shape?.map((_, at) => shape.length - 1 - at)
  if (!shape) return [tensorFact(call.dtype(0), order && unknownShape(order.length))]
  const proper = order?.length === shape.length && new Set(order).size === order.length
  if (!proper || order.some(at => shape[at] === undefined))
    return call.fail('perm is no permutation of the axes')
  const permuted = order.map(at => shape[at] ?? null)
  const elements = shape.length < 2 ? call.elements(0) : transposed(call.elements(0), shape, order)
  return [tensorFact(call.dtype(0), permuted, elements)]
}

function transposed(
  elements: readonly Dim[] | undefined,
  shape: readonly Dim[],
  order: readonly number[],
): readonly Dim[] | undefined {
  const sizes = concreteShape(shape)
  if (!elements || !sizes) return undefined
  const strides = sizes.map((_, at) => sizes.slice(at + 1).reduce((a, b) => a * b, 1))
  const to = order.map(at => sizes[at] ?? 1)
  return elements.map((_, flat) => {
    let [rest, from] = [flat, 0]
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const size = to[axis] ?? 1
      from += (rest % size) * (strides[order[axis] ?? 0] ?? 1)
      rest = Math.floor(rest / size)
    }
    return elements[from] ?? null
  })
}

/** Axes as attribute (before 13) or as second input; `null` when they are an input that is not known. */
function axesOf(call: Call): readonly number[] | null | undefined {
  const attribute = call.ints('axes')
  if (attribute || !call.has(1)) return attribute
  return call.numbers(1) ?? null
}

const squeeze: Rule = call => {
  const shape = call.shape(0)
  const axes = axesOf(call)
  if (!shape || axes === null) return [tensorFact(call.dtype(0))]
  if (axes === undefined && shape.some(dim => typeof dim !== 'number')) return [tensorFact(call.dtype(0))]
  const gone = axes ? call.axes(axes, shape.length) : shape.flatMap((dim, at) => (dim === 1 ? [at] : []))
  if (!gone) return []
  const long = gone.find(at => typeof shape[at] === 'number' && shape[at] !== 1)
  if (long !== undefined) return call.fail(`Squeeze of axis ${long}, which has size ${shape[long]}`)
  const rest = shape.filter((_, at) => !gone.includes(at))
  return [tensorFact(call.dtype(0), rest, call.elements(0))]
}

const unsqueeze: Rule = call => {
  const shape = call.shape(0)
  const axes = axesOf(call)
  const added = axes?.length ?? lengthOf(call, 1)
  if (!shape || added === undefined) return [tensorFact(call.dtype(0))]
  const rank = shape.length + added
  if (!axes) return [tensorFact(call.dtype(0), unknownShape(rank))]
  const at = call.axes(axes, rank)
  if (!at || new Set(at).size !== at.length) return call.fail('Unsqueeze axes are not distinct')
  const rest = shape[Symbol.iterator]()
  const next = (): Dim => rest.next().value ?? null
  const grown = Array.from({ length: rank }, (_, axis): Dim => (at.includes(axis) ? 1 : next()))
  return [tensorFact(call.dtype(0), grown, call.elements(0))]
}

const concat: Rule = call => {
  const dtype = call.facts.map((_, at) => call.dtype(at)).find(each => each !== undefined)
  const shapes = call.facts.map((_, at) => call.shape(at))
  const known = shapes.flatMap(shape => (shape ? [shape] : []))
  const first = known[0]
  if (!first) return [tensorFact(dtype)]
  const axis = call.axis(call.int('axis', call.opset < 4 ? 1 : 0), first.length)
  if (axis === undefined) return []
  if (known.some(shape => shape.length !== first.length))
    return call.fail('Concat of tensors of different rank')
  const shape = first.map((_, at): Dim => {
    const dims = known.map(each => each[at] ?? null)
    if (at === axis) return known.length < shapes.length ? null : dims.reduce(addDims, 0)
    return agreed(call, dims)
  })
  const lists = call.facts.map(fact => fact.elements)
  const elements =
    first.length === 1 ? call.facts.flatMap((fact, at) => elementsOrNulls(fact, shapes[at])) : undefined
  return [tensorFact(dtype, shape, lists.some(list => list) ? elements : undefined)]
}

function elementsOrNulls(fact: Fact, shape: readonly Dim[] | undefined): readonly Dim[] {
  const count = shape && concreteCount(shape)
  return fact.elements ?? (count !== undefined && count <= maxElements ? unknownShape(count) : [])
}

/** One size that all dims must have: a number if there is one, else the first expression. */
function agreed(call: Call, dims: readonly Dim[]): Dim {
  const numbers = new Set(dims.filter(dim => typeof dim === 'number'))
  if (numbers.size > 1) call.report(`sizes ${[...numbers].join(' and ')} should be equal`)
  const [number] = numbers
  return number ?? dims.find(dim => dim !== null) ?? null
}

const split: Rule = call => {
  const shape = call.shape(0)
  const dtype = call.dtype(0)
  const parts = call.node.outputs.length
  if (!shape) return call.node.outputs.map(() => tensorFact(dtype))
  const axis = call.axis(call.int('axis', 0), shape.length)
  if (axis === undefined) return []
  const sizes = splitSizes(call, shape[axis] ?? null, parts)
  let start = 0
  return call.node.outputs.map((_, at) => {
    const size = sizes[at] ?? null
    const elements =
      typeof size === 'number' && shape.length === 1
        ? call.elements(0)?.slice(start, start + size)
        : undefined
    start = typeof size === 'number' ? start + size : NaN
    return tensorFact(dtype, shape.with(axis, size), elements)
  })
}

/** Given sizes, or equal ones; with `num_outputs` the last may be smaller: ⌈n/k⌉ each, the rest last. */
function splitSizes(call: Call, size: Dim, parts: number): readonly Dim[] {
  const given = call.ints('split') ?? (call.has(1) ? (call.elements(1) ?? unknownShape(parts)) : undefined)
  if (given) return given.map(each => (typeof each === 'number' && each < 0 ? null : each))
  const count = call.opset >= 18 ? call.int('num_outputs', parts) : parts
  const chunk = ceilDivide(size, count)
  const last = subtractDims(size, multiplyDims(chunk, count - 1))
  const equal = call.opset < 18 ? floorDivide(size, count) : divideDims(size, count)
  if (equal !== null) return Array.from({ length: parts }, () => equal)
  return Array.from({ length: parts }, (_, at) => (at < count - 1 ? chunk : last))
}

const expand: Rule = call => {
  const from = call.shape(0)
  const rank = lengthOf(call, 1)
  const wanted = call.elements(1) ?? (rank === undefined ? undefined : unknownShape(rank))
  if (!wanted || !from) return [tensorFact(call.dtype(0))]
  const sizes = wanted.map(dim => (typeof dim === 'number' && dim < 0 ? null : dim))
  const { shape, problem } = broadcastShapes([from, sizes])
  if (problem !== undefined) return call.fail(problem)
  const count = concreteCount(shape) ?? Infinity
  const list = count <= maxElements ? call.elements(0) : undefined
  return [tensorFact(call.dtype(0), shape, list && spread(list, from, shape, count))]
}

const tile: Rule = call => {
  const shape = call.shape(0)
  const repeats = call.elements(1)
  if (!shape) return [tensorFact(call.dtype(0), unknownRank(lengthOf(call, 1)))]
  if (!repeats) return [tensorFact(call.dtype(0), unknownShape(shape.length))]
  const tiled = shape.map((dim, at) => multiplyDims(dim, repeats[at] ?? null))
  const [times, list] = [repeats[0], call.elements(0)]
  const repeated =
    shape.length === 1 &&
    list &&
    typeof times === 'number' &&
    list.length > 0 &&
    times * list.length <= maxElements
  return [
    tensorFact(call.dtype(0), tiled, repeated ? Array.from({ length: times }, () => list).flat() : undefined),
  ]
}

const unknownRank = (rank: number | undefined): readonly Dim[] | undefined =>
  rank === undefined ? undefined : unknownShape(rank)

const pad: Rule = call => {
  const shape = call.shape(0)
  if (!shape) return [tensorFact(call.dtype(0))]
  const pads = call.opset < 11 ? (call.ints('pads') ?? call.ints('paddings')) : call.elements(1)
  const given = call.opset >= 18 && call.has(3) ? call.numbers(3) : shape.map((_, at) => at)
  if (!pads || !given) return [tensorFact(call.dtype(0), unknownShape(shape.length))]
  const axes = call.axes(given, shape.length)
  if (!axes || pads.length !== 2 * axes.length)
    return call.fail(`${pads.length} pads for ${given.length} axes`)
  const padded = [...shape]
  axes.forEach((axis, at) => {
    const both = addDims(pads[at] ?? null, pads[at + axes.length] ?? null)
    padded[axis] = addDims(padded[axis] ?? null, both)
  })
  return [tensorFact(call.dtype(0), padded)]
}

export const layoutRules: RuleTable = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: concat,
  Split: split,
  Expand: expand,
  Tile: tile,
  Pad: pad,
}
