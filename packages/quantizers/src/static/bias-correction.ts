// What coded weights add to the mean of a product's output, taken out of its bias. Nagel et al. 2019, section 4.2:
//   E[Ŵx] − E[Wx] = (Ŵ − W)·E[x],   b' = b − (Ŵ − W)·E[x]
// E[x] is the mean of each input channel over the samples; for a filter (Ŵ − W) is summed over its kernel.
import { channelOf, type Laid } from './weight-scales.ts'

export interface Correction {
  /** As it was multiplied, and as its codes say. */
  readonly weight: Float32Array
  readonly scales: Float32Array
  readonly laid: Laid
  /** [input channels] means of the input. */
  readonly means: Float64Array
  readonly groups: number
}

/** [output channels]: what has to be added to the bias. */
export function biasCorrection({ weight, scales, laid, means, groups }: Correction): Float64Array {
  const { shape, axis } = laid
  const places = axis === 0 ? shape.slice(2).reduce((a, b) => a * b, 1) : 1
  const outputs = scales.length
  return Float64Array.from({ length: outputs }, (_, output) => {
    const values = channelOf(weight, laid, output)
    const perGroup = values.length / places
    const first = Math.floor((output * groups) / outputs) * perGroup
    const scale = scales[output] ?? 1
    return values.reduce((sum, value, at) => {
      const code = Math.min(127, Math.max(-128, Math.round(value / scale)))
      return sum - (code * scale - value) * (means[first + Math.floor(at / places)] ?? 0)
    }, 0)
  })
}
