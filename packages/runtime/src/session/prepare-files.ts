// Files that ONNX Runtime writes when it opens a model: its own optimized graph, with weights in the order that its kernels
// want. They lie in a private folder until the runtime closes, so that a model which carries them can be saved and opened.
import type { PrepareOptions, SessionOptions } from '@damson/core'
import { DamsonError, fileSource, type Graph, type Source } from '@damson/graph'
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
/** Where packed weights go there too: ONNX Runtime puts on pages what is at least this large, and the rest anywhere. */
const pagedBytes = 1 << 20

/** The files by name, the one to open first; undefined where ONNX Runtime cannot write files. Throws when the model does not open. */
export async function prepareFiles(
  means: PrepareMeans,
  graph: Graph,
  name: string,
  options: PrepareOptions,
): Promise<ReadonlyMap<string, Source> | undefined> {
  const files = await writeFiles(means, graph, name, options)
  const [main] = files?.values() ?? []
  // Kernels read packed weights where they are mapped, by instructions that end the process at odd addresses.
  if (!main || !options.packed || (await hasAlignedPacks(main))) return files
  return writeFiles(means, graph, name, { ...options, packed: false })
}

async function writeFiles(
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
  const opened = await pool.acquire(graph, options, signal).catch((error: unknown) => {
    throw isOfWriting(error) ? unwritten(folder.path, error) : error
  })
  await opened.release()
  const files = new Map([[main, await fileSource(`${folder.path}/${main}`)]])
  const weights =
    format === 'ort' ? undefined : await fileSource(`${folder.path}/${data}`).catch(() => undefined)
  if (weights) files.set(data, weights)
  for (const source of files.values()) atEnd(async () => source.close?.())
  return files
}

/** What ONNX Runtime 1.30 says when it cannot write, whatever the reason. */
function isOfWriting(error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  return /Protobuf serialization failed|Failed to (?:write|save)/.test(message)
}

function unwritten(folder: string, cause: unknown): DamsonError {
  return new DamsonError(
    'disk',
    `Expected room for what ONNX Runtime makes of the model in "${folder}", but it could not be written. ` +
      'Free some space, or let temporary files lie elsewhere (TMPDIR).',
    { cause },
  )
}

const ortConfig = { 'session.save_model_format': 'ORT' }

function dataConfig(file: string, packed: boolean): Readonly<Record<string, string>> {
  return {
    'session.optimized_model_external_initializers_file_name': file,
    'session.optimized_model_external_initializers_min_size_in_bytes': String(
      packed ? pagedBytes : dataBytes,
    ),
    ...(packed ? { 'session.save_external_prepacked_constant_initializers': '1' } : {}),
  }
}

/** True when all packed weights start where any kernel may read them; their places stand in the entries of their tensors. */
async function hasAlignedPacks(main: Source): Promise<boolean> {
  const bytes = new Uint8Array(main.size)
  await main.read(0, bytes)
  // prepacked_0, length, then the kernel and |offset;length;hash for every buffer.
  const entries = new TextDecoder('latin1')
    .decode(bytes)
    .matchAll(/prepacked_\d+[^|]{1,300}((?:\|\d+;\d+;\d+)+)/g)
  const places = [...entries].flatMap(([, buffers = '']) => [...buffers.matchAll(/\|(\d+);/g)])
  return places.every(([, offset]) => Number(offset) % 64 === 0)
}
