// Least squares over inner products: the weights of some vectors whose sum lies nearest to another.
import type { Combination, InnerProducts } from './inner-products.ts'

/** Against vectors that are all but multiples of each other: a share of each vector's own length is added. */
const ridge = 1e-9

/** The w that make ‖target − Σ wₖ·vₖ‖ least: (VᵀV + ridge·diag) w = Vᵀ target. */
export function leastSquares(
  products: InnerProducts,
  target: Combination,
  vectors: readonly Combination[],
): readonly number[] {
  const matrix = vectors.map((a, i) =>
    vectors.map((b, j) => products.product(a, b) * (i === j ? 1 + ridge : 1)),
  )
  return solve(matrix, vectors.map(vector => products.product(vector, target))) // prettier-ignore
}

/** Gaussian elimination with row exchange; an unknown that nothing determines is 0. */
function solve(matrix: number[][], right: number[]): readonly number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0])
  const size = rows.length
  for (let at = 0; at < size; at++) {
    const below = rows.slice(at).map((row, i) => ({ i: at + i, size: Math.abs(row[at] ?? 0) }))
    const best = below.reduce((a, b) => (b.size > a.size ? b : a))
    const pivot = rows[best.i] ?? []
    rows[best.i] = rows[at] ?? []
    rows[at] = pivot
    if (best.size === 0) continue
    for (const row of rows.slice(at + 1)) {
      const factor = (row[at] ?? 0) / (pivot[at] ?? 1)
      pivot.forEach((value, column) => (row[column] = (row[column] ?? 0) - factor * value))
    }
  }
  const found = Array.from({ length: size }, () => 0)
  for (let at = size - 1; at >= 0; at--) {
    const row = rows[at] ?? []
    const rest = found.reduce((sum, value, column) => (column > at ? sum + value * (row[column] ?? 0) : sum), 0) // prettier-ignore
    found[at] = row[at] ? ((row[size] ?? 0) - rest) / (row[at] ?? 1) : 0
  }
  return found
}
