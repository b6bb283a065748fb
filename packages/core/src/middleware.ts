// Acting around runs. A middleware is opened once per generation, so its state is a closure and there is nothing to reset.
import type { Branch } from './algorithm.ts'
import type { Feeds, Outputs, TensorData } from './runtime.ts'

/**
 * A place for one tensor where sessions run: what a call keeps there neither comes out nor goes in again. It belongs to the part
 * and the generation of the call that made it, and is freed with the generation. @experimental
 */
export interface Slot {
  /** What it holds: nothing until a call has filled it, after `free`, and when the worker or process that held it has ended. */
  readonly tensor: Pick<TensorData, 'dtype' | 'shape'> | undefined
  /** Lets go of the tensor, as soon as no call that takes it is under way. */
  free(): void
}

/** What is known of one call of a part inside a generation. Heun calls twice a step; decoders know no number of steps. @experimental */
export interface Call {
  readonly index: number
  readonly step: number
  readonly branch: Branch
  /** Rows of the batch. */
  readonly rows: number
  /** Makes an empty slot. Undefined where the runtime keeps nothing: then every output is fetched, and kept by who wants it. */
  readonly slot?: () => Slot
  /**
   * By name, outputs that are wanted in a slot, or by nobody: they are not among the outputs of the call. A slot that is still
   * empty after the call was not reached: who stands between answered in place of the part, or asked for all outputs.
   */
  readonly keeps?: Readonly<Record<string, Slot | 'leave'>>
  /** By name, inputs that are taken from slots; they are not among the feeds. */
  readonly takes?: Readonly<Record<string, Slot>>
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
