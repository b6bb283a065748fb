// Least squares over inner products: the weights of some vectors whose sum lies nearest to another.
import { solveLinear } from '@damson/numerics'
import type { Combination, InnerProducts } from './inner-products.ts'

/** Against vectors that are all but multiples of each other: a share of each vector's own length is added. */
const ridge = 1e-9

/** The w that make ‖target − Σ wₖ·vₖ‖ least: (VᵀV + ridge·diag) w = Vᵀ target. */
export function leastSquares(
  products: InnerProducts,
  target: Combination,
  vectors: readonly Combination[],
): readonly number[] {
  // A vector of no length adds nothing, and no equation determines its weight.
  const known = vectors.filter(vector => products.product(vector, vector) > 0)
  const matrix = known.map((a, i) => known.map((b, j) => products.product(a, b) * (i === j ? 1 + ridge : 1)))
  const found = solveLinear(matrix, known.map(vector => products.product(vector, target))) // prettier-ignore
  return vectors.map(vector => found?.[known.indexOf(vector)] ?? 0)
}
