// The public API of @damson/runtime. Written by `pnpm api --update`; a change here is a change for users.

// @damson/runtime
export interface ArrayFile {
    readonly names: readonly string[];
    read(name: string): Promise<TensorData>;
}
export type Begin = (options?: Omit<Generation, 'run'>) => RecordedRun;
export interface FeedsOptions {
    readonly dims?: Readonly<Record<string, number>>;
    readonly seed?: number;
    readonly values?: Readonly<Record<string, number>>;
}
export interface LoadsAndRunsOptions {
    readonly feeds?: (part: Part) => Feeds;
    readonly signal?: AbortSignal;
}
export interface OpenGeneration {
    run(part: string, feeds: Feeds, call?: CallOptions): Promise<Outputs>;
    close(): Promise<void>;
}
export interface OpenLive extends Live {
    generation(options?: Omit<Generation, 'run'>): OpenGeneration;
    [Symbol.asyncDispose](): Promise<void>;
}
export interface OpenRuntime extends Runtime {
    open(what: Model | Graph, options?: Parameters<Runtime['open']>[1]): Promise<OpenLive>;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export interface QualitySums {
    readonly signal: number;
    readonly noise: number;
    readonly product: number;
    readonly power: number;
    readonly excluded: number;
    readonly broken: number;
}
export interface RecordOptions {
    readonly runtime?: Runtime;
    readonly signal?: AbortSignal;
    readonly memoryBytes?: number;
}
export type RecordedRun = (part: string, feeds: Feeds, call?: {
    readonly step?: number;
    readonly branch?: Call['branch'];
}) => Promise<Outputs>;
export interface RuntimeOptions {
    readonly target?: Target;
    readonly ort?: object;
    readonly isolate?: 'thread' | 'worker' | 'process';
    readonly session?: SessionOptions;
    readonly queue?: number;
    readonly wasmPaths?: string;
    readonly wasmThreads?: number;
    readonly onEvent?: (event: PoolEvent | Warning) => void;
}
export interface SampleSet extends AsyncIterable<Sample> {
    readonly size: number;
    readonly parts: readonly string[];
    readonly of: (part: string) => AsyncIterable<Sample>;
    close(): Promise<void>;
}
export function addQuality(got: TensorData, want: TensorData, sums?: QualitySums): QualitySums;
export function cosineOf({ signal, power, product, broken }: QualitySums): number;
export function createRuntime(options?: RuntimeOptions): OpenRuntime;
export function evaluator(runtime: Runtime): (graph: Graph) => Promise<ReadonlyMap<string, Tensor>>;
export function feedsFor(graph: Graph, options?: FeedsOptions): Feeds;
export function halfOf(value: number): number;
export function isFloatOutput({ dtype }: TensorData): boolean;
export function loadsAndRuns(runtime: Runtime, { feeds, signal }?: LoadsAndRunsOptions): (written: readonly Part[]) => Promise<void>;
export function numberOfHalf(bits: number): number;
export function openNpz(bytes: Uint8Array, file?: string): ArrayFile;
export function openSafetensors(source: Source): Promise<ArrayFile>;
export function readNpy(bytes: Uint8Array): TensorData;
export function record(what: Model | Live, loop: (run: RecordedRun, begin: Begin) => Promise<void>, { runtime, signal, memoryBytes }?: RecordOptions): Promise<SampleSet>;
export function sqnr(actual: Outputs, expected: Outputs): number;
export function sqnrOf({ signal, noise, broken }: QualitySums): number;
export function tensorOfNested(value: unknown, dtype: string): TensorData;
// mentioned, not exported
interface PoolEvent {
    readonly type: 'session-open' | 'session-close' | 'interrupted';
    readonly sessions: number;
}
type CallOptions = {
    readonly step?: number;
    readonly branch?: Call['branch'];
};
type Warning = Extract<SmashEvent, {
    readonly type: 'warning';
}>;
