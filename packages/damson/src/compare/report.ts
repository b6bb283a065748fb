// What a comparison of two models says, as plain data. Sizes are exact; quality and speed are what was measured, on what.

import type { PicturesReport } from './pictures.ts'

export interface OutputQuality {
  readonly output: string
  /** Decibels over all samples; null when nothing differs (JSON knows no infinity). */
  readonly sqnr: number | null
  readonly cosine: number
  /** Positions left out because the original is not finite there. */
  readonly excluded: number
  /** Positions that became NaN or infinite. */
  readonly broken: number
}

export interface Latency {
  /** Median milliseconds of a run. */
  readonly before: number
  readonly after: number
  /** Median of new/old over interleaved pairs, with the 95 % interval of that median. */
  readonly ratio: number
  readonly interval: readonly [number, number]
  readonly pairs: number
}

export interface PartReport {
  readonly part: string
  /** Bytes of the part's files. */
  readonly bytes: readonly [number, number]
  readonly parameters: readonly [number, number]
  readonly outputs: readonly OutputQuality[]
  readonly latency?: Latency
}

/** Loading in a process of its own: milliseconds to load and run every part once, peak resident bytes. */
export interface LoadCost {
  readonly ms: number
  readonly peakBytes: number
}

export interface SamplesReport {
  /** Of the part that had most. */
  readonly count: number
  /** Made up from the graphs' inputs, or given by the user. */
  readonly kind: 'generated' | 'given'
  /** Parts for which some had to be made up although others were given. */
  readonly generatedFor?: readonly string[]
  /** How many other samples of a part steps were fitted on; none of those that were compared. */
  readonly fitted?: number
}

export interface CompareReport {
  readonly parts: readonly PartReport[]
  readonly load?: readonly [LoadCost, LoadCost]
  readonly samples: SamplesReport
  /** Of whole pipelines, where prompts were given. */
  readonly pictures?: PicturesReport
  readonly machine: { readonly cores: number; readonly arch: string; readonly ort: string }
}

/** Positions that became NaN or infinite, in all outputs. */
export function brokenOutputs({ parts }: CompareReport): readonly string[] {
  return parts.flatMap(({ part, outputs }) =>
    outputs.filter(({ broken }) => broken > 0).map(({ output }) => `${part}.${output}`),
  )
}
