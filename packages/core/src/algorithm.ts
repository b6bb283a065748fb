// What an algorithm is: a value with at most four hooks. What is saved follows from which hooks exist, so no algorithm
// has persistence code; order and conflicts follow from the facts its groups name.
import type { Dim, Graph, Node, Refusal, Tensor, Value, Weight } from '@damson/graph'
import type { Fact, FactInfo, ThirdPartyFact } from './facts.ts'
import type { Middleware } from './middleware.ts'
import type { Model, Part, Port } from './model.ts'
import type { Params, Values } from './params.ts'
import type {
  Feeds,
  Live,
  MachineTraits,
  PrepareOptions,
  SessionOptions,
  Statistics,
  Target,
} from './runtime.ts'

/** Where something happens: a weight with all its consumers, a node, or a whole part. */
export type Site =
  { readonly weight: Weight } | { readonly node: Node; readonly path?: string } | { readonly part: Part }

/**
 * What an algorithm says of some sites. `needs` must hold before, `takes` no longer holds after, `gives` holds after,
 * `changes`: numbers move, types stay. A group without takes and gives may reach beyond the place the user named,
 * when another group of the step stays inside. Facts of weights hold at the weight sites of a group, facts of nodes at its
 * node sites; a part site stands for all of them. Facts of a part or of its run hold at the part of any site.
 */
export interface Group {
  readonly sites: readonly Site[]
  readonly needs?: readonly Fact[]
  readonly takes?: readonly Fact[]
  readonly gives?: readonly Fact[]
  readonly changes?: true
}

/** The union of what an algorithm's groups may say; for docs and the matrix of pairs. */
export interface Contract {
  readonly needs?: readonly Fact[]
  readonly takes?: readonly Fact[]
  readonly gives?: readonly Fact[]
  readonly changes?: true
}

/** JSON plus named tensors. Carries the hash of the graph it was fitted on when saved. @experimental */
export type StateValue =
  null | boolean | number | string | Tensor | readonly StateValue[] | { readonly [key: string]: StateValue }
export type State = StateValue | undefined

/** What every hook gets. */
export interface Context<P extends Params> {
  readonly params: Values<P>
  readonly target: Target
  /** Seed of this step: of the run's seed, the algorithm and its place among its like. */
  readonly seed: number
  /** Id of this step: `@damson/cachers/fora`, or with `#2` for the second of its like. Ports carry it. */
  readonly step: string
  /** Names of the parts where the step works; in `wrap`, which is called once a part, just that one. Empty in `groups`. */
  readonly parts: readonly string[]
  /** The ports that this step declared; what `wrap` feeds and reads. Empty before `rewrite`. @experimental */
  readonly ports: readonly Port[]
  /** True for sites inside the place the user gave (`on`); all sites when none was given. */
  selects(site: Site): boolean
  /** In `rewrite`, `session`, `wrap` and `fit`: the groups claimed in a part, found on the graph as it is now. Empty where the step does not work. */
  groups(part: Part | string): readonly Group[]
  warn(code: string, message: string, details?: Readonly<Record<string, unknown>>): void
}

/** One recorded run of a part. */
export interface Sample {
  readonly part: string
  readonly feeds: Feeds
  readonly run?: { readonly id: number; readonly step: number; readonly branch: Branch }
}
export type Branch = 'cond' | 'uncond' | 'both'

/** A place for large intermediate data, freed when the fit ends. @experimental */
export interface Scratch {
  put(name: string, bytes: Uint8Array): Promise<void>
  get(name: string): Promise<Uint8Array>
}

