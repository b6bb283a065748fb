// Slices of slices become one, and a Slice, Tile, Resize or Split that keeps everything goes.
import {
  constant, constantNumbers, intOf, op, rank, refuse, rule, staticShape, tensorOf,
  type Dim, type Rule, type Tensor, type Value,
} from '@damson/graph' // prettier-ignore

/** What a Slice with constant bounds does on each of its axes, counted from the front. */
interface Cut {
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  readonly axes: readonly number[]
  readonly steps: readonly number[]
}

/** Slice(Slice(x)) on other axes is one Slice. */
const sliceTwice: Rule = rule('slice-twice', ['x', 's', 'e', 'a?', 't?', 's2', 'e2', 'a2?', 't2?'], {
  since: 10,
  match: ({ x, s, e, a, t, s2, e2, a2, t2 }) => op.Slice(op.Slice(x, s, e, a, t).shared(), s2, e2, a2, t2),
  check: ({ x, s, e, a, t, s2, e2, a2, t2 }) => {
    const [one, two] = [cutOf(s, e, a, t, x), cutOf(s2, e2, a2, t2, x)]
    if (!one || !two) return refuse('has bounds that are not constant', x)
    return !two.axes.some(axis => one.axes.includes(axis)) || refuse('cuts the same axis twice', x)
  },
  build: ({ x, s, e, a, t, s2, e2, a2, t2 }) => {
    const [one, two] = [cutOf(s, e, a, t, x), cutOf(s2, e2, a2, t2, x)]
    if (!one || !two) return refuse('has bounds that are not constant', x)
    const both = (key: keyof Cut): ReturnType<typeof constant> => constant(int64([...one[key], ...two[key]]))
    return op.Slice(x, both('starts'), both('ends'), both('axes'), both('steps'))
  },
})

/** Slice(x) = x when every axis is taken from its first element to its last. */
const sliceNothing: Rule = rule('slice-nothing', ['x', 's', 'e', 'a?', 't?'], {
  since: 10,
  match: ({ x, s, e, a, t }) => op.Slice(x, s, e, a, t),
  check: ({ x, s, e, a, t }) => {
    const cut = cutOf(s, e, a, t, x)
    if (!cut) return refuse('has bounds that are not constant', x)
    const whole = cut.axes.every((axis, at) => takesAll(cut, at, x.shape?.[axis] ?? null))
    return whole || refuse('takes a part', x)
  },
  build: ({ x }) => x,
})

/** Tile(x, 1 …) = x */
const tileNothing: Rule = rule('tile-nothing', ['x', 'repeats'], {
  match: ({ x, repeats }) => op.Tile(x, constant(repeats)),
  check: ({ repeats }) =>
    constantNumbers(repeats)?.every(each => each === 1) === true || refuse('repeats', repeats),
  build: ({ x }) => x,
})

/** Resize(x) = x when it scales by 1, or to the sizes that x has; no coordinates move then, whatever the mode. */
const resizeNothing: Rule = rule('resize-nothing', ['x', 'roi?', 'scales?', 'sizes?', 'y'], {
  since: 11,
  match: ({ x, roi, scales, sizes, y }) => op.Resize(x, roi, scales, sizes).as(y),
  check: ({ x, scales, sizes, y }) => {
    const crops = y.producer?.attributes.get('coordinate_transformation_mode')
    if (crops?.type === 'string' && crops.value === 'tf_crop_and_resize') return refuse('crops', y)
    const [by, to] = [constantNumbers(scales), constantNumbers(sizes)]
    if (by && by.length > 0) return by.every(each => each === 1) || refuse('scales', y)
    const own = staticShape(x)
    const same = to !== undefined && own !== undefined && to.length === own.length
    return (same && to.every((each, at) => each === own[at])) || refuse('changes the size, or may', y)
  },
  build: ({ x }) => x,
})

