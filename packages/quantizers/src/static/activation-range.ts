// From what was observed of a value to the range that its codes span. All but `mse` are ONNX Runtime's rules, number by number.
import type { Curve } from './curves.ts'
import { binEdge, entropyRange } from './entropy-range.ts'
import { leastErrorRange } from './least-error-range.ts'

export type Calibration = 'minmax' | 'moving-average' | 'percentile' | 'entropy' | 'mse'

/** What was seen of a value over all samples. */
export interface Observed {
  readonly min: number
  readonly max: number
  /** Means over samples of the least and the greatest number of each. */
  readonly meanMin: number
  readonly meanMax: number
  /** Counts over [−limit, limit] in equal bins. */
  readonly histogram?: { readonly counts: Float64Array; readonly limit: number }
}

export interface Range {
  readonly min: number
  readonly max: number
}

/** ONNX Runtime's default percentile, in percent. */
const percentile = 99.999

/** The range that a rule makes of it. `levels`: how many codes there are. `curve`: what the value goes through next. */
export function activationRange(
  observed: Observed,
  rule: Calibration,
  levels: number,
  curve: Curve | undefined,
): Range {
  const { min, max, meanMin, meanMax, histogram } = observed
  if (rule === 'moving-average') return { min: meanMin, max: meanMax }
  if (rule === 'minmax' || !histogram || histogram.limit === 0) return { min, max }
  if (rule === 'percentile') return within(percentileRange(histogram), observed)
  if (rule === 'entropy') return within(entropyRange(histogram), observed)
  return leastErrorRange(histogram, { min, max }, levels, curve)
}

function within(range: Range, { min, max }: Range): Range {
  return { min: Math.max(range.min, min), max: Math.min(range.max, max) }
}

/** Of magnitudes: ± the lower edge of the bin in which the share is reached. */
function percentileRange({ counts, limit }: { readonly counts: Float64Array; readonly limit: number }): Range {
  const half = counts.length / 2
  const magnitudes = Array.from({ length: half }, (_, at) => (counts[half + at] ?? 0) + (counts[half - 1 - at] ?? 0))
  const total = magnitudes.reduce((sum, count) => sum + count, 0)
  let sum = 0
  const at = magnitudes.findIndex(count => (sum += count / total) >= percentile / 100)
  const edge = binEdge(half + (at < 0 ? half : at), counts.length, limit)
  return { min: -edge, max: edge }
} // prettier-ignore
