// Second-order rounding as a way to learn codes: what `gptq` does, and `autoBits` with the widths that it chose.
import { inverseFactor } from './inverse-factor.ts'
import type { Learning } from './learnt-codes.ts'
import { roundRows, visitingOrder } from './second-order.ts'

interface CompensationOptions {
  /** Visit the columns of the largest inputs first. */
  readonly actOrder: boolean
  /** Share of the mean of the diagonal that is added to XᵀX. */
  readonly damp: number
}

/** How rows are coded column by column, for any fit that goes through weights with XᵀX. */
export function secondOrder({ actOrder, damp }: CompensationOptions): Learning['code'] {
  return (H, { K }) => {
    const order = visitingOrder(
      Float64Array.from({ length: K }, (_, k) => H[k * K + k] ?? 0),
      actOrder,
    )
    const factor = inverseFactor(H, K, { damp, order })
    const importance = dampedDiagonal(H, K, damp)
    return {
      coderOf:
        ({ spec }) =>
        rows =>
          roundRows(rows, K, spec, { factor, order, importance }),
    }
  }
}

function dampedDiagonal(H: Float64Array, K: number, damp: number): Float64Array {
  const diagonal = Float64Array.from({ length: K }, (_, k) => H[k * K + k] ?? 0)
  const mean = diagonal.reduce((a, b) => a + b, 0) / K
  return diagonal.map(h => h + damp * mean)
}
