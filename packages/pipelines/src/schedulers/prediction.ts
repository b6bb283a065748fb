// What a denoiser predicts, turned into the finished sample x₀ or the noise ε that the solvers work with.
import { choiceOption } from './scheduler-options.ts'
import type { SchedulerConfig } from './scheduler.ts'
import { weightedSum } from './weighted-sum.ts'

export type Prediction = 'epsilon' | 'v_prediction' | 'sample' | 'flow_prediction'

/** The option `prediction_type`, among those that a scheduler knows. */
export function predictionOf<T extends Prediction>(
  config: SchedulerConfig,
  known: readonly T[],
): T | 'epsilon' {
  return choiceOption<T | 'epsilon'>(config, 'prediction_type', known, 'epsilon')
}

/** Where a sample x = alpha·x₀ + sigma·ε stands. */
export interface Level {
  readonly alpha: number
  readonly sigma: number
}

/** x₀ from x and the output. */
export function denoisedOf(
  prediction: Prediction,
  { alpha, sigma }: Level,
  x: Float32Array,
  output: Float32Array,
): Float32Array {
  switch (prediction) {
    case 'epsilon':
      return weightedSum([1 / alpha, x], [-sigma / alpha, output])
    case 'v_prediction':
      return weightedSum([alpha, x], [-sigma, output])
    case 'flow_prediction':
      return weightedSum([1, x], [-sigma, output])
    case 'sample':
      return output
  }
}

/** ε from x and the output. */
export function noiseOf(
  prediction: Prediction,
  { alpha, sigma }: Level,
  x: Float32Array,
  output: Float32Array,
): Float32Array {
  switch (prediction) {
    case 'epsilon':
      return output
    case 'v_prediction':
      return weightedSum([alpha, output], [sigma, x])
    case 'flow_prediction':
      return weightedSum([1, x], [1 - sigma, output])
    case 'sample':
      return weightedSum([1 / sigma, x], [-alpha / sigma, output])
  }
}

/** x₀ where samples are x₀ + sigma·ε (Euler, Heun) and the denoiser is fed x/√(sigma² + 1). */
export function denoisedOfScaled(
  prediction: Prediction,
  sigma: number,
  x: Float32Array,
  output: Float32Array,
): Float32Array {
  const variance = sigma * sigma + 1
  return prediction === 'v_prediction'
    ? weightedSum([-sigma / Math.sqrt(variance), output], [1 / variance, x])
    : denoisedOf(prediction, { alpha: 1, sigma }, x, output)
}
