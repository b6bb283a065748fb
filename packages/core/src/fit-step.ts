// One fit: everything an algorithm may learn from, and nothing else. What it opens is closed and what it puts aside is
// freed when it ends, however it ends.
import { DamsonError, type Source } from '@damson/graph'
import type { FitContext, Sample, Scratch, State } from './algorithm.ts'
import { now } from './clock.ts'
import { preparedFolder } from './files.ts'
import type { Model } from './model.ts'
import type { Params } from './params.ts'
import type { Feeds, Live, Runtime } from './runtime.ts'
import { samplesOf, type Samples } from './samples.ts'
import { withSettledBodies } from './settled-bodies.ts'
import { contextOf, type StepAtWork } from './step-context.ts'
import { stepError, untilAborted } from './step-errors.ts'

/** What a run of `smash` lends to its fits. */
export interface FitMeans {
  readonly source: Model
  readonly samples: Samples | undefined
  readonly runtime: Runtime | undefined
  readonly signal: AbortSignal
  /** A place for spilled data; memory when none is given. */
  readonly scratch: (() => Scratch & { free?(): Promise<void> }) | undefined
  progress(step: string, done: number, total: number): void
}

/** What a fit leaves: its state, and files that the model carries from now on. */
export interface Fitted {
  readonly state: State
  readonly files: ReadonlyMap<string, Source>
}

/** Runs the `fit` of a step, if it has one. Rejects with `aborted` at once when the signal says so. */
export async function runFit(model: Model, step: StepAtWork, means: FitMeans): Promise<Fitted> {
  const { fit } = step.algorithm
  const files = new Map<string, Source>()
  if (!fit) return { state: undefined, files }
  const opened: Live[] = []
  const scratch = means.scratch?.() ?? memoryScratch()
  const context = { ...fitContext(model, step, means, scratch), ...opening(step, means, files, opened) }
  try {
    const state = await untilAborted(Promise.resolve(fit.call(step.algorithm, context)), means.signal)
    return { state, files }
  } catch (error) {
    throw stepError(step.id, error)
  } finally {
    await Promise.allSettled(opened.map(live => live.close()))
    await scratch.free?.()
  }
}

function fitContext(
  model: Model,
  step: StepAtWork,
  means: FitMeans,
  scratch: Scratch,
): Omit<FitContext<Params>, 'open' | 'prepare' | 'optimized'> {
  const { signal } = means
  const runtime = (): Runtime => means.runtime ?? missingRuntime(step.id)
  return {
    ...contextOf(step, model),
    model,
    source: means.source,
    signal,
    scratch,
    samples: part => samplesOf(means.samples, model, part, signal),
    statistics: (part, requests, graph = model.part(part).graph, sampleCount = Infinity) => {
      const feeds = feedsOf(samplesOf(means.samples, model, part, signal), sampleCount)
      return runtime().statistics(graph, requests, feeds, { signal })
    },
    machine: async () => runtime().traits(),
    progress: (done, total) => means.progress(step.id, done, total),
    now: () => (step.algorithm.measures === true ? now() : noClock(step.id)),
  }
}

/** What ONNX Runtime opens, and what it makes of graphs: other graphs, and files. */
function opening(
  step: StepAtWork,
  { runtime, signal }: FitMeans,
  files: Map<string, Source>,
  opened: Live[],
): Pick<FitContext<Params>, 'open' | 'prepare' | 'optimized'> {
  return {
    async open(graph, session = {}) {
      const { prepared, ...options } = session
      const own = [...files].filter(([path]) => prepared !== undefined && path.startsWith(prepared))
      const live = await (runtime ?? missingRuntime(step.id)).open(withSettledBodies(graph), {
        signal,
        session: options,
        ...(own.length > 0 ? { prepared: new Map(own) } : {}),
      })
      opened.push(live)
      return live
    },
    optimized: async (graph, session) =>
      (runtime ?? missingRuntime(step.id)).optimized?.(withSettledBodies(graph), {
        signal,
        ...(session ? { session } : {}),
      }),
    async prepare(graph, name, options) {
      const made = await (runtime ?? missingRuntime(step.id)).prepare?.(withSettledBodies(graph), name, {
        ...options,
        signal,
      })
      const [main] = made?.keys() ?? []
      for (const [path, source] of made ?? []) files.set(`${preparedFolder}${path}`, source)
      return main === undefined ? undefined : `${preparedFolder}${main}`
    },
  }
}

/** Goes through the samples anew each time: a histogram takes two passes. */
function feedsOf(samples: AsyncIterable<Sample>, count: number): AsyncIterable<Feeds> {
  return {
    async *[Symbol.asyncIterator]() {
      let given = 0
      for await (const { feeds } of samples) {
        if (given++ >= count) return
        yield feeds
      }
    },
  }
}

function memoryScratch(): Scratch & { free(): Promise<void> } {
  const kept = new Map<string, Uint8Array>()
  return {
    put: async (name, bytes) => void kept.set(name, bytes.slice()),
    get: async name => kept.get(name)?.slice() ?? nothingAt(name),
    free: async () => kept.clear(),
  }
}

function nothingAt(name: string): never {
  throw new DamsonError('missing-scratch', `Expected something put aside as "${name}", but nothing was.`)
}

function noClock(id: string): never {
  throw new DamsonError('no-clock', `${id} asks for the time, but does not declare "measures: true".`)
}

function missingRuntime(id: string): never {
  throw new DamsonError(
    'missing-runtime',
    `${id} runs graphs while it fits. Pass { runtime: createRuntime() } with createRuntime from '@damson/runtime'.`,
    { details: { step: id } },
  )
}
