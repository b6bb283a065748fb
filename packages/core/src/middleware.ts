// Acting around runs. A middleware is opened once per generation, so its state is a closure and there is nothing to reset.
import type { Branch } from './algorithm.ts'
import type { Feeds, Outputs } from './runtime.ts'

/** What is known of one call of a part inside a generation. Heun calls twice a step; decoders know no number of steps. @experimental */
export interface Call {
  readonly index: number
  readonly step: number
  readonly branch: Branch
  /** Rows of the batch. */
  readonly rows: number
}

export type Run = (feeds: Feeds, call: Call) => Promise<Outputs>

/** What a generation tells a middleware when it opens. @experimental */
export interface Generation {
  readonly steps?: number
  readonly guidance?: number
  readonly batch?: number
  readonly seed?: number
  /** Overrides of `live` params, by step id. */
  readonly controls?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly signal?: AbortSignal
  /** Runs any part of the model, through its own middleware. */
  run(part: string, feeds: Feeds): Promise<Outputs>
}

/** @experimental */
export interface Middleware {
  (generation: Generation): {
    readonly part: string
    readonly around: (next: Run) => Run
  }
}
