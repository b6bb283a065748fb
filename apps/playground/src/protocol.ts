// What the page and its worker say to each other: plain data and Blobs, which cross by reference.

/** What the page shows of an opened file. */
export interface OpenedModel {
  readonly name: string
  readonly bytes: number
  readonly opset: number
  readonly nodes: number
  /** Weights by type: `float32 38 (17.6 MB)`. */
  readonly weights: readonly string[]
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Why an algorithm refuses the model with its defaults; algorithms that accept it are not listed. */
  readonly refusals: Readonly<Record<string, string>>
}

/** A step as the form has it. */
export interface Choice {
  readonly algorithm: string
  readonly params: Readonly<Record<string, unknown>>
  readonly target: string
}

/** What a step would do. */
export interface PlannedChoice {
  /** Bytes of all weights. */
  readonly before: number
  readonly after: number
  /** `38 weights (7.34 MB), 40 nodes`. */
  readonly claims: readonly string[]
  /** Reasons for which it cannot be done; empty when it can. */
  readonly conflicts: readonly string[]
  /** The same step for the command line. */
  readonly step: string
}

export interface SmashedModel {
  readonly file: Blob
  readonly name: string
  readonly sha256: string
  readonly warnings: readonly string[]
}

export type Question =
  | { readonly kind: 'open'; readonly file: File }
  | { readonly kind: 'plan'; readonly choice: Choice }
  | { readonly kind: 'smash'; readonly choice: Choice }

export type Answer =
  | { readonly kind: 'open'; readonly model: OpenedModel }
  | { readonly kind: 'plan'; readonly plan: PlannedChoice }
  | { readonly kind: 'smash'; readonly made: SmashedModel }

/** How far a question is. */
export interface Progress {
  readonly kind: 'progress'
  readonly label: string
  readonly done: number
  readonly total: number
}

/** The id pairs a question with what comes back. */
export interface Request {
  readonly id: number
  readonly question: Question
}
export interface Reply {
  readonly id: number
  readonly says: Answer | Progress | { readonly kind: 'failed'; readonly message: string }
}
