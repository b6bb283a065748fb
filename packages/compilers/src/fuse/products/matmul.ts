// Matrix products that scale and turn their operands themselves.
//   FusedMatMul(A, B) = α·A'·B',   A' = A or A with its last axes exchanged
// ONNX Runtime makes them itself when it opens a model for its CPU, so they bring nothing there; of use they are to a
// runtime that opens models without that step. Weights are left alone: quantizers know no FusedMatMul.
import {
  floatOf, intOf, intsOf, isFloat, ms, op, rank, refuse, rule, constantNumbers, anyOf,
  type Refusal, type Rule, type Value,
} from '@damson/graph' // prettier-ignore

/** MatMul(A, B)·α of two activations ⇒ FusedMatMul. */
export const scaledMatMul: Rule = rule('scaled-matmul', ['a', 'b', 'alpha', 'product'], {
  match: ({ a, b, alpha, product }) =>
    op.Mul(anyOf(op.MatMul(a, b).as(product), ms.FusedMatMul(a, b).as(product)), alpha),
  check: ({ a, b, alpha, product }) => {
    if (constantNumbers(alpha)?.length !== 1) return refuse('is not one constant number', alpha)
    if ((rank(alpha) ?? 0) > (rank(product) ?? 0)) return refuse('raises the rank', alpha)
    return areActivations(a, b)
  },
  build: ({ a, b, alpha, product }) =>
    ms.FusedMatMul(a, b, {
      alpha: floatOf(product, 'alpha', 1) * (constantNumbers(alpha)?.[0] ?? 1),
      transA: intOf(product, 'transA', 0),
      transB: intOf(product, 'transB', 0),
    }),
})

/** MatMul(A, Transpose(B)) with the last axes exchanged ⇒ FusedMatMul(A, B, transB). */
export const turnedMatMul: Rule = rule('turned-matmul', ['a', 'b', 'turned'], {
  match: ({ a, b, turned }) => op.MatMul(a, op.Transpose(b).as(turned)),
  check: ({ a, b, turned }) => {
    const perm = intsOf(turned, 'perm', undefined)
    const count = rank(b)
    const exchanged = perm?.every(
      (axis, at) => axis === (at < perm.length - 2 ? at : 2 * perm.length - 3 - at),
    )
    if (exchanged !== true || perm?.length !== count)
      return refuse('does not exchange the last axes alone', turned)
    return areActivations(a, b)
  },
  build: ({ a, b }) => ms.FusedMatMul(a, b, { transB: 1 }),
})

function areActivations(a: Value, b: Value): true | Refusal {
  const weight = [a, b].find(each => each.tensor)
  if (weight) return refuse('is a weight, which has no quantized form there', weight)
  return isFloat(a) || refuse('is not of floats', a)
}
