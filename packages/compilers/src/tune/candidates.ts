// What is tried, one thing after the other on top of what has won so far. The order is that of what it usually brings.

/** Options of a session, as they are kept in a state. */
export type Options = {
  readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'all'
  readonly executionMode?: 'sequential' | 'parallel'
  readonly intraOpNumThreads?: number
  readonly interOpNumThreads?: number
  readonly enableCpuMemArena?: boolean
  readonly enableMemPattern?: boolean
  readonly executionProviders?: readonly string[]
  readonly freeDimensionOverrides?: { readonly [name: string]: number }
  readonly config?: { readonly [key: string]: string }
}

export interface Space {
  readonly cores: number
  /** Numbers of threads; `auto`: 1, 2, 4 … and all cores. */
  readonly threads: readonly number[] | 'auto'
  /** Execution providers besides that of the target. */
  readonly providers: readonly string[]
  /** Sizes of open dims. */
  readonly dims: Readonly<Record<string, number>>
}

/** Candidates in the order of trial; each changes one thing. */
export function candidates({ cores, threads, providers, dims }: Space): readonly Options[] {
  return [
    ...providers.map((name): Options => ({ executionProviders: [name] })),
    ...(threads === 'auto' ? powers(cores) : threads).map((count): Options => ({ intraOpNumThreads: count })),
    ...(Object.keys(dims).length > 0 ? [{ freeDimensionOverrides: dims }] : []),
    { graphOptimizationLevel: 'extended' },
    { graphOptimizationLevel: 'basic' },
    { graphOptimizationLevel: 'disabled' },
    { executionMode: 'parallel', interOpNumThreads: Math.min(2, cores) },
    { config: { 'session.intra_op.allow_spinning': '0' } },
    { enableMemPattern: false },
    { enableCpuMemArena: false },
    { config: { 'session.disable_prepacking': '1' } },
  ]
}

/** 1, 2, 4 … below `cores`, and `cores`. */
function powers(cores: number): readonly number[] {
  const found = [cores]
  for (let count = 1; count < cores; count *= 2) found.push(count)
  return found.toSorted((a, b) => a - b)
}

/** The options with some changed. */
export function withOptions(options: Options, changed: Options): Options {
  const { config } = options
  return { ...options, ...changed, ...(changed.config ? { config: { ...config, ...changed.config } } : {}) }
}

/** True where a change has no effect on top of some options. */
export function isIdle(options: Options, changed: Options): boolean {
  const spins = changed.config?.['session.intra_op.allow_spinning'] !== undefined
  if (spins && options.intraOpNumThreads === 1) return true
  return JSON.stringify(withOptions(options, changed)) === JSON.stringify(options)
}
