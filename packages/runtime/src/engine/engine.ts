// An engine opens and runs sessions somewhere: in this thread, in a worker, in a child process. Everything that crosses
// is plain data, so the three are alike.
import type { Feeds, Outputs, Slot } from '@damson/core'

/** A model that ONNX Runtime can open: a path (Node only), or bytes with the files that they refer to. */
export type ModelSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly external: readonly ExternalBytes[] }

interface ExternalBytes {
  readonly path: string
  readonly data: Uint8Array
}

/** Options as ONNX Runtime for JavaScript spells them; JSON only. */
export type OrtSessionOptions = Readonly<Record<string, unknown>>

/** Input or output of an open session; dims that are not fixed are names. */
export interface ValueShape {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly (number | string)[]
}

export interface SessionShape {
  readonly inputs: readonly ValueShape[]
  readonly outputs: readonly ValueShape[]
}

export interface EngineInfo {
  readonly version: string
  readonly providers: readonly string[]
  /** Tensors in slots. */
  readonly slots: number
}

/** Tensors that stay in the engine, by the number of their slot, which the caller chose. */
interface KeptThere {
  /** By name of the output. A slot that holds something is overwritten. */
  readonly keeps: Readonly<Record<string, number>>
  /** By name of the input. */
  readonly takes: Readonly<Record<string, number>>
}

export interface EngineRun extends KeptThere {
  readonly feeds: Feeds
  /** Names of the outputs wanted here; undefined: all that are not kept. */
  readonly fetches: readonly string[] | undefined
  /** Slots to empty before. */
  readonly frees: readonly number[]
}

/** For runs of which nothing stays, with all outputs wanted. */
export const nothingStays = { fetches: undefined, keeps: {}, takes: {}, frees: [] } as const

export interface EngineRan {
  readonly outputs: Outputs
  /** What was kept, by name of the output. */
  readonly kept: Readonly<Record<string, NonNullable<Slot['tensor']>>>
}

export interface Engine {
  info(): Promise<EngineInfo>
  /** Opens a session under an id that the caller chose. */
  open(id: number, source: ModelSource, options: OrtSessionOptions): Promise<SessionShape>
  /** Runs a session. When it fails, nothing is kept. Throws `slot-lost` when a slot to take from is empty. */
  run(id: number, run: EngineRun): Promise<EngineRan>
  /** Empties slots. */
  free(slots: readonly number[]): Promise<void>
  /** False once what a slot held is lost with the worker or process that held it. */
  holds(slot: number): boolean
  release(id: number): Promise<void>
  /** Stops what is running at once, if this engine can; what it loses is reopened on the next use. */
  interrupt?(): void
  close(): Promise<void>
}
