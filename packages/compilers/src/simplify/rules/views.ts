// Operators that only name the axes of a tensor anew (Reshape, Squeeze, Unsqueeze, Flatten, and a Transpose that moves
// axes of size 1 only): two in a row are one, and one that gives back what it was given is none. The target is a constant:
// a number, 0 for a size that stays where it is, -1 for the one that is left.
import {
  anyOf, constant, constantNumbers, intsOf, op, refuse, rule, tensorOf, Value,
  type Dim, type Refusal, type Rule,
} from '@damson/graph' // prettier-ignore
import { reshapeTarget } from '../../sizes/reshape-target.ts'

/** V(U(x)) = Reshape(x), or x. */
const viewTwice: Rule = rule('view-twice', ['x', 'inner', 'y', 's?', 't?'], {
  match: ({ x, inner, y, s, t }) => {
    const views = anyOf(
      op.Reshape(x, s).as(inner).shared(), op.Squeeze(x, s).as(inner).shared(),
      op.Unsqueeze(x, s).as(inner).shared(), op.Flatten(x).as(inner).shared(),
    ) // prettier-ignore
    return anyOf(
      op.Reshape(views, t).as(y),
      op.Squeeze(views, t).as(y),
      op.Unsqueeze(views, t).as(y),
      op.Flatten(views).as(y),
    )
  },
  check: ({ x, inner, y }) => sameShape(x, y) || targetOf(x, y, [inner, y]) !== undefined || notOne(y),
  build: ({ x, inner, y }) => (sameShape(x, y) ? x : reshaped(x, y, [inner, y])),
})

/** V(x) = x where the shape is the same. */
const viewNothing: Rule = rule('view-nothing', ['x', 'y', 't?'], {
  match: ({ x, y, t }) =>
    anyOf(op.Reshape(x, t).as(y), op.Squeeze(x, t).as(y), op.Unsqueeze(x, t).as(y), op.Flatten(x).as(y)),
  check: ({ x, y }) => sameShape(x, y) || refuse('changes the shape, or may', y),
  build: ({ x }) => x,
})

/** Transpose(x) = Reshape(x) where only axes of size 1 move. */
const transposeAsReshape: Rule = rule('transpose-as-reshape', ['x', 'y'], {
  match: ({ x, y }) => op.Transpose(x).as(y),
  check: ({ x, y }) => {
    const perm = intsOf(y, 'perm', undefined) ?? x.shape?.map((_, at, all) => all.length - 1 - at)
    const moved = perm?.filter(axis => x.shape?.[axis] !== 1)
    if (!x.shape || !moved?.every((axis, at) => at === 0 || axis > (moved[at - 1] ?? 0)))
      return refuse('moves elements', y)
    return sameShape(x, y) || targetOf(x, y, []) !== undefined || notOne(y)
  },
  build: ({ x, y }) => (sameShape(x, y) ? x : reshaped(x, y, [])),
})

/** Views of tensors; exact. */
export const viewRules: readonly Rule[] = [viewNothing, viewTwice, transposeAsReshape]

const notOne = (y: Value): Refusal => refuse('has a shape that no constant Reshape gives', y)

/** The same sizes, also by name: what is only anonymous is not the same. */
function sameShape(x: Value, y: Value): boolean {
  if (!x.shape || x.shape.length !== y.shape?.length) return false
  return x.shape.every((size, at) => size !== null && size === y.shape?.[at])
}

function targetOf(x: Value, y: Value, through: readonly Value[]): readonly number[] | undefined {
  if (!x.shape || !y.shape) return undefined
  return reshapeTarget(x.shape, y.shape, through.flatMap(leftOver))
}

function reshaped(x: Value, y: Value, through: readonly Value[]): ReturnType<typeof op.Reshape> | Refusal {
  const target = targetOf(x, y, through)
  return target ? op.Reshape(x, constant(tensorOf('int64', [target.length], target.map(BigInt)))) : notOne(y)
}

/** Sizes beside a -1 in a Reshape: none of them may be 0 when it runs, and ours need not bear it either. */
function leftOver({ producer, shape, scope }: Value): readonly (readonly Dim[])[] {
  if (producer?.op !== 'Reshape' || !shape) return []
  const at = constantNumbers(new Value(producer.inputs[1] ?? '', scope))?.indexOf(-1) ?? -1
  return at < 0 ? [] : [shape.toSpliced(at, 1)]
}
