// Matrix products: a bias becomes part of a Gemm, and a Gemm reads its matrices transposed by itself.
import {
  intOf, intsOf, isFloat, matMulAddToGemm, op, rank, refuse, rule, broadcastsInto,
  type Refusal, type Rule, type Value,
} from '@damson/graph' // prettier-ignore

/** Gemm(A, B) + C = Gemm(A, B, C) where C does not change the shape. */
const gemmAdd: Rule = rule('gemm-add', ['a', 'b', 'c', 'product', 'y'], {
  match: ({ a, b, c, product, y }) => op.Add(op.Gemm(a, b).as(product), c).as(y),
  check: ({ c, product }) => {
    if (!isFloat(product)) return refuse('is not of floats, or of unknown type', product)
    return broadcastsInto(c, product) || refuse('may change the shape of the product', c)
  },
  build: ({ a, b, c, product }) =>
    op.Gemm(a, b, c, new Map(product.producer?.attributes ?? []).set('beta', { type: 'float', value: 1 })),
})

/** Gemm(Aᵀ, B, C) reads A with transA turned. */
const transposeIntoA: Rule = rule('transpose-into-gemm-a', ['a', 'b', 'c?', 'turned', 'y'], {
  match: ({ a, b, c, turned, y }) => op.Gemm(op.Transpose(a).as(turned).shared(), b, c).as(y),
  check: ({ turned, a }) => swapsTwo(turned, a),
  build: ({ a, b, c, y }) => op.Gemm(a, b, c, flipped(y, 'transA')),
})

/** Gemm(A, Bᵀ, C) reads B with transB turned. */
const transposeIntoB: Rule = rule('transpose-into-gemm-b', ['a', 'b', 'c?', 'turned', 'y'], {
  match: ({ a, b, c, turned, y }) => op.Gemm(a, op.Transpose(b).as(turned).shared(), c).as(y),
  check: ({ turned, b }) => swapsTwo(turned, b),
  build: ({ a, b, c, y }) => op.Gemm(a, b, c, flipped(y, 'transB')),
})

/** Products with what is added to them and how they read their matrices. */
export const productRules: readonly Rule[] = [matMulAddToGemm, gemmAdd, transposeIntoA, transposeIntoB]

function swapsTwo(turned: Value, source: Value): true | Refusal {
  const perm = intsOf(turned, 'perm', undefined)
  const swaps = perm ? perm.length === 2 && perm[0] === 1 : rank(source) === 2
  return swaps || refuse('does not exchange two axes', turned)
}

function flipped(gemm: Value, name: 'transA' | 'transB'): NonNullable<Value['producer']>['attributes'] {
  const value = intOf(gemm, name, 0) === 0 ? 1n : 0n
  return new Map(gemm.producer?.attributes ?? []).set(name, { type: 'int', value })
}
