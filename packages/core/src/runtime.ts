// What core asks of whatever runs models. `@damson/runtime` implements it over ONNX Runtime; core itself runs nothing.
import type { DataType, Graph, Source } from '@damson/graph'
import type { Model } from './model.ts'
import type { Generation } from './middleware.ts'

/** The machine a model is meant for. */
export type Target = 'cpu' | 'cpu:vnni' | 'wasm' | 'webgpu' | 'cuda' | (string & {})

/** A typed array of tensor elements; float16 and bfloat16 as their 16-bit patterns, bool as 0 and 1. */
export type Elements =
  | Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array
  | BigInt64Array | BigUint64Array // prettier-ignore

/** A tensor outside a graph: what goes into and comes out of a run. Plain data, so it crosses threads and processes. */
export type TensorData =
  | {
      readonly dtype: Exclude<DataType, 'string'>
      readonly shape: readonly number[]
      readonly data: Elements
    }
  | { readonly dtype: 'string'; readonly shape: readonly number[]; readonly data: readonly string[] }
export type Feeds = Readonly<Record<string, TensorData>>
export type Outputs = Readonly<Record<string, TensorData>>

/** Options of ONNX Runtime sessions that algorithms may set; merged in the order of the plan. @experimental */
export interface SessionOptions {
  readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'layout' | 'all'
  readonly executionMode?: 'sequential' | 'parallel'
  readonly intraOpNumThreads?: number
  readonly interOpNumThreads?: number
  readonly enableCpuMemArena?: boolean
  readonly enableMemPattern?: boolean
  readonly executionProviders?: readonly string[]
  readonly freeDimensionOverrides?: Readonly<Record<string, number>>
  /** `session.*` keys of ONNX Runtime. */
  readonly config?: Readonly<Record<string, string>>
  /** Path of a file that the model carries, made by `prepare` of this part: it is opened in place of the graph. */
  readonly prepared?: string
}

/** How a file is made that ONNX Runtime opens without work. @experimental */
export interface PrepareOptions {
  readonly session?: SessionOptions
  readonly format: 'onnx' | 'ort'
  /** Weights are stored as the kernels of this machine want them, too. Only `onnx`. */
  readonly packed: boolean
  readonly signal?: AbortSignal
}

/** What a machine is, as far as results or speed depend on it. */
export interface MachineTraits {
  readonly platform: string
  readonly arch: string
  readonly cores: number
  readonly ort: string
  readonly features: readonly string[]
  /** Execution providers that the runtime was built with; whether they work here shows when a session is opened. */
  readonly providers?: readonly string[]
}

/** Statistics of values inside a part, gathered while samples stream through. @experimental */
export interface Statistics {
  readonly requests: readonly StatisticRequest[]
  readonly results: ReadonlyMap<string, StatisticResult>
}
export interface StatisticRequest {
  /** Name of the value (of any body; inner ones as `path/name`). */
  readonly value: string
  readonly kind: 'minmax' | 'absmax' | 'moments' | 'histogram' | 'gram'
  /** Keep this axis (channels); without it one number for all. */
  readonly axis?: number
  readonly bins?: number
  /** Of a histogram: over ±max|x| instead of from the least to the greatest number. */
  readonly symmetric?: boolean
  /** Of a histogram: about so many elements of a run are counted, every n-th; default all. The extremes are of all. */
  readonly most?: number
}
export interface StatisticResult {
  /** Finite positions seen, and others: those count in nothing else. */
  readonly count: number
  readonly excluded: number
  /** Finite positions of each channel, where an axis was kept. */
  readonly counts?: Float64Array
  readonly min?: Float64Array
  readonly max?: Float64Array
  /** Sums over runs of the least and the greatest number of each, and how many runs had one (`minmax`). */
  readonly sumOfMins?: Float64Array
  readonly sumOfMaxs?: Float64Array
  readonly runs?: number
  /** Largest |x|. */
  readonly absmax?: Float64Array
  readonly sum?: Float64Array
  readonly sumOfSquares?: Float64Array
  /** Σ|x|. */
  readonly sumOfAbsolutes?: Float64Array
  readonly histogram?: { readonly counts: Float64Array; readonly from: number; readonly to: number }
  /** XᵀX [k, k] over rows of the value's last axis. */
  readonly gram?: Float64Array
  /** Rows that went into `gram`. */
  readonly rows?: number
}

/** Something open that runs; sessions belong to the runtime. */
export interface Live {
  /** Runs one part once, outside any generation. */
  run(part: string, feeds: Feeds, options?: { readonly signal?: AbortSignal }): Promise<Outputs>
  generation(options?: Omit<Generation, 'run'>): {
    run(
      part: string,
      feeds: Feeds,
      call?: { readonly step?: number; readonly branch?: 'cond' | 'uncond' | 'both' },
    ): Promise<Outputs>
    close(): Promise<void>
  }
  close(): Promise<void>
}

/**
 * Who writes a runtime may leave slots out: calls that have no `slot` are never asked to keep or take anything, and outputs that
 * a call would `leave` may come all the same. A runtime whose calls have one keeps the tensor of an output where its sessions run,
 * feeds it to inputs from there, leaves a slot empty when the call fails or is aborted, throws `slot` for one of another part, of a
 * generation that is closed, or empty, and `slot-lost` for one whose tensor is gone through no fault of the caller.
 */
export interface Runtime {
  readonly target: Target
  traits(): Promise<MachineTraits>
  open(
    what: Model | Graph,
    options?: {
      readonly session?: SessionOptions
      readonly signal?: AbortSignal
      /** Of a graph: files that `prepare` gave, opened in its place. */
      readonly prepared?: ReadonlyMap<string, Source>
    },
  ): Promise<Live>
  statistics(
    graph: Graph,
    requests: readonly StatisticRequest[],
    samples: AsyncIterable<Feeds>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<ReadonlyMap<string, StatisticResult>>
  /** The graph as ONNX Runtime optimizes it when it opens it: what really runs. Undefined where it cannot be had (browsers). */
  optimized?(
    graph: Graph,
    options?: { readonly session?: SessionOptions; readonly signal?: AbortSignal },
  ): Promise<Graph | undefined>
  /**
   * Files, by name, that ONNX Runtime opens in place of a graph: optimized for this machine and stored as it wants them. The
   * first is the one to open. They last as long as the runtime. Undefined where they cannot be had (browsers).
   */
  prepare?(
    graph: Graph,
    name: string,
    options: PrepareOptions,
  ): Promise<ReadonlyMap<string, Source> | undefined>
  close(): Promise<void>
}
