// Sums of tensors outside the graph, for what is made of whole outputs of a denoiser: no session runs for them.
import type { Outputs, TensorData } from '@damson/core'
import { halfOf, numberOfHalf } from '@damson/runtime'

/** Σ wₖ·tensorₖ, summed in double precision; of what is no float tensor the first is handed on. */
export function combinedTensors(
  weights: readonly number[],
  tensors: readonly TensorData[],
): TensorData | undefined {
  const [first] = tensors
  const terms = tensors.map(numbersOf)
  if (!first || terms.some(term => term === undefined || term.length !== terms[0]?.length)) return first
  const sum = new Float64Array(terms[0]?.length ?? 0)
  terms.forEach((term, k) => {
    const weight = weights[k] ?? 0
    if (weight !== 0 && term)
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + weight * (term[i] ?? 0)
  })
  return tensorLike(first, sum)
}

/** Σ wₖ·resultₖ, output by output, with `more` tensors as last terms of each; undefined where there are no results. */
export function combinedOutputs(
  weights: readonly number[],
  results: readonly Outputs[],
  more: readonly TensorData[] = [],
): Outputs | undefined {
  const [first] = results
  if (!first) return undefined
  return Object.fromEntries(
    Object.entries(first).map(([name, tensor]) => {
      const terms = [...results.flatMap(outputs => outputs[name] ?? []), ...more]
      return [name, combinedTensors(weights, terms) ?? tensor]
    }),
  )
}

/** The numbers of a float tensor; undefined for other types. */
export function numbersOf({ dtype, data }: TensorData): Float32Array | Float64Array | undefined {
  if (dtype === 'float32' && data instanceof Float32Array) return data
  if (dtype === 'float64' && data instanceof Float64Array) return data
  if (dtype === 'float16' && data instanceof Uint16Array) return Float32Array.from(data, numberOfHalf)
  return undefined
}

/** Numbers in the type and shape of a float tensor. */
export function tensorLike({ dtype, shape }: TensorData, numbers: Float64Array): TensorData {
  if (dtype === 'float16') return { dtype, shape, data: Uint16Array.from(numbers, halfOf) }
  if (dtype === 'float64') return { dtype, shape, data: numbers }
  return { dtype: 'float32', shape, data: Float32Array.from(numbers) }
}
