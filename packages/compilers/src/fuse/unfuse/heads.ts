// The steps of an attention as terms, for rules that write operators out.
import { op, type Term, type Value } from '@damson/graph'

export type Operand = Term | Value

/** [b, s, n·h] → [b, n, s, h] */
export const split = (x: Operand, heads: number): Term =>
  op.Transpose(op.Reshape(x, [0, 0, heads, -1]), { perm: [0, 2, 1, 3] })

/** [b, n, s, h] → [b, s, n·h] */
export const merge = (x: Operand): Term => op.Reshape(op.Transpose(x, { perm: [0, 2, 1, 3] }), [0, 0, -1])

/** A cache grown by new keys or values, [b, n, p + s, h]. */
export const grown = (past: Value | undefined, fresh: Operand): Operand =>
  past ? op.Concat(past, fresh, { axis: 2 }) : fresh

/** Every head of keys or values for r heads of queries: [b, g, t, h] → [b, g·r, t, h]. */
export function repeated(x: Operand, repeats: number, heads: number, size: number): Operand {
  if (repeats === 1) return x
  return op.Reshape(op.Expand(op.Unsqueeze(x, [2]), [1, 1, repeats, 1, 1]), [0, heads, -1, size])
}

/** Softmax(scale·q·kᵀ + bias)·v of [b, n, s, h]; `zeroed`: rows without any unmasked key give 0. */
export function attend(
  [q, k, v]: readonly [Operand, Operand, Operand],
  scale: number,
  bias: Value | Term | undefined,
  zeroed = false,
): Term {
  const scores = op.MatMul(op.Mul(q, scale), op.Transpose(k, { perm: [0, 1, 3, 2] }))
  const weights = op.Softmax(bias ? op.Add(scores, bias) : scores, { axis: -1 })
  return op.MatMul(zeroed ? op.Where(op.IsNaN(weights), 0, weights) : weights, v)
}

/** The last size of a value, when it is a number. */
export const lastSize = (x: Value): number | undefined => {
  const size = x.shape?.at(-1)
  return typeof size === 'number' ? size : undefined
}
