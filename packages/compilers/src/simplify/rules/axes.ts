// Reductions with the axes around them, casts like another value, and products written as Einsum.
import {
  constant, constantNumbers, dataTypes, intOf, intsOf, op, rank, refuse, rule, tensorOf, textOf,
  type Refusal, type Rule, type Value,
} from '@damson/graph' // prettier-ignore

const reductions = [
  ['ReduceMean', op.ReduceMean], ['ReduceSum', op.ReduceSum], ['ReduceMax', op.ReduceMax], ['ReduceMin', op.ReduceMin],
  ['ReduceL2', op.ReduceL2], ['ReduceL1', op.ReduceL1], ['ReduceProd', op.ReduceProd], ['ReduceLogSumExp', op.ReduceLogSumExp],
  ['ReduceSumSquare', op.ReduceSumSquare],
] as const // prettier-ignore

/** Unsqueeze(Reduce(x, axes, keepdims = 0), axes) = Reduce(x, axes, keepdims = 1), and Squeeze the other way round. */
const reduceThenAxes: readonly Rule[] = reductions.flatMap(([name, reduce]) => [
  rule(`unsqueeze-of-${name.toLowerCase()}`, ['x', 'a?', 'b?', 'reduced', 'y'], {
    match: ({ x, a, b, reduced, y }) => op.Unsqueeze(reduce(x, a, { keepdims: 0 }).as(reduced), b).as(y),
    check: ({ x, a, b, reduced, y }) => sameAxes(x, axesOf(reduced, a), axesOf(y, b), reduced),
    build: ({ x, a, reduced }) => reduce(x, a, kept(reduced, 1n)),
  }),
  rule(`squeeze-of-${name.toLowerCase()}`, ['x', 'a?', 'b?', 'reduced', 'y'], {
    match: ({ x, a, b, reduced, y }) => op.Squeeze(reduce(x, a, { keepdims: 1 }).as(reduced), b).as(y),
    check: ({ x, a, b, reduced, y }) => sameAxes(x, axesOf(reduced, a), axesOf(y, b), reduced),
    build: ({ x, a, reduced }) => reduce(x, a, kept(reduced, 0n)),
  }),
])

/** CastLike(x, other) = Cast(x) to the type of the other. */
const castLike: Rule = rule('cast-like', ['x', 'other'], {
  since: 15,
  match: ({ x, other }) => op.CastLike(x, other),
  check: ({ other }) => other.dtype !== undefined || refuse('its element type is unknown', other),
  build: ({ x, other }) =>
    x.dtype === other.dtype ? x : op.Cast(x, { to: dataTypes[other.dtype ?? 'float32'].code }),
})

/** Einsum('…ij,…jk->…ik', A, B) = MatMul(A, B) for letters that match and leading ones that both have. */
const einsumToMatMul: Rule = rule('einsum-to-matmul', ['a', 'b', 'y'], {
  match: ({ a, b, y }) => op.Einsum(a, b).as(y),
  check: ({ y }) => isMatMul(textOf(y, 'equation', '')) || refuse('is no matrix product as it stands', y),
  build: ({ a, b }) => op.MatMul(a, b),
})

/** Flatten of a matrix, the operand of a pool over one element … is the matrix. */
const flattenNothing: Rule = rule('flatten-nothing', ['x', 'y'], {
  match: ({ x, y }) => op.Flatten(x).as(y),
  check: ({ x, y }) => (rank(x) === 2 && [1, -1].includes(intOf(y, 'axis', 1))) || refuse('is no matrix', x),
  build: ({ x }) => x,
})

/** Unsqueeze(Gather(T, i)) = Gather(T, Unsqueeze(i)) where the new axes stand among those of i: sizes taken one by one, rows of cos and sin. */
const unsqueezeIntoIndices: Rule = rule('unsqueeze-into-indices', ['t', 'i', 'a?', 'rows', 'y'], {
  match: ({ t, i, a, rows, y }) => op.Unsqueeze(op.Gather(t, i).as(rows), a).as(y),
  check: ({ i, a, rows, y }) => {
    if (intOf(rows, 'axis', 0) !== 0) return refuse('does not gather rows', rows)
    return indexAxes(i, a, y) !== undefined || refuse('has new axes beyond those of its indices', y)
  },
  build: ({ t, i, a, rows, y }, { opset }) => {
    const axes = indexAxes(i, a, y) ?? []
    const wide = tensorOf('int64', [axes.length], axes.map(BigInt))
    const indices = opset() < 13 ? op.Unsqueeze(i, { axes }) : op.Unsqueeze(i, constant(wide))
    return op.Gather(t, indices, rows.producer?.attributes ?? {})
  },
})

/** Axes, casts and Einsum. */
export const axisRules: readonly Rule[] = [
  ...reduceThenAxes, castLike, einsumToMatMul, flattenNothing, unsqueezeIntoIndices,
] // prettier-ignore

/** Axes of an Unsqueeze, counted from the front, where all of them stand among those of the indices or just behind. */
function indexAxes(i: Value, a: Value | undefined, y: Value): readonly number[] | undefined {
  const [given, own, dims] = [axesOf(y, a), rank(i), rank(y)]
  if (!given || own === undefined || dims === undefined) return undefined
  const axes = given.map(axis => (axis < 0 ? axis + dims : axis))
  return axes.every(axis => axis < own + axes.length) ? axes : undefined
}

/** Axes of an operator, as an input or as an attribute; undefined where they are not constant, or all are meant. */
export function axesOf(value: Value, input: Value | undefined): readonly number[] | undefined {
  return input ? constantNumbers(input) : intsOf(value, 'axes', undefined)
}

function kept(value: Value, keepdims: bigint): NonNullable<Value['producer']>['attributes'] {
  return new Map(value.producer?.attributes ?? []).set('keepdims', { type: 'int', value: keepdims })
}

function sameAxes(
  x: Value,
  a: readonly number[] | undefined,
  b: readonly number[] | undefined,
  at: Value,
): true | Refusal {
  const dims = rank(x)
  if (!a || !b || dims === undefined) return refuse('has axes that are not constant', at)
  const sorted = (axes: readonly number[]): string =>
    [...new Set(axes.map(axis => (axis + dims) % dims))].sort().join()
  return sorted(a) === sorted(b) || refuse('has other axes than what follows', at)
}

/** `bij,bjk->bik`: the batch letters first and equal, then a row, a sum, a column. */
function isMatMul(equation: string): boolean {
  const [, left = '', right = '', out = ''] =
    /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(equation.replaceAll(' ', '')) ?? []
  const batch = left.slice(0, -2)
  const [i, j, k] = [left.at(-2), left.at(-1), right.at(-1)]
  const letters = new Set([...batch, i, j, k])
  return (
    left.length >= 2 &&
    letters.size === left.length + 1 &&
    right === `${batch}${j}${k}` &&
    out === `${batch}${i}${k}`
  )
}
