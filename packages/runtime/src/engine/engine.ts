// An engine opens and runs sessions somewhere: in this thread, in a worker, in a child process. Everything that crosses
// is plain data, so the three are alike.
import type { Feeds, Outputs } from '@damson/core'

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
}

export interface Engine {
  info(): Promise<EngineInfo>
  /** Opens a session under an id that the caller chose. */
  open(id: number, source: ModelSource, options: OrtSessionOptions): Promise<SessionShape>
  /** Runs a session; `fetches` names the outputs wanted, all when empty. */
  run(id: number, feeds: Feeds, fetches: readonly string[]): Promise<Outputs>
  release(id: number): Promise<void>
  /** Stops what is running at once, if this engine can; what it loses is reopened on the next use. */
  interrupt?(): void
  close(): Promise<void>
}
