// A matrix product with bias, as one operator or as two. Quantizers and fusions look for either form.
import { refuse } from '../error.ts'
import { floatOf, intOf } from '../ops/attributes.ts'
import { op } from '../ops/onnx-operators.generated.ts'
import { rule, type Rule } from './rule.ts'
import { isFloat, rank, shapeBroadcastsInto } from './shape-facts.ts'

/** A·B + C = Gemm(A, B, C) for matrices of floats, where C [N], [1,N], [M,1], [M,N] or a scalar does not change the shape. */
export const matMulAddToGemm: Rule = rule('matmul-add-to-gemm', ['a', 'b', 'c'], {
  match: ({ a, b, c }) => op.Add(op.MatMul(a, b), c),
  check: ({ a, b, c }) => {
    if (rank(a) !== 2 || rank(b) !== 2)
      return refuse('is not a matrix, or of unknown rank', rank(a) === 2 ? b : a)
    if (!isFloat(a)) return refuse('is not of floats, or of unknown type', a)
    const product = [a.shape?.[0] ?? null, b.shape?.[1] ?? null] // [M, N]
    return shapeBroadcastsInto(c.shape, product) || refuse('may change the shape of the product', c)
  },
  build: ({ a, b, c }) => op.Gemm(a, b, c),
})

/** Gemm(A, B, C) = α·A'·B' + β·C, with A' = Aᵀ under transA and B' = Bᵀ under transB. */
export const gemmToMatMul: Rule = rule('gemm-to-matmul', ['a', 'b', 'c?', 'y'], {
  match: ({ a, b, c, y }) => op.Gemm(a, b, c).as(y),
  check: ({ a }) => isFloat(a) || refuse('is not of floats, or of unknown type', a),
  build: ({ a, b, c, y }) => {
    const [alpha, beta] = [floatOf(y, 'alpha', 1), floatOf(y, 'beta', 1)]
    const left = intOf(y, 'transA', 0) === 0 ? a : op.Transpose(a, { perm: [1, 0] })
    const right = intOf(y, 'transB', 0) === 0 ? b : op.Transpose(b, { perm: [1, 0] })
    const product = op.MatMul(left, right)
    const scaled = alpha === 1 ? product : op.Mul(product, alpha)
    if (!c || beta === 0) return scaled
    return op.Add(scaled, beta === 1 ? c : op.Mul(c, beta))
  },
})
