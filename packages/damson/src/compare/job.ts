// What the parent asks of the process that measures, and what comes back: plain data through files.
import type { Feeds } from '@damson/core'
import type { DrawnPair, PicturesAsked } from './pictures.ts'
import type { Latency, LoadCost, OutputQuality } from './report.ts'

/** A model as the other process finds it. */
export interface ModelPlace {
  readonly path: string
  readonly variant?: string
  /** Modules that export the algorithms whose steps act at run time. */
  readonly modules: readonly string[]
}

export interface PartFeeds {
  readonly part: string
  /** What the part is called in the changed model: files of other names hold parts of other names. */
  readonly other: string
  readonly samples: readonly Feeds[]
}

/** A part as it was written, before anybody else can see it. */
export interface WrittenFile {
  readonly part: string
  readonly path: string
  readonly feeds: Feeds
}

export type Job =
  | {
      readonly kind: 'pictures'
      readonly before: ModelPlace
      readonly after: ModelPlace
      readonly asked: PicturesAsked
    }
  | { readonly kind: 'check'; readonly written: readonly WrittenFile[] }
  | { readonly kind: 'load'; readonly model: ModelPlace; readonly feeds: readonly Omit<PartFeeds, 'other'>[] }
  | {
      readonly kind: 'compare'
      readonly before: ModelPlace
      readonly after: ModelPlace
      readonly feeds: readonly PartFeeds[]
      /** Pairs of runs for the latency of a part; 0 for none. */
      readonly pairs: number
      readonly budgetMs: number
    }

export interface ComparedPart {
  readonly part: string
  readonly outputs: readonly OutputQuality[]
  readonly latency?: Latency
}

export type JobResult =
  | { readonly checked: number }
  | { readonly load: LoadCost }
  | { readonly drawn: readonly DrawnPair[] }
  | { readonly parts: readonly ComparedPart[]; readonly ort: string }
