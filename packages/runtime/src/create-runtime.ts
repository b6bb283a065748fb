// The runtime: one engine, in this thread, a worker or a child process, and the sessions that it owns.
import type { MachineTraits, Model, Runtime, SessionOptions, Target } from '@damson/core'
import { DamsonError, type Graph } from '@damson/graph'
import { platform } from '#platform'
import type { Engine, EngineInfo } from './engine/engine.ts'
import { openLane } from './engine/lane.ts'
import { lazyEngine } from './engine/lazy-engine.ts'
import type { OrtChoice } from './engine/message.ts'
import { ortEngine } from './engine/ort-engine.ts'
import { remoteEngine } from './engine/remote-engine.ts'
import { openingOf, type Warning } from './live/opening.ts'
import { openLive, type OpenLive } from './live/open-live.ts'
import { readOrtModule } from './ort/ort-module.ts'
import { inMemory } from './session/graph-bytes.ts'
import { ortOptions, mergeSessionOptions, moduleFor } from './session/session-options.ts'
import { optimizedGraph } from './session/optimized-graph.ts'
import { prepareFiles, type PrepareMeans } from './session/prepare-files.ts'
import { sessionPool, type PoolEvent } from './session/sessions.ts'
import { gatherStatistics } from './statistics/gather.ts'

export interface RuntimeOptions {
  /** What models are meant for; decides ONNX Runtime's execution provider. Default `cpu`, in browsers `wasm`. */
  readonly target?: Target
  /** An ONNX Runtime module that is loaded already (`import * as ort from …`); only for `isolate: 'thread'`. */
  readonly ort?: object
  /**
   * Where sessions run. `thread` (default): here; a run blocks until it is done. `worker`: in a worker, so that this thread
   * stays responsive. `process` (Node): in a child process, which abort kills at once and whose crash is only an error.
   */
  readonly isolate?: 'thread' | 'worker' | 'process'
  /** Options for all sessions; what algorithms and `open` ask for wins over them. */
  readonly session?: SessionOptions
  /** Runs that may wait behind the one that runs, before `queue-full` is thrown. Default 256. */
  readonly queue?: number
  /** onnxruntime-web: where its .wasm files are, a URL ending in `/`. */
  readonly wasmPaths?: string
  /** onnxruntime-web: threads. Default 1; more need a page that is cross-origin isolated. */
  readonly wasmThreads?: number
  /** Sessions opened and closed, and warnings of steps. */
  readonly onEvent?: (event: PoolEvent | Warning) => void
}

export interface OpenRuntime extends Runtime {
  open(what: Model | Graph, options?: Parameters<Runtime['open']>[1]): Promise<OpenLive>
  /** Waits for runs under way, then closes every session and the worker or process. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const defaultQueue = 256

/** A runtime over onnxruntime-node or onnxruntime-web. Nothing is loaded or started before the first use. */
export function createRuntime(options: RuntimeOptions = {}): OpenRuntime {
  const target = options.target ?? (platform.name === 'node' ? 'cpu' : 'wasm')
  const choice = ortChoice(target, options)
  const emit = options.onEvent ?? (() => {})
  const engine = engineFor(choice, options)
  const lane = openLane(options.queue ?? defaultQueue)
  const pool = sessionPool({
    engine,
    lane,
    platform: choice.module === 'node' ? platform : { ...platform, materialize: inMemory },
    reopens: options.isolate === 'process',
    translate: session => ortOptions(target, choice.module, mergeSessionOptions(options.session, session)),
    onEvent: emit,
  })
  const endings: (() => Promise<void>)[] = []
  const preparing = { pool, platform, atEnd: (work: () => Promise<void>) => void endings.push(work) }
  /** onnxruntime-web writes no files, not even in Node. */
  const writes = choice.module === 'node'
  const lives = new Set<OpenLive>()
  let info: Promise<EngineInfo> | undefined
  let closing: Promise<void> | undefined
  const traits = async (): Promise<MachineTraits> => {
    const { version, providers } = await (info ??= lane.run(() => engine.info()))
    return { ...(await platform.machine()), ort: version, providers }
  }
  const close = async (): Promise<void> => {
    for (const live of lives) await live.close()
    await lane.drain()
    await engine.close()
    for (const end of endings.toReversed()) await end()
  }
  const runtime: OpenRuntime = {
    target,
    traits,
    async open(what, { session = {}, signal, prepared } = {}) {
      signal?.throwIfAborted()
      if (closing)
        throw new DamsonError('closed', 'Expected an open runtime, but this one was closed. Create another.')
      const device = choice.module === 'webgpu'
      const opening = await openingOf(what, { target, session, traits, prepared, device, onWarning: emit })
      const live = openLive(pool, opening, () => lives.delete(live))
      lives.add(live)
      return live
    },
    statistics: (graph, requests, samples, { signal } = {}) =>
      gatherStatistics(pool, graph, requests, samples, signal),
    ...preparation(writes ? preparing : undefined),
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => runtime.close(),
  }
  return runtime
}

function preparation(means: PrepareMeans | undefined): Required<Pick<Runtime, 'optimized' | 'prepare'>> {
  return {
    optimized: async (graph, { session = {}, signal } = {}) =>
      means && optimizedGraph(means, graph, session, signal),
    prepare: async (graph, name, wanted) => means && prepareFiles(means, graph, name, wanted),
  }
}

function ortChoice(target: Target, { wasmPaths, wasmThreads }: RuntimeOptions): OrtChoice {
  return {
    module: moduleFor(target, platform.name),
    ...(wasmPaths === undefined ? {} : { wasmPaths }),
    ...(wasmThreads === undefined ? {} : { wasmThreads }),
  }
}

function engineFor(choice: OrtChoice, { ort, isolate = 'thread' }: RuntimeOptions): Engine {
  if (isolate === 'thread') {
    return lazyEngine(async () => ortEngine(ort ? readOrtModule(ort) : await platform.loadOrt(choice)))
  }
  if (ort) {
    throw new DamsonError(
      'options',
      `Expected no \`ort\` with isolate: '${isolate}': a module cannot cross to a ${isolate}. Leave \`ort\` out.`,
    )
  }
  const start = isolate === 'worker' ? platform.startWorker : platform.startProcess
  if (!start)
    throw new DamsonError('options', "Expected isolate: 'thread' or 'worker': there are no processes here.")
  return remoteEngine(start, choice)
}
