// The public API of @damson/core. Written by `pnpm api --update`; a change here is a change for users.

// @damson/core
export interface Acceptance {
    readonly part: string;
    readonly algorithm: string;
    readonly accepts?: {
        readonly weights: number;
        readonly nodes: number;
        readonly whole: boolean;
        readonly bytes: number;
    };
    readonly refusal?: Refusal;
}
export interface Algorithm<P extends Params = Params, S extends State = State> {
    readonly id: string;
    readonly version: number;
    readonly summary: string;
    readonly paper?: string;
    readonly contract: Contract;
    readonly params: P;
    readonly facts?: Readonly<Record<ThirdPartyFact, FactInfo>>;
    readonly measures?: true;
    groups(part: Part, ctx: Context<P>): readonly Group[] | Refusal;
    fit?(ctx: FitContext<P>): Promise<S>;
    rewrite?(model: Model, ctx: Context<P>, state: S): Model;
    session?(ctx: SessionContext<P>, state: S): SessionOptions | Refusal;
    kept?(state: S): S;
    wrap?(ctx: Context<P>, state: S): Middleware;
    upgrade?(old: SavedStep, fromVersion: number): SavedStep;
}
export type Algorithms = Iterable<AnyAlgorithm | {
    readonly algorithm: AnyAlgorithm;
}>;
export type AnyAlgorithm = Algorithm<any, any>;
export interface AppliedStep extends SavedStep {
    readonly id: string;
    readonly use: string;
    readonly version: number;
    readonly on?: unknown;
    readonly seed: number;
    readonly replays: readonly ('session' | 'wrap')[];
    readonly claims: Readonly<Record<string, readonly string[]>>;
    readonly fitted?: Readonly<Record<string, string>> | undefined;
    readonly took?: Readonly<Record<string, readonly string[]>> | undefined;
    readonly gave?: Readonly<Record<string, readonly string[]>> | undefined;
}
export interface AttachedMiddleware {
    readonly stepId: string;
    readonly part: string;
    readonly middleware: Middleware;
}
export type Branch = 'cond' | 'uncond' | 'both';
export interface Call {
    readonly index: number;
    readonly step: number;
    readonly branch: Branch;
    readonly rows: number;
    readonly slot?: () => Slot;
    readonly keeps?: Readonly<Record<string, Slot | 'leave'>>;
    readonly takes?: Readonly<Record<string, Slot>>;
}
export interface Claim {
    readonly part: string;
    readonly weights: readonly string[];
    readonly nodes: readonly string[];
    readonly beyond: readonly string[];
    readonly whole: boolean;
    readonly bytes: number;
    readonly takes: readonly Fact[];
    readonly gives: readonly Fact[];
}
export interface Conflict {
    readonly code: ConflictCode;
    readonly steps: readonly string[];
    readonly message: string;
    readonly fact?: Fact;
    readonly part?: string;
    readonly nodes: readonly string[];
    readonly suggestion?: {
        readonly text: string;
        readonly steps: readonly Step[];
    };
}
export type ConflictCode = 'conflict' | 'cycle' | 'missing-fact' | 'order' | 'refused' | 'no-site' | 'no-match' | 'partial-match' | 'unknown-part' | 'duplicate' | 'session';
export interface Context<P extends Params> {
    readonly params: Values<P>;
    readonly target: Target;
    readonly seed: number;
    readonly step: string;
    readonly parts: readonly string[];
    readonly ports: readonly Port[];
    selects(site: Site): boolean;
    groups(part: Part | string): readonly Group[];
    warn(code: string, message: string, details?: Readonly<Record<string, unknown>>): void;
}
export interface Contract {
    readonly needs?: readonly Fact[];
    readonly takes?: readonly Fact[];
    readonly gives?: readonly Fact[];
    readonly changes?: true;
}
export { DamsonError } // of another package
export interface Defined<P extends Params, S extends State> {
    (params?: Partial<Values<P>>, on?: Place | 'rest'): Step;
    readonly algorithm: Algorithm<P, S>;
}
export { Dim } // of another package
export type Domain = {
    readonly kind: 'int' | 'real';
    readonly min: number;
    readonly max: number;
} | {
    readonly kind: 'one-of';
    readonly options: readonly (string | number)[];
} | {
    readonly kind: 'flag';
} | {
    readonly kind: 'text';
    readonly pattern?: string;
} | {
    readonly kind: 'list' | 'pair' | 'record';
    readonly of: Domain;
} | {
    readonly kind: 'quantity';
    readonly units: readonly Unit[];
};
export type DomainValue<D extends Domain> = D extends {
    kind: 'int' | 'real';
} ? number : D extends {
    kind: 'one-of';
    options: readonly (infer O)[];
} ? O : D extends {
    kind: 'flag';
} ? boolean : D extends {
    kind: 'quantity';
    units: readonly (infer U extends Unit)[];
} ? Quantity<U> : D extends {
    kind: 'list';
    of: infer E extends Domain;
} ? readonly DomainValue<E>[] : D extends {
    kind: 'pair';
    of: infer E extends Domain;
} ? readonly [
    DomainValue<E>,
    DomainValue<E>
] : D extends {
    kind: 'record';
    of: infer E extends Domain;
} ? Readonly<Record<string, DomainValue<E>>> : string;
export interface Edge {
    readonly before: string;
    readonly after: string;
    readonly part: string;
    readonly reason: string;
    readonly because: string;
}
export type Elements = Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array;
export type Fact = KnownFact | ThirdPartyFact;
export interface FactInfo {
    readonly sentence: string;
    readonly scope: 'weight' | 'node' | 'part' | 'run';
    readonly initially: boolean;
    readonly probe?: (site: Site, part: Part, model?: Model) => boolean | undefined;
    readonly implies?: readonly Fact[];
}
export type FactTable = ReadonlyMap<string, FactInfo>;
export type Feeds = Readonly<Record<string, TensorData>>;
export interface FitContext<P extends Params> extends Context<P> {
    readonly model: Model;
    readonly source: Model;
    samples(part: string): AsyncIterable<Sample>;
    statistics(part: string, requests: Statistics['requests'], graph?: Graph, sampleCount?: number): Promise<Statistics['results']>;
    open(graph: Graph, session?: SessionOptions): Promise<Live>;
    optimized(graph: Graph, session?: SessionOptions): Promise<Graph | undefined>;
    prepare(graph: Graph, name: string, options: Omit<PrepareOptions, 'signal'>): Promise<string | undefined>;
    machine(): Promise<MachineTraits>;
    readonly scratch: Scratch;
    readonly signal: AbortSignal;
    progress(done: number, total: number): void;
    now(): number;
}
export interface FoundLayout {
    readonly layout: Layout;
    readonly parts: readonly FoundPart[];
    readonly variants: readonly string[];
}
export interface FoundPart {
    readonly name: string;
    readonly file: string;
    readonly path: string;
}
export interface Generation {
    readonly steps?: number;
    readonly guidance?: number;
    readonly batch?: number;
    readonly seed?: number;
    readonly controls?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly signal?: AbortSignal;
    run(part: string, feeds: Feeds): Promise<Outputs>;
}
export interface Group {
    readonly sites: readonly Site[];
    readonly needs?: readonly Fact[];
    readonly takes?: readonly Fact[];
    readonly gives?: readonly Fact[];
    readonly changes?: true;
}
export type JsonSchema = {
    readonly [key: string]: unknown;
};
export type KnownFact = 'weight:float' | 'weight:float32' | 'weight:coded' | 'weight:dense' | 'op:plain' | 'run:always' | 'loop:denoise' | 'loop:decode' | 'shape:static' | 'io:source' | 'graph:open';
export type Layout = 'file' | 'folder' | 'transformers.js';
export interface Live {
    run(part: string, feeds: Feeds, options?: {
        readonly signal?: AbortSignal;
    }): Promise<Outputs>;
    generation(options?: Omit<Generation, 'run'>): {
        run(part: string, feeds: Feeds, call?: {
            readonly step?: number;
            readonly branch?: 'cond' | 'uncond' | 'both';
        }): Promise<Outputs>;
        close(): Promise<void>;
    };
    close(): Promise<void>;
}
export interface LoadOptions {
    readonly variant?: string;
    readonly algorithms?: readonly (AnyAlgorithm | {
        readonly algorithm: AnyAlgorithm;
    })[];
    readonly verify?: 'files' | 'none';
    readonly signal?: AbortSignal;
}
export type Loadable = SourceLike | FolderLike;
export interface MachineTraits {
    readonly platform: string;
    readonly arch: string;
    readonly cores: number;
    readonly ort: string;
    readonly features: readonly string[];
    readonly providers?: readonly string[];
}
export interface MergedSession {
    readonly options: SessionOptions;
    readonly warnings: readonly Extract<SmashEvent, {
        readonly type: 'warning';
    }>[];
}
export interface Middleware {
    (generation: Generation): {
        readonly part: string;
        readonly around: (next: Run) => Run;
    };
}
export interface Model {
    readonly parts: ReadonlyMap<string, Part>;
    readonly layout: Layout;
    readonly files: ReadonlyMap<string, Source>;
    readonly applied: readonly AppliedStep[];
    readonly ports: readonly Port[];
    readonly replays: readonly Replay[];
    readonly identity: {
        readonly name: string;
        readonly variant?: string;
    };
    readonly price?: Readonly<Record<string, unknown>>;
    part(name: string): Part;
    with(changes: Partial<Pick<Model, 'parts' | 'applied' | 'ports' | 'replays' | 'identity' | 'files' | 'price'>>): Model;
    withGraph(part: string, graph: Graph): Model;
    withPorts(ports: readonly Port[]): Model;
}
export type ModelFields = Omit<Model, 'part' | 'with' | 'withGraph' | 'withPorts'>;
export type OnEvent = (event: SmashEvent) => void;
export type Outputs = Readonly<Record<string, TensorData>>;
export interface Param<T> {
    readonly doc: string;
    readonly default: T;
    readonly domain: Domain;
    readonly or?: readonly string[];
    readonly live?: true;
    readonly type?: T;
}
export type Params = Readonly<Record<string, Param<unknown>>>;
export interface Part {
    readonly name: string;
    readonly role: Role;
    readonly graph: Graph;
    readonly path: string;
    readonly file?: {
        readonly graph: Graph;
        readonly files: ReadonlyMap<string, Source>;
    };
}
export interface PartSize {
    readonly part: string;
    readonly before: number;
    readonly after: number;
    readonly exact: boolean;
}
export interface Place {
    readonly parts?: readonly string[];
    readonly include?: readonly string[];
    readonly exclude?: readonly string[];
    readonly rest?: true;
}
export interface Plan {
    readonly steps: readonly PlannedStep[];
    readonly edges: readonly Edge[];
    readonly dropped: readonly Edge[];
    readonly conflicts: readonly Conflict[];
    readonly sizes?: readonly PartSize[];
}
export class PlanError extends DamsonError {
    readonly conflicts: readonly Conflict[];
    constructor(conflicts: readonly Conflict[]);
}
export interface PlanJson extends Omit<Plan, 'steps' | 'conflicts'> {
    readonly steps: readonly (Omit<PlannedStep, 'step'> & {
        readonly step: RecipeStep;
    })[];
    readonly conflicts: readonly (Omit<Conflict, 'suggestion'> & {
        readonly suggestion?: {
            readonly text: string;
            readonly steps: readonly RecipeStep[];
        };
    })[];
}
export interface PlanOptions {
    readonly target?: Target;
    readonly algorithms?: readonly (AnyAlgorithm | {
        readonly algorithm: AnyAlgorithm;
    })[];
    readonly order?: 'given';
    readonly seed?: number;
    readonly sizes?: boolean;
    readonly machine?: MachineTraits;
}
export interface PlannedStep {
    readonly id: string;
    readonly step: Step;
    readonly claims: readonly Claim[];
}
export interface Port {
    readonly part: string;
    readonly step: string;
    readonly name: string;
    readonly direction: 'input' | 'output';
    readonly role: string;
    readonly pair?: string;
    readonly neutral?: {
        readonly dtype: string;
        readonly shape: readonly (number | string)[];
        readonly fill: number;
    };
}
export interface PrepareOptions {
    readonly session?: SessionOptions;
    readonly format: 'onnx' | 'ort';
    readonly packed: boolean;
    readonly signal?: AbortSignal;
}
export interface Quantity<U extends Unit = Unit> {
    readonly value: number;
    readonly unit: U;
}
export interface Recipe {
    readonly version: 1;
    readonly steps: readonly RecipeStep[];
}
export interface RecipeStep {
    readonly use: string;
    readonly version?: number;
    readonly params?: Readonly<Record<string, unknown>>;
    readonly on?: Place | 'rest';
}
export { Refusal } // of another package
export interface Replay {
    readonly applied: AppliedStep;
    readonly algorithm: AnyAlgorithm;
    readonly params: Readonly<Record<string, unknown>>;
    readonly state: State;
}
export type Role = 'main' | 'text-encoder' | 'image-encoder' | 'audio-encoder' | 'encoder' | 'decoder' | 'denoiser' | 'image-decoder' | 'audio-decoder' | 'embedding' | 'head' | 'classifier';
export type Run = (feeds: Feeds, call: Call) => Promise<Outputs>;
export interface Runtime {
    readonly target: Target;
    traits(): Promise<MachineTraits>;
    open(what: Model | Graph, options?: {
        readonly session?: SessionOptions;
        readonly signal?: AbortSignal;
        readonly prepared?: ReadonlyMap<string, Source>;
    }): Promise<Live>;
    statistics(graph: Graph, requests: readonly StatisticRequest[], samples: AsyncIterable<Feeds>, options?: {
        readonly signal?: AbortSignal;
    }): Promise<ReadonlyMap<string, StatisticResult>>;
    optimized?(graph: Graph, options?: {
        readonly session?: SessionOptions;
        readonly signal?: AbortSignal;
    }): Promise<Graph | undefined>;
    prepare?(graph: Graph, name: string, options: PrepareOptions): Promise<ReadonlyMap<string, Source> | undefined>;
    close(): Promise<void>;
}
export interface Sample {
    readonly part: string;
    readonly feeds: Feeds;
    readonly run?: {
        readonly id: number;
        readonly step: number;
        readonly branch: Branch;
    };
}
export type Samples = Iterable<Sample> | AsyncIterable<Sample> | ((part: string) => Iterable<Sample> | AsyncIterable<Sample>);
export type Savable = SinkLike;
export interface SaveOptions {
    readonly variant?: string;
    readonly weights?: 'shared';
    readonly signal?: AbortSignal;
    readonly onEvent?: OnEvent;
    readonly check?: (written: readonly Part[]) => Promise<void>;
}
export interface SaveResult {
    readonly files: ReadonlyMap<string, SavedFile>;
}
export interface SavedStep {
    readonly params: Readonly<Record<string, unknown>>;
    readonly state?: StateValue;
}
export interface Scratch {
    put(name: string, bytes: Uint8Array): Promise<void>;
    get(name: string): Promise<Uint8Array>;
}
export type SearchAxis = {
    readonly name: string;
    readonly default: unknown;
    readonly or: readonly string[];
} & ({
    readonly kind: 'int' | 'real';
    readonly min: number;
    readonly max: number;
} | {
    readonly kind: 'choice';
    readonly options: readonly (string | number | boolean)[];
} | {
    readonly kind: 'fixed';
});
export interface SessionContext<P extends Params> extends Context<P> {
    readonly part: Part;
    readonly machine: MachineTraits;
}
export interface SessionOptions {
    readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'layout' | 'all';
    readonly executionMode?: 'sequential' | 'parallel';
    readonly intraOpNumThreads?: number;
    readonly interOpNumThreads?: number;
    readonly enableCpuMemArena?: boolean;
    readonly enableMemPattern?: boolean;
    readonly executionProviders?: readonly string[];
    readonly freeDimensionOverrides?: Readonly<Record<string, number>>;
    readonly config?: Readonly<Record<string, string>>;
    readonly prepared?: string;
}
export type Site = {
    readonly weight: Weight;
} | {
    readonly node: Node;
    readonly path?: string;
} | {
    readonly part: Part;
};
export interface Slot {
    readonly tensor: Pick<TensorData, 'dtype' | 'shape'> | undefined;
    free(): void;
}
export type SmashEvent = {
    readonly type: 'step-start';
    readonly step: string;
    readonly index: number;
    readonly count: number;
} | {
    readonly type: 'progress';
    readonly step: string;
    readonly done: number;
    readonly total: number;
} | {
    readonly type: 'step-end';
    readonly step: string;
    readonly index: number;
    readonly count: number;
} | {
    readonly type: 'warning';
    readonly step: string;
    readonly code: string;
    readonly message: string;
    readonly details?: Readonly<Record<string, unknown>>;
};
export interface SmashOptions {
    readonly target?: Target;
    readonly samples?: Samples;
    readonly runtime?: Runtime;
    readonly seed?: number;
    readonly signal?: AbortSignal;
    readonly onEvent?: OnEvent;
    readonly order?: 'given';
    readonly scratch?: NonNullable<FitMeans['scratch']>;
}
export type State = StateValue | undefined;
export type StateValue = null | boolean | number | string | Tensor | readonly StateValue[] | {
    readonly [key: string]: StateValue;
};
export interface StatisticRequest {
    readonly value: string;
    readonly kind: 'minmax' | 'absmax' | 'moments' | 'histogram' | 'gram';
    readonly axis?: number;
    readonly bins?: number;
    readonly symmetric?: boolean;
    readonly most?: number;
}
export interface StatisticResult {
    readonly count: number;
    readonly excluded: number;
    readonly counts?: Float64Array;
    readonly min?: Float64Array;
    readonly max?: Float64Array;
    readonly sumOfMins?: Float64Array;
    readonly sumOfMaxs?: Float64Array;
    readonly runs?: number;
    readonly absmax?: Float64Array;
    readonly sum?: Float64Array;
    readonly sumOfSquares?: Float64Array;
    readonly sumOfAbsolutes?: Float64Array;
    readonly histogram?: {
        readonly counts: Float64Array;
        readonly from: number;
        readonly to: number;
    };
    readonly gram?: Float64Array;
    readonly rows?: number;
}
export interface Statistics {
    readonly requests: readonly StatisticRequest[];
    readonly results: ReadonlyMap<string, StatisticResult>;
}
export interface Step {
    readonly algorithm: AnyAlgorithm;
    readonly params: Readonly<Record<string, unknown>>;
    readonly on: Place | 'rest' | undefined;
}
export type Target = 'cpu' | 'cpu:vnni' | 'wasm' | 'webgpu' | 'cuda' | (string & {});
export type TensorData = {
    readonly dtype: Exclude<DataType, 'string'>;
    readonly shape: readonly number[];
    readonly data: Elements;
} | {
    readonly dtype: 'string';
    readonly shape: readonly number[];
    readonly data: readonly string[];
};
export type ThirdPartyFact = `x:${string}/${string}`;
export type Unit = 'bits' | 'bytes' | 'decibels' | 'ratio';
export { Value } // of another package
export type Values<P extends Params> = {
    readonly [K in keyof P]: P[K] extends Param<infer T> ? T : never;
};
export interface Variant {
    readonly sessions: ReadonlyMap<string, string>;
    readonly others: string;
}
export function algorithmOf(value: AnyAlgorithm | {
    readonly algorithm: AnyAlgorithm;
}): AnyAlgorithm;
export function amendFolder(folder: string | FileSystemDirectoryHandle, texts: ReadonlyMap<string, string>): Promise<void>;
export function asSessionsFolder(model: Model): Model | Refusal;
export function bits(value: number): Quantity<'bits'>;
export function bytes(value: number): Quantity<'bytes'>;
export function checkControls(model: Model, controls: NonNullable<Generation['controls']>): void;
export function checkValue(param: Param<unknown>, value: unknown): Checked;
export function createModel(fields: ModelFields): Model;
export function decibels(value: number): Quantity<'decibels'>;
export function defineAlgorithm<const P extends Params, S extends State = undefined>(algorithm: Algorithm<P, S>): Defined<P, S>;
export function describeDomain(domain: Domain): string;
export function describeParam(param: Param<unknown>): string;
export function dtypeOf(session: string, variant: string | undefined): string;
export function explain(model: Model, options: {
    readonly algorithms: Algorithms;
    readonly target?: Target;
}): readonly Acceptance[];
export function factTable(algorithms?: Iterable<AnyAlgorithm>): FactTable;
export const facts: Readonly<Record<KnownFact, FactInfo>>;
export function fileOfPart(path: string, layout: Layout, variant: string | undefined): string;
export function findAlgorithm(name: string, algorithms: Algorithms): AnyAlgorithm;
export function findParts(files: readonly string[], folder: string, variant?: string): FoundLayout;
export function flag<const W extends string = never>(options: Common<boolean, W>): Param<boolean | W>;
export function formatBytes(bytes: number): string;
export function formatPlan(plan: Plan): string;
export function formatRecipe(steps: readonly Step[]): Recipe;
export function formatRecipeStep({ algorithm, params, on }: Step): RecipeStep;
export function formatStep(step: Step, algorithms?: Algorithms): string;
export function formatValue(param: Param<unknown>, value: unknown): string;
export function graphHash(graph: Graph): string;
export function implied(table: FactTable, fact: Fact): readonly Fact[];
export function implying(table: FactTable, fact: Fact): readonly Fact[];
export function int<const W extends string = never>(options: Common<number, W> & {
    readonly min: number;
    readonly max: number;
}): Param<number | W>;
export function isAbort(error: unknown): boolean;
export function isFact(name: string): name is Fact;
export { isRefusal } // of another package
export function isTwin(path: string, files: readonly string[]): boolean;
export function list<const D extends Domain, const W extends string = never>(options: Common<readonly NoInfer<DomainValue<D>>[], W> & {
    readonly of: D;
}): Param<readonly DomainValue<D>[] | W>;
export function load(what: Loadable, options?: LoadOptions): Promise<Model>;
export function makeStep(algorithm: AnyAlgorithm, params?: Readonly<Record<string, unknown>>, on?: unknown): Step;
export function middlewares(model: Model, target?: Target, onEvent?: OnWarning): readonly AttachedMiddleware[];
export function modelOf(graph: Graph, options?: {
    readonly name?: string;
    readonly role?: Part['role'];
}): Model;
export function oneOf<const T extends string | number, const W extends string = never>(options: Common<NoInfer<T>, W> & {
    readonly options: readonly T[];
}): Param<T | W>;
export function pair<const D extends Domain, const W extends string = never>(options: Common<readonly [
    NoInfer<DomainValue<D>>,
    NoInfer<DomainValue<D>>
], W> & {
    readonly of: D;
}): Param<readonly [
    DomainValue<D>,
    DomainValue<D>
] | W>;
export function paramSchema(param: Param<unknown>): JsonSchema;
export function paramsSchema(params: Params): JsonSchema;
export function parseQuantity(text: string): Quantity | undefined;
export function parseRecipe(recipe: unknown, algorithms: Algorithms): readonly Step[];
export function parseRecipeStep(value: unknown, algorithms: Algorithms): Step;
export function parseStep(text: string, algorithms: Algorithms): Step;
export function parseValue(param: Param<unknown>, text: string): unknown;
export function parseVariant(text: string): Variant;
export function plan(model: Model, steps: readonly Step[], options?: PlanOptions): Plan;
export function planJson(plan: Plan): PlanJson;
export function planSizes(model: Model, plan: Pick<Plan, 'steps'>, options?: {
    readonly target?: Target;
    readonly seed?: number;
}): readonly PartSize[];
export function quantity<const U extends Unit, const W extends string = never>(options: Common<Quantity<NoInfer<U>>, W> & {
    readonly units: readonly U[];
}): Param<Quantity<U> | W>;
export function ratio(value: number): Quantity<'ratio'>;
export function real<const W extends string = never>(options: Common<number, W> & {
    readonly min: number;
    readonly max: number;
}): Param<number | W>;
export function recipeSchema(algorithms: Algorithms): JsonSchema;
export function record<const D extends Domain, const W extends string = never>(options: Common<Readonly<Record<string, NoInfer<DomainValue<D>>>>, W> & {
    readonly of: D;
}): Param<Readonly<Record<string, DomainValue<D>>> | W>;
export function recordPath(layout: Layout, name: string, variant: string | undefined): string;
export function recordPrice(folder: string | FileSystemDirectoryHandle, record: string, price: Readonly<Record<string, unknown>>): Promise<void>;
export { refuse } // of another package
export function resolveParams(algorithm: {
    readonly id: string;
    readonly params: Params;
}, given?: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
export function roleOf(name: string, graph: Graph): Role;
export function save(model: Model, to: Savable, options?: SaveOptions): Promise<SaveResult>;
export function searchSpace(params: Params): readonly SearchAxis[];
export function sessionOptions(model: Model, part: string, machine: MachineTraits, target?: Target): MergedSession;
export function shortName(algorithm: AnyAlgorithm, among: Algorithms): string;
export function smash(model: Model, steps: readonly Step[], options?: SmashOptions): Promise<Model>;
export function splitVariant(stem: string): {
    readonly session: string;
    readonly variant: string;
};
export function stepSeed(seed: number, id: string): number;
export function text(options: Common<string, never> & {
    readonly pattern?: string;
}): Param<string>;
export function twinPath(path: string): string;
export function ungated(model: Model): Model;
export const variantSuffixes: Readonly<Record<string, string>>;
export function weightBytes(graph: Graph): number;
export function withCopies(model: Model, part: string, names: readonly string[]): Model;
export function withNeutral(model: Model, part: string, feeds: Feeds, taken?: Readonly<Record<string, unknown>>): Feeds;
// mentioned, not exported
const fileSchema: v.StrictObjectSchema<{
    readonly bytes: v.NumberSchema<undefined>;
    readonly sha256: v.SchemaWithPipe<readonly [
        v.StringSchema<undefined>,
        v.RegexAction<string, undefined>
    ]>;
}, undefined>;
interface Common<T, W extends string> {
    readonly default: T | NoInfer<W>;
    readonly doc: string;
    readonly or?: readonly W[];
    readonly live?: true;
}
interface FitMeans {
    readonly source: Model;
    readonly samples: Samples | undefined;
    readonly runtime: Runtime | undefined;
    readonly signal: AbortSignal;
    readonly scratch: (() => Scratch & {
        free?(): Promise<void>;
    }) | undefined;
    progress(step: string, done: number, total: number): void;
}
type Checked = {
    readonly value: unknown;
} | {
    readonly expected: string;
};
type OnWarning = (event: Extract<SmashEvent, {
    readonly type: 'warning';
}>) => void;
type SavedFile = v.InferOutput<typeof fileSchema>;
