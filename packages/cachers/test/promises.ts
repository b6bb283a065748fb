// What every cacher is held to, as numbers: how far a generation in which it never reuses is from the plain model, and how far
// what it reuses is apart in a batch, in two branches of guidance and beside another generation.
import { smash, ungated, type Live, type Model, type Part, type Step } from '@damson/core'
import type { OpenRuntime } from '@damson/runtime'
import { denoiserOfModel, feedsAt, furthest, runLoop, stackedFeeds, type Loop } from './denoising.ts'

export interface Promised {
  /** The step, with settings at which something is reused within its steps. */
  readonly cacher: () => Step
  /** Settings of one generation at which nothing is ever reused. */
  readonly never: Readonly<Record<string, unknown>>
  /** Steps of its generations; 3 if not given. */
  readonly steps?: number
}

/** Distances relative to the largest number of the plain model; 0 is equal bit for bit. */
export interface Kept {
  /** From the plain model, never reusing, at graph optimization `basic`. */
  readonly never: number
  /** The same at `all`, where an If changes what ONNX Runtime fuses. */
  readonly neverAll: number
  /** From the plain model, reusing. */
  readonly reused: number
  /** Of a batch from its members alone. */
  readonly batch: number
  /** Of each branch from a generation of its own, another generation running between. */
  readonly branches: number
}

type Rows = readonly (readonly number[])[]

/** Tries a cacher on a denoiser; `made` is what it made of it, where that is known. */
export async function tryPromises(
  runtime: OpenRuntime,
  model: Model,
  { cacher, never, steps = 3 }: Promised,
  made?: Model,
): Promise<Kept> {
  const part = denoiserOfModel(model)
  const step = cacher()
  const cached = made ?? (await smash(model, [step]))
  const controls = { controls: { [step.algorithm.id]: never } }
  const loops = [
    { steps, seed: 1 },
    { steps, seed: 50 },
  ] as const
  const distance = async (level: 'basic' | 'all', loop: Loop): Promise<number> =>
    furthest(await plainRows(runtime, model, level, loop), await withOpen(runtime, cached, level, live => runLoop(live, part, loop, controls))) // prettier-ignore
  return withOpen(runtime, cached, 'basic', async live => {
    const plain = await plainRows(runtime, model, 'basic', loops[0])
    const alone = [await runLoop(live, part, loops[0]), await runLoop(live, part, loops[1])] as const
    const batch = await runBatch(live, part, loops)
    const half = (at: 0 | 1): Rows => batch.map(row => row.slice((at * row.length) / 2, ((at + 1) * row.length) / 2)) // prettier-ignore
    const branches = await runBranches(live, part, loops)
    return {
      never: furthest(plain, await runLoop(live, part, loops[0], controls)),
      neverAll: await distance('all', { ...loops[0], steps: 2 }),
      reused: furthest(plain, alone[0]),
      batch: Math.max(furthest(alone[0], half(0)), furthest(alone[1], half(1))),
      branches: Math.max(
        furthest(alone[0], branches[0]),
        furthest(alone[1], branches[1]),
        furthest(alone[1], branches[2]),
      ),
    }
  })
}

/** How far a cached model without its ports is from its source, at `basic`. */
export async function tryTwin(runtime: OpenRuntime, source: Model, cached: Model): Promise<number> {
  const [loop, part] = [{ steps: 2 }, denoiserOfModel(source)]
  const plain = await plainRows(runtime, source, 'basic', loop)
  return furthest(plain, await withOpen(runtime, ungated(cached), 'basic', live => runLoop(live, part, loop)))
}

export async function withOpen<T>(
  runtime: OpenRuntime,
  model: Model,
  level: 'basic' | 'all',
  use: (live: Live) => Promise<T>,
): Promise<T> {
  const live = await runtime.open(model, { session: { graphOptimizationLevel: level } })
  try {
    return await use(live)
  } finally {
    await live.close()
  }
}

const plainRuns = new WeakMap<Model, Map<string, Rows>>()

/** What the plain model answers, run once for all that ask. */
async function plainRows(
  runtime: OpenRuntime,
  model: Model,
  level: 'basic' | 'all',
  loop: Loop,
): Promise<Rows> {
  const runs = plainRuns.get(model) ?? new Map<string, Rows>()
  plainRuns.set(model, runs)
  const key = JSON.stringify([level, loop])
  const known = runs.get(key) ?? await withOpen(runtime, model, level, live => runLoop(live, denoiserOfModel(model), loop)) // prettier-ignore
  runs.set(key, known)
  return known
}

/** Both loops as one batch. */
async function runBatch(live: Live, part: Part, [first, second]: readonly [Loop, Loop]): Promise<Rows> {
  const generation = live.generation({ steps: first.steps })
  const found: number[][] = []
  for (let step = 0; step < first.steps; step++) {
    const feeds = stackedFeeds(part, [feedsAt(part, first, step), feedsAt(part, second, step)])
    found.push(numbersOf(await generation.run(part.name, feeds, { step })))
  }
  await generation.close()
  return found
}

/** The loops as two branches of one generation, the second in another generation beside it too. */
async function runBranches(
  live: Live,
  part: Part,
  loops: readonly [Loop, Loop],
): Promise<readonly [Rows, Rows, Rows]> {
  const [first, second] = loops
  const generation = live.generation({ steps: first.steps })
  const beside = live.generation({ steps: first.steps })
  const found: [number[][], number[][], number[][]] = [[], [], []]
  for (let step = 0; step < first.steps; step++) {
    const [one, other] = [feedsAt(part, first, step), feedsAt(part, second, step)]
    found[0].push(numbersOf(await generation.run(part.name, one, { step, branch: 'cond' })))
    found[1].push(numbersOf(await generation.run(part.name, other, { step, branch: 'uncond' })))
    found[2].push(numbersOf(await beside.run(part.name, other, { step, branch: 'cond' })))
  }
  await Promise.all([generation.close(), beside.close()])
  return found
}

function numbersOf(outputs: Readonly<Record<string, { readonly data: ArrayLike<unknown> }>>): number[] {
  return Array.from(Object.values(outputs)[0]?.data ?? [], Number)
}
