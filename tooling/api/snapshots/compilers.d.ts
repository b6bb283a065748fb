// The public API of @damson/compilers. Written by `pnpm api --update`; a change here is a change for users.

// @damson/compilers
export interface FuseOptions {
    readonly target: Target;
    readonly rules: 'all' | readonly string[];
    readonly absorb: boolean;
    readonly direction?: 'fuse' | 'unfuse';
}
export type FusionKind = 'norm' | 'activation' | 'attention' | 'rotary' | 'product' | 'convolution' | 'embedding' | 'quantized';
export interface FusionReport {
    readonly fusion: string;
    readonly kind: FusionKind;
    readonly count: number;
    readonly skipped?: string;
    readonly nearest: readonly NearMiss[];
}
export { explain } // of another package
export const fuse: Defined<{
    rules: Param<readonly string[] | "all">;
    direction: Param<"fuse" | "unfuse">;
    absorb: Param<boolean>;
}, undefined>;
export const fusionNames: readonly string[];
export function fusionReport(graph: Graph, options: FuseOptions): readonly FusionReport[];
export { load } // of another package
export { plan } // of another package
export const portable: Defined<{
    level: Param<"all" | "basic" | "extended">;
    format: Param<"onnx" | "ort">;
    packed: Param<boolean>;
}, State>;
export { save } // of another package
export const simplify: Defined<{
    rules: Param<"all" | readonly ("axes" | "branches" | "common" | "constants" | "convolutions" | "identities" | "logic" | "products" | "scaling" | "sizes" | "slices" | "views" | "weights")[]>;
    foldLimit: Param<number>;
    opset: Param<number | "keep">;
    functions: Param<"inline" | "keep">;
}, Readonly<Record<string, readonly StateValue[]>>>;
export { smash } // of another package
export const staticShapes: Defined<{
    dims: Param<Readonly<Record<string, number>>>;
    limit: Param<number>;
}, State>;
export const tune: Defined<{
    seconds: Param<number>;
    trials: Param<number>;
    pairs: Param<number>;
    margin: Param<number>;
    threads: Param<readonly number[] | "auto">;
    dims: Param<Readonly<Record<string, number>>>;
    providers: Param<readonly string[] | "auto">;
}, State>;
// mentioned, not exported
type OptimizedState = {
    readonly graph: Tensor;
    readonly weights: {
        readonly [name: string]: Tensor;
    };
    readonly kept: readonly string[];
};
type Options = {
    readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'all';
    readonly executionMode?: 'sequential' | 'parallel';
    readonly intraOpNumThreads?: number;
    readonly interOpNumThreads?: number;
    readonly enableCpuMemArena?: boolean;
    readonly enableMemPattern?: boolean;
    readonly executionProviders?: readonly string[];
    readonly freeDimensionOverrides?: {
        readonly [name: string]: number;
    };
    readonly config?: {
        readonly [key: string]: string;
    };
};
type PartState = {
    readonly optimized?: OptimizedState;
    readonly file?: string;
    readonly graph?: string;
};
type PartState = {
    readonly options: Options;
    readonly trials: readonly Trial[];
    readonly graph: string;
    readonly found: 'searched' | 'kept';
};
type RecordedTraits = {
    readonly target: Target;
    readonly platform: string;
    readonly arch: string;
    readonly ort: string;
    readonly features: readonly string[];
    readonly cores?: number;
};
type Rounds = readonly Readonly<Record<string, Readonly<Record<string, Tensor>>>>[];
type State = {
    readonly [part: string]: Rounds;
};
type State = {
    readonly machine: RecordedTraits;
    readonly parts: {
        readonly [part: string]: PartState;
    };
};
type State = {
    readonly machine: RecordedTraits;
    readonly parts: {
        readonly [part: string]: PartState;
    };
};
type Trial = {
    readonly options: Options;
    readonly verdict: 'won' | 'beaten' | 'open' | 'failed' | 'differs';
    readonly pairs: number;
    readonly ratio: number | null;
    readonly interval: readonly [
        number,
        number
    ] | null;
    readonly reason: string;
};

// @damson/compilers/fuse
export const fuse: Defined<{
    rules: Param<readonly string[] | "all">;
    direction: Param<"fuse" | "unfuse">;
    absorb: Param<boolean>;
}, undefined>;

// @damson/compilers/portable
export const portable: Defined<{
    level: Param<"all" | "basic" | "extended">;
    format: Param<"onnx" | "ort">;
    packed: Param<boolean>;
}, State>;
// mentioned, not exported
type OptimizedState = {
    readonly graph: Tensor;
    readonly weights: {
        readonly [name: string]: Tensor;
    };
    readonly kept: readonly string[];
};
type PartState = {
    readonly optimized?: OptimizedState;
    readonly file?: string;
    readonly graph?: string;
};
type RecordedTraits = {
    readonly target: Target;
    readonly platform: string;
    readonly arch: string;
    readonly ort: string;
    readonly features: readonly string[];
    readonly cores?: number;
};
type State = {
    readonly machine: RecordedTraits;
    readonly parts: {
        readonly [part: string]: PartState;
    };
};

// @damson/compilers/simplify
export const simplify: Defined<{
    rules: Param<"all" | readonly ("axes" | "branches" | "common" | "constants" | "convolutions" | "identities" | "logic" | "products" | "scaling" | "sizes" | "slices" | "views" | "weights")[]>;
    foldLimit: Param<number>;
    opset: Param<number | "keep">;
    functions: Param<"inline" | "keep">;
}, Readonly<Record<string, readonly StateValue[]>>>;

// @damson/compilers/static-shapes
export const staticShapes: Defined<{
    dims: Param<Readonly<Record<string, number>>>;
    limit: Param<number>;
}, State>;
// mentioned, not exported
type Rounds = readonly Readonly<Record<string, Readonly<Record<string, Tensor>>>>[];
type State = {
    readonly [part: string]: Rounds;
};

// @damson/compilers/tune
export const tune: Defined<{
    seconds: Param<number>;
    trials: Param<number>;
    pairs: Param<number>;
    margin: Param<number>;
    threads: Param<readonly number[] | "auto">;
    dims: Param<Readonly<Record<string, number>>>;
    providers: Param<readonly string[] | "auto">;
}, State>;
// mentioned, not exported
type Options = {
    readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'all';
    readonly executionMode?: 'sequential' | 'parallel';
    readonly intraOpNumThreads?: number;
    readonly interOpNumThreads?: number;
    readonly enableCpuMemArena?: boolean;
    readonly enableMemPattern?: boolean;
    readonly executionProviders?: readonly string[];
    readonly freeDimensionOverrides?: {
        readonly [name: string]: number;
    };
    readonly config?: {
        readonly [key: string]: string;
    };
};
type PartState = {
    readonly options: Options;
    readonly trials: readonly Trial[];
    readonly graph: string;
    readonly found: 'searched' | 'kept';
};
type RecordedTraits = {
    readonly target: Target;
    readonly platform: string;
    readonly arch: string;
    readonly ort: string;
    readonly features: readonly string[];
    readonly cores?: number;
};
type State = {
    readonly machine: RecordedTraits;
    readonly parts: {
        readonly [part: string]: PartState;
    };
};
type Trial = {
    readonly options: Options;
    readonly verdict: 'won' | 'beaten' | 'open' | 'failed' | 'differs';
    readonly pairs: number;
    readonly ratio: number | null;
    readonly interval: readonly [
        number,
        number
    ] | null;
    readonly reason: string;
};
