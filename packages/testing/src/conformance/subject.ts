// What the conformance suite is told of an algorithm, and what it finds.
import type { Defined, Model, Params, Runtime, Sample, State, Target, Values } from '@damson/core'

/** A model, made anew for each check so that one check cannot spoil another. */
export type MakeModel = () => Model | Promise<Model>

export interface AlgorithmCases<P extends Params> {
  /** Models it works on, by name. The first is the one that is run. */
  readonly accepts: Readonly<Record<string, MakeModel>>
  /** Models it refuses, with what the reason must say. */
  readonly refuses: Readonly<Record<string, { readonly model: MakeModel; readonly reason: RegExp }>>
  readonly expect: {
    /** What the outputs are held to: equal bits, or at least this SQNR in dB against the original. */
    readonly outputs: 'equal' | { readonly sqnr: number }
    /** Bytes of the smashed parts over bytes of the original, at most. */
    readonly size?: number
  }
  /** Params of the runs; defaults where absent. */
  readonly params?: Partial<Values<P>>
  /** Params that rightly change nothing on these models, each with the reason. */
  readonly inert?: Readonly<Record<string, string>>
  /** Why two fits differ, for an algorithm whose state comes from the clock (`measures`): its state is replayed instead. */
  readonly measured?: string
  /** Samples for algorithms that fit. */
  readonly samples?: (model: Model) => Promise<readonly Sample[]>
  /** Sizes of named dims of the feeds. */
  readonly dims?: Readonly<Record<string, number>>
  readonly target?: Target
  /** Where a fresh process imports it from, for steps that act at run time; default: its id is its import path. */
  readonly module?: { readonly url: string; readonly name: string }
}

/** An algorithm with its cases and a runtime to run them. */
export interface Subject {
  readonly defined: Defined<Params, State>
  readonly cases: AlgorithmCases<Params>
  readonly runtime: Runtime
}

/** One thing that is wrong. */
export interface Finding {
  readonly check: string
  readonly problem: string
}

/** One promise of every algorithm. */
export interface Check {
  readonly name: string
  readonly run: (subject: Subject) => Promise<readonly string[]>
}
