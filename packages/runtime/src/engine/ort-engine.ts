// The engine in this thread. `run` of onnxruntime-node blocks until it is done; whoever must stay responsive uses a worker.
import type { Feeds, Outputs } from '@damson/core'
import { EngineError } from './engine-error.ts'
import { fromOrtTensor, toOrtTensor } from '../ort/ort-tensor.ts'
import { ortVersion, type OrtModule, type OrtSession, type OrtValueMetadata } from '../ort/ort-module.ts'
import type { Engine, ModelSource, OrtSessionOptions, SessionShape, ValueShape } from './engine.ts'

/** An engine over a loaded ONNX Runtime. */
export function ortEngine(ort: OrtModule): Engine {
  const sessions = new Map<number, OrtSession>()
  return {
    info: async () => ({ version: ortVersion(ort), providers: providers(ort) }),
    async open(id, source, options) {
      const session = await create(ort, source, options)
      sessions.set(id, session)
      return shapeOf(session)
    },
    async run(id, feeds, fetches) {
      const session = sessions.get(id)
      if (!session)
        throw new EngineError('session-closed', `Expected an open session, got closed session ${id}.`)
      return runSession(ort, session, feeds, fetches)
    },
    async release(id) {
      const session = sessions.get(id)
      sessions.delete(id)
      await session?.release()
    },
    async close() {
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
  feeds: Feeds,
  fetches: readonly string[],
): Promise<Outputs> {
  const inputs = Object.entries(feeds).map(
    ([name, tensor]) => [name, toOrtTensor(ort, name, tensor)] as const,
  )
  // Outputs are always fresh: preallocated ones are copied all the same, and one shared with an input gives wrong numbers.
  const names = fetches.length > 0 ? fetches : session.outputNames
  const results = await session.run(Object.fromEntries(inputs), names)
  const outputs: Record<string, Outputs[string]> = {}
  for (const name of names) {
    const tensor = results[name]
    if (!tensor) continue
    outputs[name] = fromOrtTensor(name, tensor)
    tensor.dispose?.()
  }
  return outputs
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
