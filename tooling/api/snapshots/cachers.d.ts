// The public API of @damson/cachers. Written by `pnpm api --update`; a change here is a change for users.

// @damson/cachers
export type CacheSchedule = Readonly<Record<string, StepKind>>;
export type LearntCache = {
    readonly steps: number;
    readonly sample: string;
    readonly full: readonly (readonly number[])[];
    readonly errors: readonly number[];
    readonly weights: readonly (readonly (readonly number[])[])[];
};
export type StepKind = 'full' | 'reuse' | 'forecast';
export const adaptiveCache: Defined<{
    threshold: Param<number>;
    maxSkips: Param<number>;
}, undefined>;
export const autoCache: Defined<{
    speedFactor: Param<number>;
    steps: Param<Readonly<Record<string, "forecast" | "full" | "reuse">>>;
}, Learnt>;
export const deepCache: Defined<{
    interval: Param<number>;
    depth: Param<number | "auto">;
    schedule: Param<"power" | "uniform">;
    steps: Param<Readonly<Record<string, "forecast" | "full" | "reuse">>>;
}, undefined>;
export { explain } // of another package
export const fasterCache: Defined<{
    interval: Param<number>;
    window: Param<readonly [
        number,
        number
    ]>;
    cfg: Param<boolean>;
}, undefined>;
export const firstBlock: Defined<{
    threshold: Param<number>;
}, undefined>;
export const fora: Defined<{
    interval: Param<number>;
    start: Param<number>;
    scope: Param<"attention" | "block" | "mlp">;
    steps: Param<Readonly<Record<string, "forecast" | "full" | "reuse">>>;
}, undefined>;
export function learntSchedule({ steps, full }: LearntCache, speedFactor: number): CacheSchedule;
export { load } // of another package
export const pab: Defined<{
    spatial: Param<number>;
    cross: Param<number>;
    window: Param<readonly [
        number,
        number
    ]>;
}, undefined>;
export const periodicCache: Defined<{
    interval: Param<number>;
    start: Param<number>;
    steps: Param<Readonly<Record<string, "forecast" | "full" | "reuse">>>;
}, undefined>;
export { plan } // of another package
export function printSchedule(schedule: CacheSchedule, steps: number): string;
export { save } // of another package
export { smash } // of another package
export const taylorSeer: Defined<{
    interval: Param<number>;
    order: Param<number>;
    start: Param<number>;
    scope: Param<"features" | "output">;
    depth: Param<number | "auto">;
    steps: Param<Readonly<Record<string, "forecast" | "full" | "reuse">>>;
}, undefined>;
export const teaCache: Defined<{
    threshold: Param<number>;
}, Readonly<Record<string, readonly number[]>>>;
export const textKv: Defined<{}, undefined>;
// mentioned, not exported
type Learnt = {
    readonly [part: string]: LearntCache;
};

// @damson/cachers/adaptive-cache
export const adaptiveCache: Defined<{
    threshold: Param<number>;
    maxSkips: Param<number>;
}, undefined>;

// @damson/cachers/auto-cache
export type LearntCache = {
    readonly steps: number;
    readonly sample: string;
    readonly full: readonly (readonly number[])[];
    readonly errors: readonly number[];
    readonly weights: readonly (readonly (readonly number[])[])[];
};
export const autoCache: Defined<{
    speedFactor: Param<number>;
    steps: Param<Readonly<Record<string, "forecast" | "full" | "reuse">>>;
}, Learnt>;
export function learntSchedule({ steps, full }: LearntCache, speedFactor: number): CacheSchedule;
// mentioned, not exported
type CacheSchedule = Readonly<Record<string, StepKind>>;
type Learnt = {
    readonly [part: string]: LearntCache;
};
type StepKind = 'full' | 'reuse' | 'forecast';

// @damson/cachers/deep-cache
export const deepCache: Defined<{
    interval: Param<number>;
    depth: Param<number | "auto">;
    schedule: Param<"power" | "uniform">;
    steps: Param<Readonly<Record<string, "forecast" | "full" | "reuse">>>;
}, undefined>;

// @damson/cachers/faster-cache
export const fasterCache: Defined<{
    interval: Param<number>;
    window: Param<readonly [
        number,
        number
    ]>;
    cfg: Param<boolean>;
}, undefined>;

// @damson/cachers/first-block
export const firstBlock: Defined<{
    threshold: Param<number>;
}, undefined>;

// @damson/cachers/fora
export const fora: Defined<{
    interval: Param<number>;
    start: Param<number>;
    scope: Param<"attention" | "block" | "mlp">;
    steps: Param<Readonly<Record<string, "forecast" | "full" | "reuse">>>;
}, undefined>;

// @damson/cachers/pab
export const pab: Defined<{
    spatial: Param<number>;
    cross: Param<number>;
    window: Param<readonly [
        number,
        number
    ]>;
}, undefined>;

// @damson/cachers/periodic-cache
export const periodicCache: Defined<{
    interval: Param<number>;
    start: Param<number>;
    steps: Param<Readonly<Record<string, "forecast" | "full" | "reuse">>>;
}, undefined>;

// @damson/cachers/taylor-seer
export const taylorSeer: Defined<{
    interval: Param<number>;
    order: Param<number>;
    start: Param<number>;
    scope: Param<"features" | "output">;
    depth: Param<number | "auto">;
    steps: Param<Readonly<Record<string, "forecast" | "full" | "reuse">>>;
}, undefined>;

// @damson/cachers/tea-cache
export const teaCache: Defined<{
    threshold: Param<number>;
}, Readonly<Record<string, readonly number[]>>>;

// @damson/cachers/text-kv
export const textKv: Defined<{}, undefined>;
