// Every solver ends in a sum of arrays with scalar weights: computed in double precision, rounded once.

/** Σ weight · array, element by element. All arrays have the same length. */
export function weightedSum(...terms: readonly (readonly [number, Float32Array])[]): Float32Array {
  const sum = new Float64Array(terms[0]?.[1].length ?? 0)
  for (const [weight, array] of terms) {
    if (weight === 0) continue
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + weight * (array[i] ?? 0)
  }
  return Float32Array.from(sum)
}

/** Each element within ±range. */
export function clipped(array: Float32Array, range: number): Float32Array {
  return array.map(value => Math.max(-range, Math.min(range, value)))
}