/** A Split into one part is that part. */
const splitIntoOne: Rule = rule('split-into-one', ['x', 'sizes?', 'y'], {
  match: ({ x, sizes, y }) => op.Split(x, sizes).as(y),
  check: ({ y }) => y.producer?.outputs.length === 1 || refuse('has several parts', y),
  build: ({ x }) => x,
})

/** Gather(Shape(x), [i]) = Shape(x)[i : i + 1] */
const gatherOfShape: Rule = rule('gather-of-shape', ['x', 'at', 'shape', 'y'], {
  since: 15,
  match: ({ x, at, shape, y }) => op.Gather(op.Shape(x).as(shape).shared(), constant(at)).as(y),
  check: ({ at, shape }) => {
    const whole = intOf(shape, 'start', 0) === 0 && !shape.producer?.attributes.has('end')
    if (!whole) return refuse('is a part of a shape', shape)
    const one = at.tensor?.shape.length === 1 && constantNumbers(at)?.length === 1
    return one || refuse('is not one index in a list', at)
  },
  build: ({ x, at }) => {
    const [start = 0] = constantNumbers(at) ?? []
    return start === -1 ? op.Shape(x, { start }) : op.Shape(x, { start, end: start + 1 })
  },
})

/** Slice(Shape(x), [s], [e]) = Shape(x)[s : e] */
const sliceOfShape: Rule = rule('slice-of-shape', ['x', 's', 'e', 'a?', 't?', 'shape'], {
  since: 15,
  match: ({ x, s, e, a, t, shape }) => op.Slice(op.Shape(x).as(shape).shared(), s, e, a, t),
  check: ({ s, e, a, t, shape }) => {
    const whole = intOf(shape, 'start', 0) === 0 && !shape.producer?.attributes.has('end')
    const cut = cutOf(s, e, a, t, shape)
    const plain = cut?.steps.length === 1 && cut.steps[0] === 1
    return (whole && plain) || refuse('is not one piece of a whole shape', shape)
  },
  build: ({ x, s, e }) => {
    const [start = 0, end = 0] = [constantNumbers(s)?.[0], constantNumbers(e)?.[0]]
    // Both clamp to the rank, so an end beyond every rank is none.
    return Math.abs(end) > 1e6 ? op.Shape(x, { start }) : op.Shape(x, { start, end })
  },
})

/** Slices, sizes and repetitions; exact. */
export const sliceRules: readonly Rule[] = [
  sliceTwice, sliceNothing, tileNothing, resizeNothing, splitIntoOne, gatherOfShape, sliceOfShape,
] // prettier-ignore

/** Undefined where a bound is not constant, or an axis may be counted from the end of an unknown rank. */
function cutOf(s: Value, e: Value, a: Value | undefined, t: Value | undefined, x: Value): Cut | undefined {
  const [starts, ends] = [constantNumbers(s), constantNumbers(e)]
  if (!starts || !ends) return undefined
  const given = a ? constantNumbers(a) : starts.map((_, at) => at)
  const steps = t ? constantNumbers(t) : starts.map(() => 1)
  const dims = rank(x)
  const axes = given?.map(axis => (axis < 0 ? (dims === undefined ? NaN : axis + dims) : axis))
  return axes && steps && axes.every(Number.isInteger) ? { starts, ends, axes, steps } : undefined
}

function takesAll({ starts, ends, steps }: Cut, at: number, size: Dim): boolean {
  const [start, end, step] = [starts[at], ends[at] ?? 0, steps[at]]
  if (start !== 0 || step !== 1) return false
  return end >= 2 ** 31 - 1 || (typeof size === 'number' && end >= size)
}

/** Bounds beyond the safe integers stand for the last element: INT64_MAX. */
function int64(values: readonly number[]): Tensor {
  const most = 2n ** 63n - 1n
  const whole = (value: number): bigint =>
    Number.isSafeInteger(value) ? BigInt(value) : value > 0 ? most : -most
  return tensorOf('int64', [values.length], values.map(whole))
}
