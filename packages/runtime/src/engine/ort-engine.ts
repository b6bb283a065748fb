// The engine in this thread. `run` of onnxruntime-node blocks until it is done; whoever must stay responsive uses a worker.
import { EngineError } from './engine-error.ts'
import { fetchOrtTensor, toOrtTensor } from '../ort/ort-tensor.ts'
import { ortVersion, type OrtModule, type OrtSession, type OrtTensor, type OrtValueMetadata } from '../ort/ort-module.ts' // prettier-ignore
import type { Engine, EngineRan, EngineRun, ModelSource, OrtSessionOptions, SessionShape, ValueShape } from './engine.ts' // prettier-ignore
import { keptTensors, type KeptTensors } from './kept-tensors.ts'

/** An engine over a loaded ONNX Runtime. */
export function ortEngine(ort: OrtModule): Engine {
  const sessions = new Map<number, OrtSession>()
  const kept = keptTensors(ort)
  return {
    info: async () => ({ version: ortVersion(ort), providers: providers(ort), slots: kept.size() }),
    async open(id, source, options) {
      const session = await create(ort, source, options)
      sessions.set(id, session)
      return shapeOf(session)
    },
    async run(id, run) {
      const session = sessions.get(id)
      if (!session)
        throw new EngineError('session-closed', `Expected an open session, got closed session ${id}.`)
      kept.free(run.frees)
      return runSession(ort, session, run, kept)
    },
    free: async slots => kept.free(slots),
    holds: slot => kept.has(slot),
    async release(id) {
      const session = sessions.get(id)
      sessions.delete(id)
      await session?.release()
    },
    async close() {
      kept.freeAll()
      const open = [...sessions.values()]
      sessions.clear()
      for (const session of open) await session.release()
    },
  }
}

async function create(ort: OrtModule, source: ModelSource, options: OrtSessionOptions): Promise<OrtSession> {
  if (source.kind === 'file') return ort.InferenceSession.create(source.path, options)
  const externalData = source.external.length > 0 ? { externalData: source.external } : {}
  return ort.InferenceSession.create(source.bytes, { ...options, ...externalData })
}

async function runSession(
  ort: OrtModule,
  session: OrtSession,
  { feeds, fetches, keeps, takes }: EngineRun,
  kept: KeptTensors,
): Promise<EngineRan> {
  const inputs: Record<string, OrtTensor> = {}
  for (const [name, tensor] of Object.entries(feeds)) inputs[name] = toOrtTensor(ort, name, tensor)
  for (const [name, slot] of Object.entries(takes)) inputs[name] = kept.take(slot)
  const wanted = fetches ?? session.outputNames.filter(name => !Object.hasOwn(keeps, name))
  const names = [...wanted, ...Object.keys(keeps)]
  // Outputs are always fresh: preallocated ones are copied all the same, and one shared with an input gives wrong numbers.
  const results = await session.run(inputs, names.length > 0 ? names : session.outputNames)
  try {
    const outputs: Record<string, EngineRan['outputs'][string]> = {}
    for (const name of wanted) {
      const tensor = results[name]
      if (tensor) outputs[name] = await fetchOrtTensor(name, tensor)
    }
    return { outputs, kept: kept.keep(keeps, results) }
  } finally {
    for (const tensor of Object.values(results)) if (!kept.owns(tensor)) tensor.dispose?.()
  }
}

function shapeOf(session: OrtSession): SessionShape {
  return {
    inputs: values(session.inputNames, session.inputMetadata),
    outputs: values(session.outputNames, session.outputMetadata),
  }
}

function values(names: readonly string[], metadata: readonly OrtValueMetadata[] = []): readonly ValueShape[] {
  return names.map(name => {
    const known = metadata.find(each => each.name === name)
    return { name, dtype: known?.type ?? '', shape: known?.shape ?? [] }
  })
}

function providers(ort: OrtModule): readonly string[] {
  return ort.listSupportedBackends?.().map(({ name }) => name) ?? ['wasm']
}
