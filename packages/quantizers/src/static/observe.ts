// What calibration looks at: each value that may carry a pair, in one pass over the samples (two with histograms), inside ONNX
// Runtime. Memory does not grow with the samples. Numbers that are not finite are left out.
import type { StatisticRequest, StatisticResult } from '@damson/core'
import type { Calibration, Observed } from './activation-range.ts'

/** Bins of a histogram. ONNX Runtime's percentile calibrator has 2,048 over magnitudes. */
const binsOf = (rule: Calibration): number => (rule === 'percentile' ? 4096 : 2048)
/** Elements of a run from which a distribution is known well enough to weigh errors by. */
const enough = 8192

/** The statistics that a rule needs of some values. */
export function observations(values: Iterable<string>, rule: Calibration): readonly StatisticRequest[] {
  const isRange = rule === 'minmax' || rule === 'moving-average'
  const sampled = rule === 'mse' ? { most: enough } : {}
  return [...values].map(value =>
    isRange
      ? { value, kind: 'minmax' }
      : { value, kind: 'histogram', bins: binsOf(rule), symmetric: true, ...sampled },
  )
}

/** What was seen of a value; undefined when no finite number was. */
export function observedOf(result: StatisticResult | undefined): Observed | undefined {
  const [min] = result?.min ?? []
  const [max] = result?.max ?? []
  if (!result || min === undefined || max === undefined || !Number.isFinite(min) || !Number.isFinite(max)) return undefined
  const runs = result.runs ?? 1
  const { histogram } = result
  return {
    min,
    max,
    meanMin: (result.sumOfMins?.[0] ?? min) / runs,
    meanMax: (result.sumOfMaxs?.[0] ?? max) / runs,
    ...(histogram ? { histogram: { counts: histogram.counts, limit: histogram.to } } : {}),
  }
} // prettier-ignore
