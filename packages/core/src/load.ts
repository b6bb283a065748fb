// Reading a model: find its parts, read their graphs lazily, take every other file along, and, where damson wrote the
// model, check every byte against the record and attach the steps that act at run time. Nothing from the folder is run.
import {
  DamsonError,
  openFolder,
  openSource,
  readGraph,
  type FolderLike,
  type Source,
  type SourceFolder,
  type SourceLike,
} from '@damson/graph'
import type { AnyAlgorithm } from './algorithm.ts'
import { isRecord } from './amend.ts'
import { algorithmOf } from './define.ts'
import { hashFile, preparedFolder, readText, textHash } from './files.ts'
import { findParts, isTwin, recordPath, type FoundPart } from './layout.ts'
import { createModel } from './model-value.ts'
import type { AppliedStep, Layout, Model, Part, Port, Replay } from './model.ts'
import { restoreProvenance } from './provenance.ts'
import { roleOf } from './roles.ts'
import { changedFile, parseSaved, type Saved } from './saved.ts'
import { decodeState } from './states.ts'

/** What `load` reads: a path (Node), bytes, a Blob or File, a folder or file handle, a `Source` or `SourceFolder`. */
export type Loadable = SourceLike | FolderLike

export interface LoadOptions {
  /** Which dtype variant of a transformers.js folder: `q4`, or one a session (`parseVariant`); default `fp32`. */
  readonly variant?: string
  /** Algorithms whose steps act at run time in a model that damson saved. */
  readonly algorithms?: readonly (AnyAlgorithm | { readonly algorithm: AnyAlgorithm })[]
  /** `files` (default): a model that damson saved is checked byte by byte; `none`: it is trusted. */
  readonly verify?: 'files' | 'none'
  readonly signal?: AbortSignal
}

interface Opened {
  readonly folder: SourceFolder
  readonly files: readonly string[]
  readonly layout: Layout
  readonly parts: readonly FoundPart[]
  readonly variants: readonly string[]
  readonly name: string
}

/** Reads a model. Weights stay where they are until somebody needs them. */
export async function load(what: Loadable, options: LoadOptions = {}): Promise<Model> {
  const opened = await openModel(what, options)
  const record = await readRecord(opened, options)
  const found = opened.parts.map(part => ({ ...part, name: recordedName(part, record) }))
  const read = await Promise.all(found.map(part => readPart(part, opened.folder, options.signal)))
  const parts = new Map(read.map(part => [part.name, withRecord(part, record?.saved)]))
  const used = new Set(read.flatMap(part => [...(part.file?.files.keys() ?? [])]))
  // A file has no folder that could be listed; what was prepared for it stands in its record.
  const prepared = Object.keys(record?.saved.files ?? {}).filter(path => path.startsWith(preparedFolder))
  const present = opened.layout === 'file' ? prepared : opened.files
  const carried = present.filter(path => isCarried(path, used, opened, record))
  const model = createModel({
    parts,
    layout: opened.layout,
    files: new Map(
      await Promise.all(carried.map(async path => [path, await mustOpen(opened.folder, path)] as const)),
    ),
    applied: record ? appliedSteps(record.saved) : [],
    ports: record ? savedPorts(record.saved) : [],
    replays: [],
    identity: { name: opened.name, ...(options.variant === undefined ? {} : { variant: options.variant }) },
    ...(record?.saved.price ? { price: record.saved.price } : {}),
  })
  return record ? attachReplays(model, record, opened, options) : model
}

async function openModel(what: Loadable, { variant }: LoadOptions): Promise<Opened> {
  if (!isFolder(what)) return openSingle(what, variant)
  const folder = openFolder(what)
  const files = await folder.list()
  return { folder, files, ...findParts(files, folder.name, variant), name: baseName(folder.name) }
}

async function openSingle(what: SourceLike, variant: string | undefined): Promise<Opened> {
  if (variant !== undefined) {
    throw new DamsonError(
      'unknown-variant',
      `A single file has no variants, got "${variant}". Pass the folder that has onnx/ in it.`,
    )
  }
  if (typeof what === 'string') {
    const file = baseName(what)
    return singleFile(openFolder(what.slice(0, what.length - file.length) || '.'), file)
  }
  const source = await openSource(what)
  const file = source.name.endsWith('.onnx') ? baseName(source.name) : 'model.onnx'
  const folder: SourceFolder = {
    name: source.name,
    list: async () => [file],
    open: async path => (path === file ? source : undefined),
  }
  return singleFile(folder, file)
}

function singleFile(folder: SourceFolder, file: string): Opened {
  const name = file.replace(/\.onnx$/, '')
  return {
    folder,
    files: [file],
    layout: 'file',
    parts: [{ name, file, path: file }],
    variants: [],
    name: file,
  }
}

function isFolder(what: Loadable): what is FolderLike {
  if (typeof what === 'string') return !what.endsWith('.onnx')
  if (what instanceof Uint8Array || what instanceof ArrayBuffer || what instanceof Blob) return false
  return 'list' in what || 'get' in what || ('kind' in what && what.kind === 'directory')
}

const baseName = (path: string): string => path.replace(/\/+$/, '').split('/').at(-1) ?? path

async function mustOpen(folder: SourceFolder, path: string): Promise<Source> {
  const source = await folder.open(path)
  if (source) return source
  throw new DamsonError(
    'missing-file',
    `Expected the file "${path}" in "${folder.name}", but it is not there.`,
    { details: { file: path } },
  )
}

