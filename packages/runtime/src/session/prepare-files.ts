// Files that ONNX Runtime writes when it opens a model: its own optimized graph, with weights in the order that its kernels
// want. They lie in a private folder until the runtime closes, so that a model which carries them can be saved and opened.
import type { PrepareOptions, SessionOptions } from '@damson/core'
import { fileSource, type Graph, type Source } from '@damson/graph'
import type { Platform } from '../platform.ts'
import type { SessionPool } from './sessions.ts'

export interface PrepareMeans {
  readonly pool: SessionPool
  readonly platform: Platform
  /** Called with what is to be done when the runtime closes. */
  readonly atEnd: (work: () => Promise<void>) => void
}

/** Tensors of at least this many bytes go into the data file. */
const dataBytes = 1024

/** The files by name, the one to open first; undefined where ONNX Runtime cannot write files. Throws when the model does not open. */
export async function prepareFiles(
  { pool, platform, atEnd }: PrepareMeans,
  graph: Graph,
  name: string,
  { session = {}, format, packed, signal }: PrepareOptions,
): Promise<ReadonlyMap<string, Source> | undefined> {
  if (!platform.materializeFiles) return undefined
  const folder = await platform.openFolder?.()
  if (!folder) return undefined
  atEnd(folder.remove)
  const main = `${name}.${format === 'ort' ? 'ort' : 'optimized'}`
  const data = `${main}_data`
  const options: SessionOptions & { readonly optimizedModelFilePath: string } = {
    ...session,
    optimizedModelFilePath: `${folder.path}/${main}`,
    config: { ...session.config, ...(format === 'ort' ? ortConfig : dataConfig(data, packed)) },
  }
  const opened = await pool.acquire(graph, options, signal)
  await opened.release()
  const files = new Map([[main, await fileSource(`${folder.path}/${main}`)]])
  const weights =
    format === 'ort' ? undefined : await fileSource(`${folder.path}/${data}`).catch(() => undefined)
  if (weights) files.set(data, weights)
  for (const source of files.values()) atEnd(async () => source.close?.())
  return files
}

const ortConfig = { 'session.save_model_format': 'ORT' }

function dataConfig(file: string, packed: boolean): Readonly<Record<string, string>> {
  return {
    'session.optimized_model_external_initializers_file_name': file,
    'session.optimized_model_external_initializers_min_size_in_bytes': String(dataBytes),
    ...(packed ? { 'session.save_external_prepacked_constant_initializers': '1' } : {}),
  }
}
