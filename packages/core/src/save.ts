// Writing a model: parts streamed into one sink that becomes visible as a whole, carried files copied, and a record of
// what was done, with the hash of every file. A part that did not change is copied byte for byte.
import {
  DamsonError,
  openFolder,
  openSink,
  writeGraph,
  type Sink,
  type SinkLike,
  type SourceFolder,
  type Tensor,
} from '@damson/graph'
import { copyFile, preparedFolder, textHash, writeText } from './files.ts'
import { fileOfPart, recordPath, twinPath } from './layout.ts'
import type { OnEvent } from './events.ts'
import type { Layout, Model, Part } from './model.ts'
import { saveProvenance } from './provenance.ts'
import { isUnchanged, writePart, type Done } from './save-part.ts'
import { formatSaved, type Saved, type SavedFile } from './saved.ts'
import { staleTwins } from './stale-twins.ts'
import { encodeState, graphOfTensors } from './states.ts'
import { version } from './version.ts'
import { checkWritten, readable } from './check-written.ts'

/** Where `save` writes: a path (Node; ending in `.onnx` it stays one file), a directory handle, a stream, or a `Sink`. */
export type Savable = SinkLike

export interface SaveOptions {
  /** In a transformers.js folder: the dtype to write as, or one a session (`parseVariant`); other variants there stay untouched. */
  readonly variant?: string
  /** `shared`: weights that parts in one folder have in common are written once, as external data. Default: each part has its own. */
  readonly weights?: 'shared'
  readonly signal?: AbortSignal
  readonly onEvent?: OnEvent
  /**
   * Gets every part that changed as it reads back from what was written, before anything is visible. When it throws,
   * nothing is left in place. Throws `unreadable-output` for places that cannot be read back (streams, browser files).
   */
  readonly check?: (written: readonly Part[]) => Promise<void>
}

export interface SaveResult {
  /** Every file written, by path, with size in bytes and SHA-256. */
  readonly files: ReadonlyMap<string, SavedFile>
}

/** Writes a model. Either all of it is there afterwards or nothing is; the source is never touched. */
export async function save(model: Model, to: Savable, options: SaveOptions = {}): Promise<SaveResult> {
  const place = await placeOf(model, to, options)
  const sink = openSink(to)
  const { check } = options
  const back = check && readable(sink)
  try {
    const files = await writeModel(model, sink, place, options)
    if (check && back) await checkWritten(model, back, pathsOf(model, place), check)
    await sink.commit()
    return { files }
  } catch (error) {
    await sink.abort()
    throw error
  }
}

/** Where the parts that changed were written. */
function pathsOf(model: Model, { file, layout, variant }: Destination): ReadonlyMap<string, string> {
  const changed = [...model.parts.values()].filter(part => !isUnchanged(part))
  return new Map(changed.map(({ name, path }) => [name, file ?? fileOfPart(path, layout, variant)]))
}

interface Destination {
  readonly layout: Layout
  readonly variant: string | undefined
  /** Name of the one file, when a single file is written. */
  readonly file: string | undefined
  /** Whether the record can be written beside the model. */
  readonly record: boolean
  /** Where it can be looked into: a path or a directory handle. */
  readonly folder: SourceFolder | undefined
  /** What lies there already: path to the identity of the content. */
  readonly present: ReadonlyMap<string, string>
}

async function placeOf(model: Model, to: Savable, options: SaveOptions): Promise<Destination> {
  const variant = options.variant ?? model.identity.variant
  const file = fileName(model, to)
  if (file !== undefined && model.parts.size > 1) {
    throw new DamsonError(
      'invalid-output',
      `Expected a folder to write the ${model.parts.size} parts ${[...model.parts.keys()].join(', ')} into, got the file "${file}".`,
    )
  }
  if (options.variant !== undefined && model.layout !== 'transformers.js') {
    throw new DamsonError(
      'unknown-variant',
      `Variants belong to transformers.js folders (onnx/model_q4.onnx); the layout of this model is "${model.layout}". Write a preset into a folder, which makes one.`,
    )
  }
  const layout: Layout = file !== undefined ? 'file' : model.layout === 'file' ? 'folder' : model.layout
  const folder = folderOf(to, file)
  const present = folder ? await presentFiles(folder, file) : new Map<string, string>()
  const place = { layout, variant, file, record: canHoldRecord(to), folder, present }
  refuseOverSource(model, place, options)
  return place
}

/** The name of the one file that is written; undefined when a folder is. */
function fileName(model: Model, to: Savable): string | undefined {
  if (typeof to === 'string') return to.endsWith('.onnx') ? to.split(/[\\/]/).at(-1) : undefined
  if ('kind' in to && to.kind === 'file') return to.name
  return 'getWriter' in to ? [...model.parts.values()][0]?.path : undefined
}

/** A stream or a single file handle takes one file and has no room for the record. */
function canHoldRecord(to: Savable): boolean {
  return typeof to === 'string' || !('getWriter' in to || ('kind' in to && to.kind === 'file'))
}

function folderOf(to: Savable, file: string | undefined): SourceFolder | undefined {
  if (typeof to === 'string') return openFolder(file === undefined ? to : to.slice(0, -file.length) || '.')
  return 'kind' in to && to.kind === 'directory' ? openFolder(to) : undefined
}

