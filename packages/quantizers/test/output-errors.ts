// Small dense matrices for tests of what goes by XᵀX: inputs that go together, an inverse, the error of the output.
import { seededNormal } from '@damson/testing'
import type { CodedRows, GridSpec } from '../src/block-grid.ts'

/** XᵀX [K, K] of inputs that go together: neighbours share most of what they are, and columns differ in size. */
export function hessian(K: number, samples: number, seed: number): Float64Array {
  const noise = seededNormal(seed, samples * (K + 4))
  const H = new Float64Array(K * K)
  for (let t = 0; t < samples; t++) {
    const at = t * (K + 4)
    const x = Float64Array.from({ length: K }, (_, k) => {
      const mixed = (noise[at + k] ?? 0) + 1.5 * (noise[at + k + 1] ?? 0) + (noise[at + k + 4] ?? 0)
      return mixed * (1 + (k % 7))
    })
    for (let i = 0; i < K; i++)
      for (let j = 0; j < K; j++) H[i * K + j] = (H[i * K + j] ?? 0) + (x[i] ?? 0) * (x[j] ?? 0)
  }
  return H
}

/** Its diagonal [K]. */
export const diagonal = (H: Float64Array, K: number): Float64Array =>
  Float64Array.from({ length: K }, (_, k) => H[k * K + k] ?? 0)

/** With `damp` of the mean diagonal added. */
export function damped(H: Float64Array, K: number, damp: number): Float64Array {
  const mean = diagonal(H, K).reduce((a, b) => a + b, 0) / K
  return H.map((h, at) => h + (at % (K + 1) === 0 ? damp * mean : 0))
}

/** A⁻¹ by Gauss and Jordan. */
export function inverse(A: Float64Array, K: number): Float64Array {
  const [left, right] = [A.slice(), new Float64Array(K * K)]
  for (let k = 0; k < K; k++) right[k * K + k] = 1
  for (let k = 0; k < K; k++) {
    const pivot = left[k * K + k] ?? 1
    for (const M of [left, right]) for (let j = 0; j < K; j++) M[k * K + j] = (M[k * K + j] ?? 0) / pivot
    for (let i = 0; i < K; i++) {
      const factor = i === k ? 0 : (left[i * K + k] ?? 0)
      for (const M of [left, right])
        for (let j = 0; j < K; j++) M[i * K + j] = (M[i * K + j] ?? 0) - factor * (M[k * K + j] ?? 0)
    }
  }
  return right
}

/** Values that the codes mean [rows, K]. */
export function valuesOf({ codes, scales, zeroPoints }: CodedRows, K: number, spec: GridSpec): Float64Array {
  const kBlocks = Math.ceil(K / spec.blockSize)
  return Float64Array.from(codes, (code, at) => {
    const block = Math.floor(at / K) * kBlocks + Math.floor((at % K) / spec.blockSize)
    return (scales[block] ?? 0) * (code - (zeroPoints[block] ?? 0))
  })
}

/** Σ over rows of dᵀHd. */
export function outputError(W: Float64Array, coded: Float64Array, H: Float64Array, K: number): number {
  let total = 0
  for (let row = 0; row < W.length; row += K)
    for (let i = 0; i < K; i++)
      for (let j = 0; j < K; j++)
        total +=
          ((W[row + i] ?? 0) - (coded[row + i] ?? 0)) *
          (H[i * K + j] ?? 0) *
          ((W[row + j] ?? 0) - (coded[row + j] ?? 0))
  return total
}
