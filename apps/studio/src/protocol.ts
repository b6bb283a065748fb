// What the page and its worker say to each other: plain data.
import type { Picture } from '@damson/pipelines'
import type { ServedModel } from './models.ts'
import type { Recipe } from './recipes.ts'

export type MachineChoice = 'auto' | 'webgpu' | 'wasm'

/** A model that is open. */
export interface OpenedModel {
  /** Bytes of the files of all parts. */
  readonly bytes: number
  /** `WebAssembly, 2 threads`. */
  readonly machine: string
  /** Why it is not what was asked for. */
  readonly notice?: string
}

export interface SmashedModel {
  /** Bytes of the files of all parts, as they would be saved. */
  readonly bytes: number
  /** The steps as the command takes them. */
  readonly steps: readonly string[]
  readonly warnings: readonly string[]
}

export type Side = 'original' | 'smashed'

export interface DrawInput {
  readonly prompt: string
  readonly seed: number
  readonly steps: number
  readonly guidance: number
}

/** Where the slider of the cacher stands; the smashed side only. */
export type Controls = Readonly<Record<string, number>>

/** A step that is done. */
export interface StepDone {
  readonly ms: number
  /** The network was run; otherwise what was kept of an earlier step was used. */
  readonly isFull: boolean
}

export interface Drawn {
  readonly picture: Picture
  /** From the prompt to the picture, without the previews. */
  readonly ms: number
  readonly steps: readonly StepDone[]
}

/** How two pictures differ. PSNR is null where they are equal. */
export interface Difference {
  readonly picture: Picture
  readonly psnr: number | null
  readonly ssim: number
  readonly gain: number
}

export type Question =
  | { readonly kind: 'open'; readonly model: ServedModel; readonly machine: MachineChoice }
  | { readonly kind: 'smash'; readonly recipe: Recipe }
  | { readonly kind: 'draw'; readonly side: Side; readonly input: DrawInput; readonly controls?: Controls }

export type Answer =
  | { readonly kind: 'open'; readonly opened: OpenedModel }
  | { readonly kind: 'smash'; readonly smashed: SmashedModel }
  | { readonly kind: 'draw'; readonly drawn: Drawn }

/** How far a question is. */
export type Progress =
  | { readonly kind: 'loading'; readonly label: string; readonly done: number; readonly total: number }
  | { readonly kind: 'step'; readonly preview: Picture; readonly steps: readonly StepDone[] }

interface Failed {
  readonly kind: 'failed'
  readonly message: string
  /** It was told to stop. */
  readonly cancelled: boolean
}

/** The id pairs a question with what comes back. A cancelled question fails. */
export type Request =
  { readonly id: number; readonly question: Question } | { readonly id: number; readonly cancel: true }

export interface Reply {
  readonly id: number
  readonly says: Answer | Progress | Failed
}
