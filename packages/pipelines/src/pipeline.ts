// What all pipelines are: a model open on a runtime, and a function from an input to a result whose every call of a part goes
// through the model's middleware. The same function runs for results and for recording.
import type { Generation, Live, Model } from '@damson/core'
import { createRuntime, type Begin, type OpenRuntime } from '@damson/runtime'

export interface Pipeline<Input, Output> {
  readonly model: Model
  readonly live: Live
  run(input: Input): Promise<Output>
  /** As `run`, with generations that the caller begins: how calls are recorded. */
  runThrough(begin: Begin, input: Input): Promise<Output>
  /** Closes the sessions, and the runtime if it was made for this pipeline. */
  close(): Promise<void>
}

export interface PipelineOptions {
  /** Where parts run; by default a runtime of its own. */
  readonly runtime?: OpenRuntime
  readonly signal?: AbortSignal
}

/** A pipeline around `run`, with the model opened. */
export async function openPipeline<Input, Output>(
  model: Model,
  { runtime, signal }: PipelineOptions,
  run: (begin: Begin, input: Input) => Promise<Output>,
): Promise<Pipeline<Input, Output>> {
  const used = runtime ?? createRuntime()
  const live = await used.open(model, signal ? { signal } : {})
  return {
    model,
    live,
    runThrough: run,
    async run(input) {
      const open: { close(): Promise<void> }[] = []
      const begin: Begin = (options: Omit<Generation, 'run'> = {}) => {
        const generation = live.generation(options)
        open.push(generation)
        return generation.run
      }
      try {
        return await run(begin, input)
      } finally {
        for (const generation of open) await generation.close()
      }
    },
    async close() {
      await live.close()
      if (!runtime) await used.close()
    },
  }
}
