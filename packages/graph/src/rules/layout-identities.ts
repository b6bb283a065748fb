// Operators that move or retype elements and cancel out: pairs of transposes, reshapes and casts, and those that do nothing.
import { dataTypeOfCode, type DataType } from '../dtype.ts'
import { refuse } from '../error.ts'
import { intOf, intsOf } from '../ops/attributes.ts'
import { op } from '../ops/onnx-operators.generated.ts'
import { anyOf, constant } from '../ops/term.ts'
import type { Value } from '../scope.ts'
import { rule, type Rule } from './rule.ts'
import { constantNumbers, rank, staticShape, widens } from './shape-facts.ts'

/** Transpose_q(Transpose_p(x)) = Transpose_r(x) with r[i] = p[q[i]]; x when r is the identity. */
export const transposeTwice: Rule = rule('transpose-twice', ['x', 'first', 'second'], {
  match: ({ x, first, second }) => op.Transpose(op.Transpose(x).as(first).shared()).as(second),
  build: ({ x, first, second }) => {
    const [p, q] = [intsOf(first, 'perm', undefined), intsOf(second, 'perm', undefined)]
    if (!p && !q) return x
    const order = p ?? reversed(q?.length ?? 0)
    const perm = (q ?? reversed(order.length)).map(each => order[each] ?? 0)
    return isAscending(perm) ? x : op.Transpose(x, { perm })
  },
})

/** Transpose(x) = x when no dimension moves. */
export const transposeNothing: Rule = rule('transpose-nothing', ['x', 'y'], {
  match: ({ x, y }) => op.Transpose(x).as(y),
  check: ({ x, y }) => {
    const perm = intsOf(y, 'perm', undefined) ?? reversed(rank(x) ?? 2)
    return isAscending(perm) || refuse('dimensions move', y)
  },
  build: ({ x }) => x,
})

/** Cast(x) to the type it has = x */
export const castToSame: Rule = rule('cast-to-same', ['x', 'y'], {
  match: ({ x, y }) => op.Cast(x).as(y),
  check: ({ x, y }) => {
    if (x.dtype === undefined) return refuse('its element type is unknown', x)
    return castTarget(y) === x.dtype || refuse(`casts ${x.dtype} to another type`, y)
  },
  build: ({ x }) => x,
})

/** Cast_b(Cast_a(x)) = Cast_b(x) when a holds every value of x's type, and b is that type or holds every value of a. */
export const castTwice: Rule = rule('cast-twice', ['x', 'wide', 'y'], {
  match: ({ x, wide, y }) => op.Cast(op.Cast(x).as(wide).shared()).as(y),
  check: ({ x, wide, y }) => {
    const [from, through, to] = [x.dtype, castTarget(wide), castTarget(y)]
    if (!from || !through || !to) return refuse('its element type is unknown', x)
    return (widens(from, through) && (to === from || widens(through, to))) || refuse('loses digits', wide)
  },
  build: ({ x, y }) => (castTarget(y) === x.dtype ? x : op.Cast(x, y.producer?.attributes ?? {})),
})

/** Reshape(Reshape(x, s), t) = Reshape(x, t) when t copies no dimension (0) from what it is given. */
export const reshapeTwice: Rule = rule('reshape-twice', ['x', 'shape', 'y', '...rest'], {
  match: ({ x, shape, y, rest }) =>
    op
      .Reshape(
        anyOf(
          op.Reshape(x, ...rest).shared(),
          op.Flatten(x).shared(),
          op.Squeeze(x, ...rest).shared(),
          op.Unsqueeze(x, ...rest).shared(),
        ),
        constant(shape),
      )
      .as(y),
  check: ({ shape, y }) => {
    const sizes = constantNumbers(shape)
    const copies = intOf(y, 'allowzero', 0) === 0 && sizes?.includes(0)
    return (sizes !== undefined && !copies) || refuse('copies a dimension of what it reshapes', shape)
  },
  build: ({ x, shape, y }) => op.Reshape(x, shape, y.producer?.attributes ?? {}),
})

/** Reshape(x, t) = x when x has that shape: every size equal, copied (0), or the one that is left (-1). */
export const reshapeToSame: Rule = rule('reshape-to-same', ['x', 'shape', 'y'], {
  match: ({ x, shape, y }) => op.Reshape(x, constant(shape)).as(y),
  check: ({ x, shape, y }) => {
    const sizes = constantNumbers(shape)
    const copies = intOf(y, 'allowzero', 0) === 0
    if (!x.shape || sizes?.length !== x.shape.length) return refuse('has another rank, or one unknown', x)
    const free = sizes.filter((size, at) => size !== x.shape?.[at] && !(size === 0 && copies))
    const inferred =
      free.length === 1 && free[0] === -1 && !(x.shape.includes(0) || (sizes.includes(0) && !copies))
    return free.length === 0 || inferred || refuse('changes the shape', shape)
  },
  build: ({ x }) => x,
})

/** Expand(x, t) = x when x has as many dimensions as t, and t asks for no other sizes. */
export const expandToSame: Rule = rule('expand-to-same', ['x', 'shape'], {
  match: ({ x, shape }) => op.Expand(x, constant(shape)),
  check: ({ x, shape }) => {
    const [sizes, own] = [constantNumbers(shape), staticShape(x) ?? x.shape]
    if (!sizes || !own || sizes.length > own.length) return refuse('may add dimensions', shape)
    const from = own.length - sizes.length
    return (
      sizes.every((size, at) => size === 1 || size === own[from + at]) || refuse('changes the shape', shape)
    )
  },
  build: ({ x }) => x,
})

function castTarget(value: Value): DataType | undefined {
  return dataTypeOfCode(intOf(value, 'to', 0))
}

function reversed(length: number): readonly number[] {
  return Array.from({ length }, (_, at) => length - 1 - at)
}

function isAscending(perm: readonly number[]): boolean {
  return perm.every((each, at) => each === at)
}
