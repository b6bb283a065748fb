// Writing one part: an unchanged one is copied byte for byte, a changed one streamed; parts of one folder may share weights.
// Beside a part with ports stands its twin without them, for runtimes that know no ports; it reads the same weights.
import {
  isRefusal,
  placesIn,
  writeGraph,
  type PlacedTensors,
  type Sink,
  type Source,
  type WrittenFile,
} from '@damson/graph'
import type { OnEvent } from './events.ts'
import { copyFile } from './files.ts'
import { twinPath } from './layout.ts'
import type { Part, Port } from './model.ts'
import type { SavedFile } from './saved.ts'
import { ungatedGraph } from './ungated.ts'

interface PartOptions {
  readonly weights?: 'shared'
  readonly signal?: AbortSignal
  readonly onEvent?: OnEvent
}

/** True while the graph is the one that was read. */
export const isUnchanged = ({ file, graph }: Part): boolean => file?.graph === graph

/** What was written before: files, and where tensors lie in external data, by folder; and what holds for all parts. */
export interface Done {
  readonly files: ReadonlyMap<string, SavedFile>
  readonly placed: Map<string, PlacedTensors>
  /** Whether the place takes one file only. */
  readonly single: boolean
  readonly ports: readonly Port[]
  /** Where the parts that changed go. */
  readonly changed: readonly string[]
}

type Files = ReadonlyMap<string, SavedFile>

/** Writes a part, and its twin where it has ports. */
export async function writePart(
  part: Part,
  sink: Sink,
  path: string,
  options: PartOptions,
  done: Done,
): Promise<Files> {
  const { files, placed } = await writeGated(part, sink, path, options, done)
  if (!hasTwin(part, done)) return files
  const ports = done.ports.filter(port => port.part === part.name)
  return new Map([...files, ...(await writeTwin(part, ports, sink, path, placed, options))])
}

/** Its weights stand outside then, where both graphs find them. */
const hasTwin = ({ name }: Part, { ports, single }: Done): boolean =>
  !single && ports.some(({ part }) => part === name)

/** The graph without ports, whose weights are those that lie there already. */
async function writeTwin(
  { name, graph }: Part,
  ports: readonly Port[],
  sink: Sink,
  path: string,
  placed: PlacedTensors,
  { signal, onEvent }: PartOptions,
): Promise<Files> {
  const twin = ungatedGraph(graph, ports)
  if (!isRefusal(twin)) {
    const external = { placed, threshold: Number.POSITIVE_INFINITY }
    const { files } = await writeGraph(twin, sink, twinPath(path), { external, ...(signal && { signal }) })
    return filesOf(files)
  }
  onEvent?.({
    type: 'warning',
    step: `save ${name}`,
    code: 'no-twin',
    message: `"${name}" has no twin without ports, which other runtimes could run as it is: ${twin.refused}.`,
  })
  return new Map()
}

const filesOf = (files: readonly WrittenFile[]): Files =>
  new Map(files.map(({ path, bytes, sha256 }) => [path, { bytes, sha256 }]))

/**
 * An unchanged part under its own name is copied as it is, external data included. Of a changed one the data files are, as
 * long as their weights are nearly all in use.
 */
async function writeGated(
  part: Part,
  sink: Sink,
  path: string,
  options: PartOptions,
  done: Done,
): Promise<{ readonly files: Files; readonly placed: PlacedTensors }> {
  const { placed, single } = done
  const { signal } = options
  const shares = options.weights === 'shared'
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  const original = part.file
  const main = original && [...original.files.keys()].find(name => name.endsWith('.onnx'))
  const sameName = main !== undefined && (original?.files.size === 1 || (main === path && !single))
  if (original && isUnchanged(part) && sameName && !shares && !isTaken(original.files, done))
    return {
      files: await copyPart(original.files, main, sink, path, done.files, signal),
      placed: placesIn(part.graph, locationsIn(folder, original.files, main, path)),
    }
  const written = await writeGraph(part.graph, sink, path, {
    ...(signal ? { signal } : {}),
    external: shares
      ? { placed: placed.get(folder) ?? new Map() }
      : { keep: single ? [] : dataFiles(part), others: hasTwin(part, done) ? 'external' : 'auto' },
    onProgress: (bytes, total) =>
      options.onEvent?.({ type: 'progress', step: `save ${part.name}`, done: bytes, total }),
  })
  placed.set(folder, written.placed)
  return { files: filesOf(written.files), placed: written.placed }
}

/** Whether a part that changed may write weights of its own under the name of a file that both read. */
function isTaken(files: ReadonlyMap<string, Source>, { changed }: Done): boolean {
  return [...files.keys()].some(name => changed.some(path => name.startsWith(`${path}_data`)))
}

/** The files of a part by what a graph beside it calls them. */
function locationsIn(
  folder: string,
  files: ReadonlyMap<string, Source>,
  main: string,
  path: string,
): ReadonlyMap<string, Source> {
  const named = [...files].map(([name, source]) => [name === main ? path : name, source] as const)
  return new Map(
    named.flatMap(([name, source]) =>
      name.startsWith(folder) ? [[name.slice(folder.length), source] as const] : [],
    ),
  )
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
): Promise<Files> {
  const files = new Map<string, SavedFile>()
  for (const [name, source] of sources) {
    const to = name === main ? path : name
    // Parts may share a file of weights.
    if (done.has(to)) continue
    files.set(to, await copyFile(source, sink, to, signal))
  }
  return files
}
