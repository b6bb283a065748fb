// Recording: a user's own loop runs against a live model, and the feeds of every call of a part become calibration samples.
import type { Call, Feeds, Generation, Live, Model, Outputs, Runtime, Sample } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { openSampleStore } from './sample-store.ts'

/** Runs a part and records what it was fed. `step` defaults to the number of calls of that part in the generation so far. */
export type RecordedRun = (
  part: string,
  feeds: Feeds,
  call?: { readonly step?: number; readonly branch?: Call['branch'] },
) => Promise<Outputs>

/** Begins another generation, with an id of its own in the samples. */
export type Begin = (options?: Omit<Generation, 'run'>) => RecordedRun

export interface RecordOptions {
  /** Opens a model; not needed for a live one. */
  readonly runtime?: Runtime
  readonly signal?: AbortSignal
  /** Samples beyond this many bytes go to a temporary file (in Node). Default 256 MiB. */
  readonly memoryBytes?: number
}

/** Recorded samples, in the order of the calls; can be gone through any number of times until closed. */
export interface SampleSet extends AsyncIterable<Sample> {
  readonly size: number
  /** Names of the parts that were called. */
  readonly parts: readonly string[]
  /** Those of one part: `smash(model, steps, { samples: set.of })`. */
  readonly of: (part: string) => AsyncIterable<Sample>
  /** Frees the memory and the temporary file. */
  close(): Promise<void>
}

const defaultMemoryBytes = 256 * 2 ** 20

/**
 * Records `loop`, which gets a `run` of its own, and `begin` for loops of several generations. What it throws is thrown, and
 * then nothing is left behind. Throws `options` for a model without a runtime.
 */
export async function record(
  what: Model | Live,
  loop: (run: RecordedRun, begin: Begin) => Promise<void>,
  { runtime, signal, memoryBytes = defaultMemoryBytes }: RecordOptions = {},
): Promise<SampleSet> {
  const live = await openFor(what, runtime, signal)
  const store = openSampleStore(memoryBytes)
  const generations: ReturnType<Live['generation']>[] = []
  const begin: Begin = (options = {}) => {
    const id = generations.length
    const generation = live.generation({ ...(signal ? { signal } : {}), ...options })
    generations.push(generation)
    const calls = new Map<string, number>()
    return async (part, feeds, call = {}) => {
      const count = calls.get(part) ?? 0
      calls.set(part, count + 1)
      const { step = count, branch = 'both' } = call
      await store.add({ part, feeds, run: { id, step, branch } })
      return generation.run(part, feeds, { step, branch })
    }
  }
  let first: RecordedRun | undefined
  try {
    await loop((...call) => (first ??= begin())(...call), begin)
  } catch (error) {
    await store.close()
    throw error
  } finally {
    for (const generation of generations) await generation.close()
    if (live !== what) await live.close()
  }
  return sampleSet(store)
}

async function openFor(
  what: Model | Live,
  runtime: Runtime | undefined,
  signal: AbortSignal | undefined,
): Promise<Live> {
  if ('generation' in what) return what
  if (runtime) return runtime.open(what, signal ? { signal } : {})
  throw new DamsonError(
    'options',
    'Expected a runtime to record a model with. Pass { runtime: createRuntime() }, or a live model.',
  )
}

function sampleSet(store: ReturnType<typeof openSampleStore>): SampleSet {
  const { size } = store
  const where = (accept: (part: string) => boolean): AsyncIterable<Sample> => ({
    async *[Symbol.asyncIterator]() {
      for (let index = 0; index < size; index++) if (accept(store.part(index))) yield await store.read(index)
    },
  })
  return {
    size,
    parts: [...new Set(Array.from({ length: size }, (_, index) => store.part(index)))],
    of: part => where(name => name === part),
    [Symbol.asyncIterator]: () => where(() => true)[Symbol.asyncIterator](),
    close: () => store.close(),
  }
}
