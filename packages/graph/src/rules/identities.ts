// Arithmetic that leaves its input as it is. The other operand is a constant of one number in any shape that does not
// change the result's shape. Of floats only the sign of a zero may differ: -0 + 0 is 0.
import { refuse, type Refusal } from '../error.ts'
import { op } from '../ops/onnx-operators.generated.ts'
import { anyOf, constant } from '../ops/term.ts'
import type { Value } from '../scope.ts'
import { broadcastsInto, fill } from './shape-facts.ts'
import { rule, type Rule } from './rule.ts'

/** Identity(x) = x */
export const identity: Rule = rule('identity', ['x'], {
  match: ({ x }) => op.Identity(x),
  build: ({ x }) => x,
})

/** x + 0 = x − 0 = x */
export const addZero: Rule = rule('add-zero', ['x', 'zero'], {
  match: ({ x, zero }) => anyOf(op.Add(x, constant(zero)), op.Sub(x, constant(zero))),
  check: ({ x, zero }) => neutral(zero, 0, x),
  build: ({ x }) => x,
})

/** x · 1 = x ÷ 1 = x¹ = x */
export const timesOne: Rule = rule('times-one', ['x', 'one'], {
  match: ({ x, one }) => anyOf(op.Mul(x, constant(one)), op.Div(x, constant(one)), op.Pow(x, constant(one))),
  check: ({ x, one }) => neutral(one, 1, x),
  build: ({ x }) => x,
})

/** Sum(x) = Mean(x) = Max(x) = Min(x) = Concat(x) = x */
export const onlyOne: Rule = rule('only-one', ['x'], {
  match: ({ x }) => anyOf(op.Sum(x), op.Mean(x), op.Max(x), op.Min(x), op.Concat(x)),
  build: ({ x }) => x,
})

function neutral(constant: Value, element: number, x: Value): true | Refusal {
  if (fill(constant) !== element) return refuse(`is not ${element} throughout`, constant)
  return broadcastsInto(constant, x) || refuse(`may change the shape of ${x.name}`, constant)
}
