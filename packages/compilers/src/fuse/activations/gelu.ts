// Gaussian error linear units, exact and by tanh.
//   gelu(x) = x/2·(1 + erf(x/√2))
//   gelu(x) ≈ x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
// ONNX has them from opset 20 on; ONNX Runtime's own operators serve older models.
import { anyOf, ms, op, rule, type Choice, type Rule, type Term, type Variable } from '@damson/graph'
import { isServed } from './served.ts'

/** x/2·(1 + erf(x/√2)) in any order of its factors ⇒ Gelu. */
export const gelu: Rule = rule('gelu', ['x'], {
  match: ({ x }) => {
    const scaled = anyOf(op.Div(x, Math.SQRT2), op.Mul(x, Math.SQRT1_2))
    return halfTimes(x, op.Add(op.Erf(scaled), 1))
  },
  check: ({ x }) => isServed(x),
  build: ({ x }, place) => (place.opset() >= 20 ? op.Gelu(x) : ms.Gelu(x)),
})

/** x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))) in any order of its factors ⇒ FastGelu, or Gelu by tanh. */
export const tanhGelu: Rule = rule('tanh-gelu', ['x'], {
  match: ({ x }) => halfTimes(x, op.Add(op.Tanh(cubic(x)), 1)),
  check: ({ x }) => isServed(x),
  build: ({ x }, place) => (place.opset() >= 20 ? op.Gelu(x, { approximate: 'tanh' }) : ms.FastGelu(x)),
})

/** √(2/π)·(x + 0.044715·x³), or √(2/π)·x·(1 + 0.044715·x²). */
function cubic(x: Variable): Choice {
  const factor = Math.sqrt(2 / Math.PI)
  const square = anyOf(op.Mul(x, x), op.Pow(x, 2))
  const cube = anyOf(op.Pow(x, 3), op.Mul(square, x))
  const sum = op.Add(
    x,
    anyOf(
      op.Mul(cube, 0.044715),
      op.Mul(square, op.Mul(x, 0.044715)),
      op.Mul(x, op.Mul(x, op.Mul(x, 0.044715))),
    ),
  )
  const one = op.Add(op.Mul(square, 0.044715), 1)
  return anyOf(
    op.Mul(sum, factor),
    op.Mul(x, op.Mul(one, factor)),
    op.Mul(one, op.Mul(x, factor)),
    op.Mul(op.Mul(x, one), factor),
  )
}

/** x/2·t as exporters order it. */
function halfTimes(x: Variable, t: Term): Choice {
  const half = anyOf(op.Mul(x, 0.5), op.Div(x, 2))
  const halved = anyOf(op.Mul(t, 0.5), op.Div(t, 2))
  const product = op.Mul(x, t)
  return anyOf(op.Mul(product, 0.5), op.Div(product, 2), op.Mul(half, t), op.Mul(x, halved))
}
