// A denoising loop over the denoisers of the zoo, as all tests of cachers run it: latents that drift, one prompt, fixed seeds.
// A spy step, innermost, notes what reaches the graph.
import { defineAlgorithm, load, smash, type Feeds, type Generation, type Live, type Middleware, type Model, type Part, type Step } from '@damson/core' // prettier-ignore
import { createRuntime, feedsFor, type OpenRuntime } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'

export function zooModel(path: string): Promise<Model> {
  return load(requireZoo(path))
}

export function denoiserOfModel(model: Model): Part {
  const found = [...model.parts.values()].find(part => part.role === 'denoiser')
  if (!found) throw new Error('expected a denoiser among the parts')
  return found
}

/** One thread a session, so that the order of sums does not hang on the machine. */
export function oneThread(): OpenRuntime {
  return createRuntime({ session: { intraOpNumThreads: 1 } })
}

export interface Loop {
  readonly steps: number
  readonly seed?: number
  readonly rows?: number
  readonly width?: number
  /** Another prompt from this step on. */
  readonly newPromptAt?: number
  /** Radians that the latents turn each step. */
  readonly drift?: number
  /** The time of the first step at every step. */
  readonly still?: true
}

/** Feeds of one step: x = x₀·cos(s·drift) + x₁·sin(s·drift), time running down. */
export function feedsAt(part: Part, loop: Loop, step: number): Feeds {
  const { seed = 1, rows = 1, width = 16, newPromptAt = Infinity, drift = 0.1 } = loop
  const dims = {
    batch_size: rows,
    batch: rows,
    height: 16,
    width,
    packed_height_width: 16,
    sequence_length: 7,
    steps: 1,
  }
  const from = feedsFor(part.graph, { dims, seed })
  const to = feedsFor(part.graph, { dims, seed: seed + 1000 })
  const other = step >= newPromptAt ? feedsFor(part.graph, { dims, seed: seed + 2000 }) : from
  const feeds: Record<string, Feeds[string]> = {}
  for (const [name, tensor] of Object.entries(from)) {
    const end = to[name]?.data ?? []
    feeds[name] =
      name === 'sample' || name === 'hidden_states'
        ? { dtype: 'float32', shape: tensor.shape, data: Float32Array.from({ length: tensor.data.length }, (_, i) => Number(tensor.data[i]) * Math.cos(drift * step) + Number(end[i]) * Math.sin(drift * step)) } // prettier-ignore
        : name === 'timestep'
          ? timeAt(tensor, loop.still ? 0 : step / loop.steps)
          : (other[name] ?? tensor)
  }
  return feeds
}

function timeAt({ dtype, shape, data }: Feeds[string], done: number): Feeds[string] {
  return dtype === 'int64'
    ? { dtype, shape, data: new BigInt64Array(data.length).fill(BigInt(Math.round(999 * (1 - done)))) }
    : { dtype: 'float32', shape, data: new Float32Array(data.length).fill(1 - done) }
}

/** The numbers of the first output at each step. */
export async function runLoop(
  live: Live,
  part: Part,
  loop: Loop,
  options: Omit<Generation, 'run'> = {},
  branch: 'cond' | 'uncond' | 'both' = 'both',
): Promise<readonly (readonly number[])[]> {
  // prettier-ignore
  const generation = live.generation({ steps: loop.steps, ...options })
  const found: (readonly number[])[] = []
  for (let step = 0; step < loop.steps; step++) {
    const outputs = await generation.run(part.name, feedsAt(part, loop, step), { step, branch })
    found.push([...(Object.values(outputs)[0]?.data ?? [])].map(Number))
  }
  await generation.close()
  return found
}

/** A loop over a model smashed with some steps, at one level of graph optimization. */
export async function denoised(
  runtime: OpenRuntime,
  model: Model,
  steps: readonly Step[],
  loop: Loop,
  level: 'basic' | 'all' = 'basic',
  options: Omit<Generation, 'run'> = {},
): Promise<readonly (readonly number[])[]> {
  // prettier-ignore
  const live = await runtime.open(await smash(model, steps), { session: { graphOptimizationLevel: level } })
  const found = await runLoop(live, denoiserOfModel(model), loop, options)
  await live.close()
  return found
}

/** Notes the feeds of every run that reaches the graph. Put it last in the list of steps. */
export function spy(seen: Feeds[]): Step {
  return aroundRuns('spy', next => (feeds, call) => {
    seen.push(feeds)
    return next(feeds, call)
  })
}

/** Middleware as a step: put last it is next to the graph, put first next to the caller. */
export function aroundRuns(name: string, around: ReturnType<Middleware>['around']): Step {
  return defineAlgorithm({
    id: `@test/cachers/${name}`,
    version: 1,
    summary: 'Looks at runs.',
    contract: {},
    params: {},
    groups: part => [{ sites: [{ part }] }],
    wrap:
      ({ parts }) =>
      () => ({ part: parts[0] ?? '', around }),
  })()
}

/** max|a − b| / max|a| over all steps. */
export function furthest(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number {
  const distance = Math.max(...a.flatMap((row, at) => row.map((x, i) => Math.abs(x - (b[at]?.[i] ?? NaN)))))
  return distance / Math.max(...a.flatMap(row => row.map(Math.abs)))
}

/** Feeds of several rows as one batch: inputs whose first size is that of the latents, and times of rank 1. */
export function stackedFeeds({ graph }: Part, rows: readonly Feeds[]): Feeds {
  const first = rows[0] ?? {}
  const sizeOf = (name: string): unknown => {
    const type = graph.inputs.find(input => input.name === name)?.type
    return type?.kind === 'tensor' ? type.shape?.[0] : undefined
  }
  const batch = sizeOf('sample') ?? sizeOf('hidden_states')
  return Object.fromEntries(
    Object.entries(first).map(([name, tensor]) => {
      const size = sizeOf(name)
      const perRow = size === batch || (name === 'timestep' && size === 'step')
      if (!perRow) return [name, tensor]
      const data = rows.flatMap(feeds => Array.from(feeds[name]?.data ?? [], Number))
      const shape = [rows.length, ...tensor.shape.slice(1)]
      return tensor.dtype === 'int64'
        ? [name, { dtype: 'int64', shape, data: BigInt64Array.from(data, BigInt) }]
        : [name, { dtype: 'float32', shape, data: Float32Array.from(data) }]
    }),
  )
}

/** Whether each step of a generation answers as that of another. */
export function sameSteps(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
): readonly boolean[] {
  return a.map((row, step) => row.every((number, i) => number === b[step]?.[i]))
}