/** Reads one part, noting which files its bytes come from: the file itself and its external data. */
export async function readPart(found: FoundPart, folder: SourceFolder, signal?: AbortSignal): Promise<Part> {
  const files = new Map<string, Source>()
  const noting: SourceFolder = {
    ...folder,
    list: () => folder.list(),
    open: async path => {
      const source = await folder.open(path)
      if (source) files.set(path, source)
      return source
    },
  }
  const source = await mustOpen(noting, found.file)
  const graph = await readGraph(source, { folder: noting, path: found.file, ...(signal ? { signal } : {}) })
  return {
    name: found.name,
    role: roleOf(found.name, graph),
    graph,
    path: found.path,
    file: { graph, files },
  }
}

interface Record_ {
  readonly path: string
  readonly saved: Saved
}

/** The record beside the model, if damson wrote the model; every file it lists is checked. */
async function readRecord(opened: Opened, options: LoadOptions): Promise<Record_ | undefined> {
  const path = recordPath(opened.layout, opened.name, options.variant)
  const source = await opened.folder.open(path)
  if (!source) return undefined
  const saved = await parseSaved(await readText(source), path, textHash)
  if (options.verify !== 'none') await checkFiles(opened.folder, saved, options.signal)
  return { path, saved }
}

async function checkFiles(folder: SourceFolder, saved: Saved, signal?: AbortSignal): Promise<void> {
  for (const [path, expected] of Object.entries(saved.files)) {
    const source = await folder.open(path)
    if (!source) throw lostFile(folder, path)
    if (source.size !== expected.bytes) throw changedFile(path)
    const found = await hashFile(source, signal)
    await source.close?.()
    if (found.sha256 !== expected.sha256) throw changedFile(path)
  }
}

function lostFile(folder: SourceFolder, path: string): DamsonError {
  return new DamsonError(
    'missing-file',
    `Expected the file "${path}" in "${folder.name}", where damson saved it, but it is not there. Restore it, or save the model again.`,
    { details: { file: path } },
  )
}

/** The name that the steps of a model know a part by: its file may have been saved under another. */
function recordedName({ name, file }: FoundPart, record: Record_ | undefined): string {
  const known = Object.entries(record?.saved.parts ?? {}).find(([, { path }]) => path === file)
  return known?.[0] ?? name
}

function isCarried(
  path: string,
  used: ReadonlySet<string>,
  opened: Opened,
  record: Record_ | undefined,
): boolean {
  if (used.has(path) || path === record?.path || path === record?.saved.states) return false
  // What was prepared for another variant, or for a model that is no longer there.
  if (path.startsWith(preparedFolder)) return record?.saved.files[path] !== undefined
  // What stands beside a graph with ports is made anew of it.
  if (isTwin(path, opened.files)) return false
  // Other variants keep their own records and states, which would be false beside anything but them.
  const ofVariant = opened.variants.some(file => path === file || path.startsWith(`${file}_data`))
  return !ofVariant && !isRecord(path) && !/^damson\.[^/]+\.states\.onnx_data/.test(path)
}

function withRecord(part: Part, saved: Saved | undefined): Part {
  const provenance = saved?.provenance[part.name]
  const recorded = saved?.parts[part.name]
  if (!provenance || !recorded || !part.file) return part
  const graph = restoreProvenance(part.graph, provenance)
  return { ...part, graph, file: { ...part.file, graph } }
}

function appliedSteps(saved: Saved): readonly AppliedStep[] {
  return saved.steps.map(({ state: _state, ...step }) => step)
}

function savedPorts(saved: Saved): readonly Port[] {
  return saved.ports.map(({ pair, neutral, ...port }) => ({
    ...port,
    ...(pair === undefined ? {} : { pair }),
    ...(neutral ? { neutral } : {}),
  }))
}

async function attachReplays(
  model: Model,
  record: Record_,
  opened: Opened,
  options: LoadOptions,
): Promise<Model> {
  const { saved } = record
  const algorithms = (options.algorithms ?? []).map(algorithmOf)
  const tensors =
    saved.states === undefined ? new Map() : await readStates(opened.folder, saved.states, options.signal)
  const replays = saved.steps
    .filter(step => step.replays.length > 0)
    .map(({ state, ...applied }): Replay => {
      const algorithm = algorithms.find(({ id }) => id === applied.use)
      if (!algorithm) throw missingAlgorithm(applied.use, opened.name)
      const read = {
        params: applied.params,
        ...(state === undefined ? {} : { state: decodeState(state, tensors) }),
      }
      const current = upgraded(algorithm, read, applied.version)
      return {
        applied: { ...applied, params: current.params },
        algorithm,
        params: current.params,
        state: current.state,
      }
    })
  return model.with({ replays })
}

async function readStates(
  folder: SourceFolder,
  path: string,
  signal?: AbortSignal,
): Promise<Parameters<typeof decodeState>[1]> {
  const graph = await readGraph(await mustOpen(folder, path), { folder, path, ...(signal ? { signal } : {}) })
  return graph.initializers
}

function upgraded(
  algorithm: AnyAlgorithm,
  saved: Parameters<NonNullable<AnyAlgorithm['upgrade']>>[0],
  from: number,
): typeof saved {
  if (from === algorithm.version) return saved
  if (from < algorithm.version && algorithm.upgrade) return algorithm.upgrade(saved, from)
  throw new DamsonError(
    'newer-version',
    `Expected version ${algorithm.version} of ${algorithm.id} or one it can upgrade, the model was saved with version ${from}. ` +
      'Install the package version that wrote it, or smash the model again.',
  )
}

function missingAlgorithm(use: string, model: string): DamsonError {
  const parts = use.split('/')
  const owner = use.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? use)
  const name = (parts.at(-1) ?? use).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  return new DamsonError(
    'missing-algorithm',
    `"${model}" was saved with ${use}, which acts when the model runs. ` +
      `Install ${owner} and pass it: load(model, { algorithms: [${name}] }) with import { ${name} } from '${owner}'.`,
    { details: { use, package: owner } },
  )
}
