// What differs between Node and browsers, behind `#platform`: loading ONNX Runtime, workers, files, the machine.
import type { MachineTraits } from '@damson/core'
import type { Graph, Source } from '@damson/graph'
import type { ModelSource } from './engine/engine.ts'
import type { OrtChoice } from './engine/message.ts'
import type { StartFar } from './engine/remote-engine.ts'
import type { OrtModule } from './ort/ort-module.ts'

/** A model in the form that an engine opens, and what to do when no session needs it any more. */
export interface Materialized {
  readonly source: ModelSource
  /** Called when sessions are open; frees what only opening needed. */
  opened(): Promise<void>
  dispose(): Promise<void>
}

/** Bytes that do not fit in memory: appended, read back in any order, gone after `close`. */
export interface Spill {
  append(bytes: Uint8Array): Promise<number>
  read(offset: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

export interface Platform {
  readonly name: 'node' | 'web'
  loadOrt(choice: OrtChoice): Promise<OrtModule>
  startWorker: StartFar
  /** Undefined where there are no child processes. */
  startProcess: StartFar | undefined
  /** `reopens`: the engine may have to open it again later. */
  materialize(
    graph: Graph,
    options: { readonly reopens: boolean; readonly signal?: AbortSignal },
  ): Promise<Materialized>
  /** Files that were prepared, as an engine opens them: the first is the model, the others its data. Undefined where there are no files. */
  materializeFiles?(files: ReadonlyMap<string, Source>): Promise<Materialized>
  machine(): Promise<Omit<MachineTraits, 'ort'>>
  /** A private folder for files that ONNX Runtime writes; undefined where there are no files. */
  openFolder?(): Promise<{ readonly path: string; remove(): Promise<void> }>
  /** Undefined where there is no file to spill to. */
  openSpill(): Promise<Spill | undefined>
}