/** What `fit` gets beside the context. @experimental */
export interface FitContext<P extends Params> extends Context<P> {
  /** The model as the steps before this one left it. */
  readonly model: Model
  /** The model that the user gave. */
  readonly source: Model
  /** Calibration samples of a part; the same order every time. Throws `missing-samples` when none were given. */
  samples(part: string): AsyncIterable<Sample>
  /**
   * Statistics over values of a part, computed inside the runtime while the samples stream through. `graph` stands in for
   * that of the part, with the same inputs: a half-quantized one, say. `sampleCount`: only the first so many samples.
   */
  statistics(
    part: string,
    requests: Statistics['requests'],
    graph?: Graph,
    sampleCount?: number,
  ): Promise<Statistics['results']>
  /** A session over any graph, with options to be tried where given; closed when the fit ends. */
  open(graph: Graph, session?: SessionOptions): Promise<Live>
  /** A graph as ONNX Runtime optimizes it when it opens it: which kernels really run. Undefined where it cannot be had. */
  optimized(graph: Graph, session?: SessionOptions): Promise<Graph | undefined>
  /**
   * A file that ONNX Runtime opens in place of a graph, made for this machine. The model carries it from now on; its path is
   * what a `session` hook answers with (`prepared`). Undefined where it cannot be had.
   */
  prepare(graph: Graph, name: string, options: Omit<PrepareOptions, 'signal'>): Promise<string | undefined>
  /** The machine the fit runs on: what a `session` hook compares with when its state is replayed elsewhere. */
  machine(): Promise<MachineTraits>
  readonly scratch: Scratch
  readonly signal: AbortSignal
  progress(done: number, total: number): void
  /** Milliseconds; only for algorithms that declare `measures`. */
  now(): number
}

/** An algorithm: what it says of itself, and its hooks. */
export interface Algorithm<P extends Params = Params, S extends State = State> {
  /** `@damson/cachers/fora`: written into recipes, never renamed. */
  readonly id: string
  /** Raised when params, defaults or state change shape; `upgrade` reads older ones. */
  readonly version: number
  /** One sentence. */
  readonly summary: string
  readonly paper?: string
  readonly contract: Contract
  readonly params: P
  /** Facts of its own, named `x:<package>/<name>`. */
  readonly facts?: Readonly<Record<ThirdPartyFact, FactInfo>>
  /** It looks at the clock: replaying its state is checked, not repetition. */
  readonly measures?: true
  /** Where it would work in a part and what happens there; a refusal when nowhere. Pure and fast. */
  groups(part: Part, ctx: Context<P>): readonly Group[] | Refusal
  /** Learns what needs data, time or randomness, on the model that the steps before left. */
  fit?(ctx: FitContext<P>): Promise<S>
  /** Edits graphs: fast, pure, decided by its arguments alone. Tensors it makes may be computed later. */
  rewrite?(model: Model, ctx: Context<P>, state: S): Model
  /** Options for sessions; replayed on load, where it may decline on another machine. */
  session?(ctx: SessionContext<P>, state: S): SessionOptions | Refusal
  /** What of the state `session` and `wrap` need, when a rewrite has baked the rest; all of it when not given. */
  kept?(state: S): S
  /** Acts around runs of one part (`ctx.parts[0]`); replayed on load, opened once per generation. */
  wrap?(ctx: Context<P>, state: S): Middleware
  /** Reads params and state saved by an older version. */
  upgrade?(old: SavedStep, fromVersion: number): SavedStep
}

export interface SessionContext<P extends Params> extends Context<P> {
  readonly part: Part
  readonly machine: MachineTraits
}

/** A step as it is saved. */
export interface SavedStep {
  readonly params: Readonly<Record<string, unknown>>
  readonly state?: StateValue
}

/** The erased form that lists, plans and recipes hold. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyAlgorithm = Algorithm<any, any>

/** Where a step works. `include` and `exclude`: globs over node names, weight names, module paths and `op:Type`. */
export interface Place {
  readonly parts?: readonly string[]
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  /** Only what no other step taking the same fact claims. */
  readonly rest?: true
}

/** A configured algorithm with a place: what `smash` takes. `'rest'`: what no other step taking the same fact claims. */
export interface Step {
  readonly algorithm: AnyAlgorithm
  readonly params: Readonly<Record<string, unknown>>
  readonly on: Place | 'rest' | undefined
}

/** What users import and call: `fora({ interval: 3 }, { parts: ['transformer'] })`; `'rest'` and `{ parts, rest: true }` too. */
export interface Defined<P extends Params, S extends State> {
  (params?: Partial<Values<P>>, on?: Place | 'rest'): Step
  readonly algorithm: Algorithm<P, S>
}

/** Re-exported for authors: what a group's sites are made of. */
export type { Dim, Port, Value }
