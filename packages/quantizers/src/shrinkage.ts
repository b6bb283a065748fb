// How far XᵀX can be believed. Of few rows its small eigenvalues come out too small and its large ones too large, and codes that
// make up for one another by it make up for what was chance. What is added to the diagonal is what brings it closest to the true
// one in expectation (oracle approximating shrinkage: Chen, Wiesel, Eldar and Hero 2010, https://arxiv.org/abs/0907.4698, eq. 23):
//   S ← (1 − ρ) S + ρ (tr S / p) I,   ρ = ((1 − 2/p) tr S² + tr² S) / ((n + 1 − 2/p) (tr S² − tr² S / p))

/** ρ, from 0 to 1, for a matrix of second moments [K, K] summed over so many rows; its scale does not matter. */
export function shrinkage(H: Float64Array, K: number, rows: number): number {
  let [trace, squares] = [0, 0]
  for (let k = 0; k < K; k++) trace += H[k * K + k] ?? 0
  for (const each of H) squares += each * each
  const spread = squares - (trace * trace) / K
  if (spread <= 0) return 1
  return Math.min(1, ((1 - 2 / K) * squares + trace * trace) / ((rows + 1 - 2 / K) * spread))
}

/** The paper's damping of GPTQ. */
const leastDamp = 0.01
/** Beyond it hardly anything is left to make up with. */
const mostDamp = 100

/** What is to be added to the diagonal, as a share of its mean: the paper's damping, or what few rows ask for. */
export function dampOf(H: Float64Array, K: number, rows: number): number {
  const share = shrinkage(H, K, rows)
  return Math.min(mostDamp, Math.max(leastDamp, share / (1 - share)))
}

/** H with `damp` of its mean diagonal added: a copy, since the codes of several widths may be asked of one H. */
export function withDamp(H: Float64Array, K: number, damp: number): Float64Array {
  const damped = H.slice()
  let trace = 0
  for (let k = 0; k < K; k++) trace += H[k * K + k] ?? 0
  const added = (damp * trace) / K || 1
  for (let k = 0; k < K; k++) damped[k * K + k] = (damped[k * K + k] ?? 0) + added
  return damped
}