async function presentFiles(
  folder: SourceFolder,
  file: string | undefined,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const look = async (name: string): Promise<boolean> => {
    const source = await folder.open(name)
    if (source) found.set(name, source.key)
    await source?.close?.()
    return source !== undefined
  }
  if (file === undefined) for (const name of await listed(folder)) await look(name)
  else {
    await look(file)
    await look(twinPath(file))
    for (let chunk = 0; await look(`${file}_data${chunk === 0 ? '' : `_${chunk}`}`);) chunk++
  }
  return found
}

/** A destination that does not exist yet holds nothing. */
async function listed(folder: SourceFolder): Promise<readonly string[]> {
  try {
    return await folder.list()
  } catch (error) {
    const missing =
      DamsonError.isInstance(error, 'not-found') ||
      (error instanceof Error && 'code' in error && error.code === 'ENOENT')
    if (missing) return []
    throw error
  }
}

/** Weights are read while the output is written, so a part must not be written over the file it is read from. */
function refuseOverSource(model: Model, place: Destination, options: SaveOptions): void {
  for (const part of model.parts.values()) {
    const path = place.file ?? fileOfPart(part.path, place.layout, place.variant)
    if (options.variant !== undefined && isUnchanged(part)) continue
    const read = new Set([...(part.file?.files.values() ?? [])].map(({ key }) => key))
    const own = [...place.present].find(
      ([name, key]) =>
        (name === path || name === twinPath(path) || name.startsWith(`${path}_data`)) && read.has(key),
    )
    if (own)
      throw new DamsonError(
        'invalid-output',
        `Expected another place than the model itself: "${own[0]}" is a file that "${part.name}" is read from. ` +
          'Choose another folder, file name or variant.',
        { details: { path: own[0], part: part.name } },
      )
  }
}

async function writeModel(
  model: Model,
  sink: Sink,
  place: Destination,
  options: SaveOptions,
): Promise<ReadonlyMap<string, SavedFile>> {
  const files = new Map<string, SavedFile>()
  const { signal } = options
  const changed = [...pathsOf(model, place).values()]
  const done: Done = { files, placed: new Map(), single: !place.record, ports: model.ports, changed }
  const paths: string[] = []
  for (const part of model.parts.values()) {
    const path = place.file ?? fileOfPart(part.path, place.layout, place.variant)
    if (liesThere(part, path, place)) continue
    for (const [name, file] of await writePart(part, sink, path, options, done)) files.set(name, file)
    paths.push(path)
  }
  for (const [path, source] of model.files) {
    if (place.layout === 'file' && !(place.record && path.startsWith(preparedFolder))) continue
    const stays =
      place.present.get(path) === source.key || (options.variant !== undefined && place.present.has(path))
    if (!stays) files.set(path, await copyFile(source, sink, path, signal))
  }
  if (!place.record) return files
  const states = await writeStates(model, sink, place, files, options)
  const record = recordPath(place.layout, place.file ?? model.identity.name, place.variant)
  const ground = place.folder && { folder: place.folder, present: place.present, record }
  const stale = ground ? await staleTwins(model, paths, files, ground, options.onEvent) : []
  for (const path of stale) await sink.remove?.(path)
  const text = await formatSaved(recordOf(model, place, files, states), textHash)
  files.set(record, await writeText(sink, record, text))
  return files
}

/** A session that a variant leaves as it is, in the folder it was read from. */
function liesThere(part: Part, path: string, { present }: Destination): boolean {
  const there = present.get(path)
  return isUnchanged(part) && there !== undefined && part.file?.files.get(path)?.key === there
}

interface SavedStates {
  readonly path?: string
  readonly values: ReadonlyMap<string, unknown>
}

async function writeStates(
  model: Model,
  sink: Sink,
  place: Destination,
  files: Map<string, SavedFile>,
  options: SaveOptions,
): Promise<SavedStates> {
  const tensors = new Map<string, Tensor>()
  const values = new Map(
    model.replays.map(({ applied, state }) => [applied.id, encodeState(state, applied.id, tensors)]),
  )
  if (tensors.size === 0) return { values }
  const path = recordPath(place.layout, place.file ?? model.identity.name, place.variant).replace(
    /json$/,
    'states.onnx_data',
  )
  const written = await writeGraph(
    graphOfTensors(tensors),
    sink,
    path,
    options.signal ? { signal: options.signal } : {},
  )
  for (const { path: name, bytes, sha256 } of written.files) files.set(name, { bytes, sha256 })
  return { path, values }
}

function recordOf(
  model: Model,
  place: Destination,
  files: ReadonlyMap<string, SavedFile>,
  states: SavedStates,
): Omit<Saved, 'checksum' | 'damson'> {
  const parts = [...model.parts.values()]
  const fileOf = (path: string): string => place.file ?? fileOfPart(path, place.layout, place.variant)
  return {
    tools: { '@damson/core': version },
    source: model.identity,
    layout: place.layout,
    ...(place.variant === undefined ? {} : { variant: place.variant }),
    parts: Object.fromEntries(parts.map(({ name, path, role }) => [name, { path: fileOf(path), role }])),
    steps: model.applied.map(({ state: _baked, ...step }) => {
      const state = states.values.get(step.id)
      return { ...step, ...(state === undefined ? {} : { state }) }
    }),
    ports: model.ports,
    provenance: Object.fromEntries(parts.map(part => [part.name, saveProvenance(part.graph)])),
    ...(states.path === undefined ? {} : { states: states.path }),
    files: Object.fromEntries(files),
    ...(model.price ? { price: model.price } : {}),
  }
}
