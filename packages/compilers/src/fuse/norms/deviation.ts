// What all exporters' norms end in: something divided by the root of its mean square.
//   y = d / √(mean(d²) + ε)
// written with Pow or Mul, Div or Reciprocal, a root or a power; half-precision exports take the mean of a cast d.
import { anyOf, op, type Choice, type Term, type Variable } from '@damson/graph'

export interface DeviationParts {
  readonly axes: Variable
  readonly epsilon: Variable
  /** Bound to the mean of squares. */
  readonly variance: Variable
}

/** The forms of d / √(mean(d²) + ε), as alternatives of a whole pattern. */
export function dividedByDeviation(
  d: Term | Variable,
  { axes, epsilon, variance }: DeviationParts,
): readonly [Term, Term] {
  const wide = anyOf(d, op.Cast(d))
  const mean = op.ReduceMean(anyOf(op.Pow(wide, 2), op.Mul(wide, wide)), axes).as(variance)
  const shifted = op.Add(mean, epsilon)
  const deviation = orCast(anyOf(op.Sqrt(shifted), op.Pow(shifted, 0.5)))
  const inverse = orCast(
    anyOf(op.Reciprocal(deviation), op.Div(1, deviation), op.Pow(shifted, -0.5), op.Pow(deviation, -1)),
  )
  return [op.Div(d, deviation), op.Mul(d, inverse)]
}

const orCast = (form: Choice): Choice => anyOf(...form.terms, op.Cast(form))
