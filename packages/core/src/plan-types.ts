// What a plan says, as plain data: it prints, compares and crosses processes.
import type { Step } from './algorithm.ts'
import type { Fact } from './facts.ts'

/** Where a planned step works in one part. Names are origins: those of the model as it was first read. */
export interface Claim {
  readonly part: string
  readonly weights: readonly string[]
  readonly nodes: readonly string[]
  /** What it only changes, outside of them: `weight:<origin>`, `node:<origin>` (the norm and the neighbours AWQ scales). */
  readonly beyond: readonly string[]
  /** True when it claims the part as such. */
  readonly whole: boolean
  /** Bytes of the claimed weights before the plan. */
  readonly bytes: number
  /** Facts that end there, and facts that hold there afterwards. */
  readonly takes: readonly Fact[]
  readonly gives: readonly Fact[]
}

export interface PlannedStep {
  /** `@damson/cachers/fora`, or with `#2` for the second of its like. */
  readonly id: string
  readonly step: Step
  readonly claims: readonly Claim[]
}

/** One reason for the order of two steps in one part. */
export interface Edge {
  readonly before: string
  readonly after: string
  readonly part: string
  /** The reason as a sentence. */
  readonly reason: string
  /** The same sentence with some of the nodes where the steps meet. */
  readonly because: string
}

export type ConflictCode =
  /** Two steps end what the other needs at the same sites. */
  | 'conflict'
  /** Three or more steps, each of which has to come before the next. */
  | 'cycle'
  /** A need that does not hold when its step comes. */
  | 'missing-fact'
  /** The order given breaks a need. */
  | 'order'
  /** A part named explicitly refuses. */
  | 'refused'
  /** No part accepts the step, or nothing is left of what it selects. */
  | 'no-site'
  /** A glob that matches nothing. */
  | 'no-match'
  /** A merged node or a shared weight that the place covers only partly. */
  | 'partial-match'
  | 'unknown-part'
  /** The same step twice at the same sites. */
  | 'duplicate'
  /** Two steps set the same option of a part's session to different values. */
  | 'session'

export interface Conflict {
  readonly code: ConflictCode
  /** Ids of the steps it is about. */
  readonly steps: readonly string[]
  readonly message: string
  readonly fact?: Fact
  readonly part?: string
  /** Some of the nodes (at most five), by name. */
  readonly nodes: readonly string[]
  /** The nearest recipe that plans without any conflict: as command-line text, and as steps. */
  readonly suggestion?: { readonly text: string; readonly steps: readonly Step[] }
}

/** Bytes of the weights of a part. `exact: false`: an upper bound, since a step that fits decides more. */
export interface PartSize {
  readonly part: string
  readonly before: number
  readonly after: number
  readonly exact: boolean
}

export interface Plan {
  /** In the order in which they are to run; as far as an order exists when there are conflicts. */
  readonly steps: readonly PlannedStep[]
  readonly edges: readonly Edge[]
  /** Wishes of fitting steps (to come after what changes their inputs) that had to be dropped, and why. */
  readonly dropped: readonly Edge[]
  readonly conflicts: readonly Conflict[]
  /** Absent when there are conflicts or when sizes were not asked for. */
  readonly sizes?: readonly PartSize[]
}
