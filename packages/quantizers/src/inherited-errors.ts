// A weight that reads coded inputs X̂ in place of X can make up for some of what they lost: the rows w' whose outputs come
// closest to the exact ones (GPTAQ, Li et al. 2025, arXiv 2504.02692, finds the same column by column):
//   least ‖X w − X̂ w'‖² + λ‖w − w'‖²:   w' = w + (X̂ᵀX̂ + λI)⁻¹ X̂ᵀ(X − X̂) w
import { subtractProduct } from './subtract-product.ts'

/** What the correction goes by: U [K, K] in the order of visits with (X̂ᵀX̂ + λI)⁻¹ = UᵀU, and X̂ᵀ(X − X̂) [K, K]. */
interface Inheritance {
  readonly factor: Float64Array
  readonly order: Int32Array
  readonly drift: Float64Array
  /** How much of the correction is made: 1 is all. */
  readonly share: number
}

/** Rows [rows, K] that make up for what their inputs lost. */
export function makingUp(
  K: number,
  { factor, order, drift, share }: Inheritance,
): (W: Float64Array) => Float64Array {
  // With Ŵ − W = W·Dᵀ·UᵀU, rows as they stand in memory: both matrices are turned once for all slices of rows.
  const [turnedDrift, turnedFactor] = [new Float64Array(K * K), new Float64Array(K * K)]
  for (let at = 0; at < K; at++) {
    const row = (order[at] ?? 0) * K
    for (let j = 0; j < K; j++) {
      turnedDrift[j * K + at] = drift[row + j] ?? 0
      turnedFactor[j * K + at] = factor[at * K + j] ?? 0
    }
  }
  return W => {
    const back = minusProduct(minusProduct(minusProduct(W, turnedDrift, K), turnedFactor, K), factor, K)
    const made = W.slice()
    for (let from = 0; from < W.length; from += K)
      for (let at = 0; at < K; at++) {
        const k = from + (order[at] ?? 0)
        made[k] = (made[k] ?? 0) - share * (back[from + at] ?? 0)
      }
    return made
  }
}

/** −A·B for A [rows, K] and B [K, K]. */
function minusProduct(A: Float64Array, B: Float64Array, K: number): Float64Array {
  const C = new Float64Array(A.length)
  const part = (data: Float64Array) => ({ data, from: 0, stride: K })
  subtractProduct(part(C), part(A), part(B), { rows: A.length / K, depth: K, columns: K })
  return C
}
