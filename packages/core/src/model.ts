// A model is a set of named parts, each an ONNX graph with a role, and the files around them. It is a value: a change
// makes a new model that shares what did not change.
import type { Graph, Source } from '@damson/graph'
import type { AnyAlgorithm, Branch, SavedStep, State } from './algorithm.ts'

/** What a part is for. `main` is a single file or a part of unknown purpose. */
export type Role =
  | 'main' | 'text-encoder' | 'image-encoder' | 'audio-encoder' | 'encoder' | 'decoder' | 'denoiser'
  | 'image-decoder' | 'audio-decoder' | 'embedding' | 'head' | 'classifier' // prettier-ignore

export interface Part {
  /** `text_encoder`, `unet`, `vae_decoder`, `model`, `decoder_model_merged` … */
  readonly name: string
  readonly role: Role
  readonly graph: Graph
  /** Where its file lies in the layout, without variant suffix: `unet/model.onnx`. */
  readonly path: string
  /** The file it was read from. While `graph` is still the graph of the file, saving copies the bytes as they are. */
  readonly file?: { readonly graph: Graph; readonly files: ReadonlyMap<string, Source> }
}

/** How files are arranged: one file; a folder of files and part folders (optimum, diffusers); transformers.js `onnx/` with dtype variants. */
export type Layout = 'file' | 'folder' | 'transformers.js'

/** An input or output that a rewrite added. Fed with `neutral`, the part computes what it did before. @experimental */
export interface Port {
  readonly part: string
  /** Id of the step that declared it, `@damson/cachers/fora` or `@damson/cachers/fora#2`. */
  readonly step: string
  readonly name: string
  readonly direction: 'input' | 'output'
  readonly role: string
  /** The other port of a pair: the output that becomes this input at the next call. */
  readonly pair?: string
  /** Input ports: the value that changes nothing. */
  readonly neutral?: {
    readonly dtype: string
    readonly shape: readonly (number | string)[]
    readonly fill: number
  }
}

/** A step that was applied, as `damson.json` keeps it. */
export interface AppliedStep extends SavedStep {
  readonly id: string
  readonly use: string
  readonly version: number
  readonly on?: unknown
  readonly seed: number
  /** Which hooks have to be replayed on load; a step with none is baked into the graphs. */
  readonly replays: readonly ('session' | 'wrap')[]
  /** Part name to what it claimed there: `part`, `weight:<origin>`, `node:<origin>`; with `beyond:` before what it only changed. */
  readonly claims: Readonly<Record<string, readonly string[]>>
  /** For steps that fit: part name to the hash of the graph that the state was fitted on (`graphHash`). */
  readonly fitted?: Readonly<Record<string, string>> | undefined
  /** Part name to the facts that it took and gave there: what no probe can read from the graph later. */
  readonly took?: Readonly<Record<string, readonly string[]>> | undefined
  readonly gave?: Readonly<Record<string, readonly string[]>> | undefined
}

/** A step whose `session` or `wrap` hook acts when the model runs; in the order of the plan, the first outermost. */
export interface Replay {
  readonly applied: AppliedStep
  readonly algorithm: AnyAlgorithm
  readonly params: Readonly<Record<string, unknown>>
  readonly state: State
}

export interface Model {
  readonly parts: ReadonlyMap<string, Part>
  readonly layout: Layout
  /** Every other file of the folder, carried along. */
  readonly files: ReadonlyMap<string, Source>
  readonly applied: readonly AppliedStep[]
  readonly ports: readonly Port[]
  readonly replays: readonly Replay[]
  /** Where it was read from, and the hash of what was read. */
  readonly identity: { readonly name: string; readonly variant?: string }
  /** What is known of the price: sizes always, quality and speed where `compare` measured them. */
  readonly price?: Readonly<Record<string, unknown>>
  /** The part of that name; throws `unknown-part` listing those there are. */
  part(name: string): Part
  /** A model with some fields changed: what `smash` and `load` use; algorithms use `withGraph` and `withPorts`. */
  with(
    changes: Partial<Pick<Model, 'parts' | 'applied' | 'ports' | 'replays' | 'identity' | 'files' | 'price'>>,
  ): Model
  /** A model with one graph replaced. */
  withGraph(part: string, graph: Graph): Model
  withPorts(ports: readonly Port[]): Model
}
export type { Branch }
