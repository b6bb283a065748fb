// Writing one part: an unchanged one is copied byte for byte, a changed one streamed; parts of one folder may share weights.
import { writeGraph, type PlacedTensors, type Sink, type Source } from '@damson/graph'
import type { OnEvent } from './events.ts'
import { copyFile } from './files.ts'
import type { Part } from './model.ts'
import type { SavedFile } from './saved.ts'

interface PartOptions {
  readonly weights?: 'shared'
  readonly signal?: AbortSignal
  readonly onEvent?: OnEvent
}

/** True while the graph is the one that was read. */
export const isUnchanged = ({ file, graph }: Part): boolean => file?.graph === graph

/** What was written before: files, and where tensors lie in external data, by folder. */
export interface Done {
  readonly files: ReadonlyMap<string, SavedFile>
  readonly placed: Map<string, PlacedTensors>
  /** Whether the place takes one file only. */
  readonly single: boolean
}

/**
 * An unchanged part under its own name is copied as it is, external data included. Of a changed one the data files are, as
 * long as their weights are nearly all in use.
 */
export async function writePart(
  part: Part,
  sink: Sink,
  path: string,
  options: PartOptions,
  { files: done, placed, single }: Done,
): Promise<ReadonlyMap<string, SavedFile>> {
  const { signal } = options
  const shares = options.weights === 'shared'
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  const original = part.file
  const main = original && [...original.files.keys()].find(name => name.endsWith('.onnx'))
  const sameName = main !== undefined && (original?.files.size === 1 || main === path)
  if (original && isUnchanged(part) && sameName && !shares)
    return copyPart(original.files, main, sink, path, done, signal)
  const written = await writeGraph(part.graph, sink, path, {
    ...(signal ? { signal } : {}),
    external: shares ? { placed: placed.get(folder) ?? new Map() } : { keep: single ? [] : dataFiles(part) },
    onProgress: (done, total) =>
      options.onEvent?.({ type: 'progress', step: `save ${part.name}`, done, total }),
  })
  placed.set(folder, written.placed)
  const { files } = written
  return new Map(files.map(({ path: name, bytes, sha256 }) => [name, { bytes, sha256 }]))
}

/** The files that hold nothing but weights. */
function dataFiles({ file }: Part): readonly Source[] {
  return [...(file?.files ?? [])].filter(([name]) => !name.endsWith('.onnx')).map(([, source]) => source)
}

async function copyPart(
  sources: ReadonlyMap<string, Source>,
  main: string,
  sink: Sink,
  path: string,
  done: ReadonlyMap<string, SavedFile>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, SavedFile>> {
  const files = new Map<string, SavedFile>()
  for (const [name, source] of sources) {
    const to = name === main ? path : name
    // Parts may share a file of weights.
    if (done.has(to)) continue
    files.set(to, await copyFile(source, sink, to, signal))
  }
  return files
}
