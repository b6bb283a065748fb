// Axes of size 1 come and go between two Transposes: the two are one, or none.
//   Unsqueeze: what Transpose(Unsqueeze(Transpose(x, p), a), q) makes of the axes of x, and where the new ones end up, decide
//   r and b in Unsqueeze(Transpose(x, r), b); Squeeze likewise in Transpose(Squeeze(x, b), r). r in order is no Transpose.
import { constant, intsOf, op, rank, refuse, rule, tensorOf, type Refusal, type Rule, type Value } from '@damson/graph' // prettier-ignore
import { axesOf } from './axes.ts'

/** Transpose(Unsqueeze(Transpose(x))) = Unsqueeze(Transpose(x)) or Unsqueeze(x). */
const aroundUnsqueeze: Rule = rule('transpose-around-unsqueeze', ['x', 'a?', 'first', 'middle', 'y'], {
  match: ({ x, a, first, middle, y }) =>
    op.Transpose(op.Unsqueeze(op.Transpose(x).as(first), a).as(middle)).as(y),
  build: ({ x, a, first, middle, y }, { opset }) => {
    const turns = turnsOf(x, a, first, middle, y)
    if ('refused' in turns) return turns
    const { p, axes, q } = turns
    const old = q.flatMap((_, at) => (axes.includes(at) ? [] : [at]))
    const made = q.map(at => (axes.includes(at) ? undefined : p[old.indexOf(at)])) // axes of x, none where new
    const places = made.flatMap((axis, at) => (axis === undefined ? [at] : []))
    const perm = made.flatMap(axis => axis ?? [])
    const turned = isInOrder(perm) ? x : op.Transpose(x, { perm })
    return opset() < 13 ? op.Unsqueeze(turned, { axes: places }) : op.Unsqueeze(turned, list(places))
  },
})

/** Transpose(Squeeze(Transpose(x))) = Transpose(Squeeze(x)) or Squeeze(x). */
const aroundSqueeze: Rule = rule('transpose-around-squeeze', ['x', 'a?', 'first', 'middle', 'y'], {
  match: ({ x, a, first, middle, y }) =>
    op.Transpose(op.Squeeze(op.Transpose(x).as(first), a).as(middle)).as(y),
  build: ({ x, a, first, middle, y }, { opset }) => {
    const turns = turnsOf(x, a, first, middle, y)
    if ('refused' in turns) return turns
    const { p, axes, q } = turns
    const gone = p.filter((_, at) => axes.includes(at)).sort((b, c) => b - c) // axes of x
    const left = p.filter((_, at) => !axes.includes(at))
    const order = [...left].sort((b, c) => b - c)
    const perm = q.map(at => order.indexOf(left[at] ?? -1))
    const squeezed = opset() < 13 ? op.Squeeze(x, { axes: gone }) : op.Squeeze(x, list(gone))
    return isInOrder(perm) ? squeezed : op.Transpose(squeezed, { perm })
  },
})

/** Transposes around views; exact. */
export const turnedViewRules: readonly Rule[] = [aroundUnsqueeze, aroundSqueeze]

interface Turns {
  /** Which axis of x each of the first Transpose's is, and of the middle each of the last one's. */
  readonly p: readonly number[]
  readonly q: readonly number[]
  /** Of the middle where it has more axes, else of its operand; from 0 on. */
  readonly axes: readonly number[]
}

function turnsOf(x: Value, a: Value | undefined, first: Value, middle: Value, y: Value): Turns | Refusal {
  const [given, dims] = [axesOf(middle, a), rank(x)]
  if (!given) return refuse('has axes that are not constant', middle)
  if (dims === undefined) return refuse('has an unknown rank', x)
  const [more, last] =
    middle.producer?.op === 'Unsqueeze'
      ? [dims + given.length, dims + given.length]
      : [dims, dims - given.length]
  const axes = given.map(axis => (axis < 0 ? axis + more : axis))
  if (new Set(axes).size !== axes.length) return refuse('names an axis twice', middle)
  return { p: permOf(first, dims), q: permOf(y, last), axes }
}

/** Without one, ONNX turns all axes round. */
function permOf(transpose: Value, dims: number): readonly number[] {
  return intsOf(transpose, 'perm', undefined) ?? Array.from({ length: dims }, (_, at) => dims - 1 - at)
}

const isInOrder = (perm: readonly number[]): boolean => perm.every((axis, at) => axis === at)
const list = (axes: readonly number[]): ReturnType<typeof constant> =>
  constant(tensorOf('int64', [axes.length], axes.map(BigInt)))
