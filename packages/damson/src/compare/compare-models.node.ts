// Comparing two models on disk: what each costs to load, in a process of its own; what both compute and how long it takes,
// side by side in one process. The caller's process runs no model, so neither its memory nor its life depends on them.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { arch, availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deserialize, serialize } from 'node:v8'
import { DamsonError, type Feeds, type Model, type Part } from '@damson/core'
import { feedsFor } from '@damson/runtime'
import { withFixedSizes } from './fixed-sizes.ts'
import type { Job, JobResult, ModelPlace, PartFeeds } from './job.ts'
import type { DrawnPair, PicturesAsked } from './pictures.ts'
import { parameterCount } from './parameters.ts'
import type { CompareReport, LoadCost, PartReport } from './report.ts'

export interface CompareOptions {
  /** Feeds by part; made up from the inputs of the original where absent. */
  readonly feeds?: ReadonlyMap<string, readonly Feeds[]>
  /** How many other samples steps were fitted on, for the report. */
  readonly fitted?: number
  /** Generated samples of each part; default 4. */
  readonly samples?: number
  readonly dims?: Readonly<Record<string, number>>
  /** Pairs of runs for the latency; default 30, 0 for none. */
  readonly pairs?: number
  /** Milliseconds for the pairs of one part; default 3,000. */
  readonly budgetMs?: number
  /** Measure loading too; default true. */
  readonly load?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (label: string, done: number, total: number) => void
}

/** A model with the place another process can load it from. */
export interface Comparable {
  readonly model: Model
  readonly place: ModelPlace
}

/** Compares `after` with `before`. Throws `compare` with what the measuring process said when a model does not load or run. */
export async function compareModels(
  before: Comparable,
  after: Comparable,
  options: CompareOptions = {},
): Promise<CompareReport> {
  const feeds = feedsOf(before.model, after.model, options)
  const load = options.load === false ? [] : await loadCosts([before, after], feeds, options)
  options.onProgress?.('comparing outputs and speed', load.length, load.length + 1)
  const { pairs = 30, budgetMs = 3000 } = options
  const compared = await runJob(
    { kind: 'compare', before: before.place, after: after.place, feeds, pairs, budgetMs },
    options.signal,
  )
  if (!('parts' in compared))
    throw new DamsonError('compare', 'Expected a comparison from the measuring process.')
  const [one, two] = load
  return {
    parts: compared.parts.map(measured => ({ ...measured, ...costs(measured.part, before, after) })),
    ...(one && two ? { load: [one, two] as const } : {}),
    samples: samplesReport(feeds, options.fitted),
    machine: { cores: availableParallelism(), arch: arch(), ort: compared.ort },
  }
}

/** Draws with both models, in a process of its own. Throws `compare` with what that process said when one cannot. */
export async function drawModels(
  before: Comparable,
  after: Comparable,
  asked: PicturesAsked,
  signal: AbortSignal | undefined,
): Promise<readonly DrawnPair[]> {
  const job = { kind: 'pictures', before: before.place, after: after.place, asked } as const
  const result = await runJob(job, signal)
  if ('drawn' in result) return result.drawn
  throw new DamsonError('compare', 'Expected pictures from the measuring process.')
}

/** What loading and one run of every part cost, each model in a process of its own. */
async function loadCosts(
  models: readonly Comparable[],
  feeds: readonly PartFeeds[],
  { signal, onProgress }: CompareOptions,
): Promise<readonly LoadCost[]> {
  const costs: LoadCost[] = []
  for (const [at, { place }] of models.entries()) {
    const first = feeds.map(({ part, other, samples }) => ({
      part: at === 0 ? part : other,
      samples: samples.slice(0, 1),
    }))
    onProgress?.('measuring the load', costs.length, models.length + 1)
    const result = await runJob({ kind: 'load', model: place, feeds: first }, signal)
    if ('load' in result) costs.push(result.load)
  }
  return costs
}

/** Bytes and parameters of a part, before and after. */
function costs(
  part: string,
  before: Comparable,
  after: Comparable,
): Pick<PartReport, 'bytes' | 'parameters'> {
  const [one, two] = [before.model.part(part), counterpart(after.model, part)]
  return {
    bytes: [partBytes(one), partBytes(two)],
    parameters: [parameterCount(one), parameterCount(two)],
  }
}

/**
 * The part of a changed model that answers to a part of the original: that of the same name, or the only one there is.
 * Throws `compare` when there is neither.
 */
export function counterpart(model: Model, name: string): Part {
  const [only, ...others] = model.parts.values()
  const found = model.parts.get(name) ?? (others.length === 0 ? only : undefined)
  if (found) return found
  throw new DamsonError(
    'compare',
    `Expected the same parts in both models; "${model.identity.name}" has ${[...model.parts.keys()].join(', ')}, but no ${name}.`,
  )
}

function feedsOf(
  model: Model,
  changed: Model,
  { feeds, samples = 4, dims }: CompareOptions,
): readonly (PartFeeds & { readonly madeUp: boolean })[] {
  return [...model.parts.values()].map(({ name, graph }) => {
    const { name: other, graph: after } = counterpart(changed, name)
    const given = feeds?.get(name) ?? feeds?.get(other)
    const fixed = withFixedSizes(graph, after)
    const made = (): readonly Feeds[] =>
      Array.from({ length: samples }, (_, seed) => feedsFor(fixed.graph, { seed, dims: { ...fixed.dims, ...dims } })) // prettier-ignore
    return { part: name, other, samples: given ?? made(), madeUp: given === undefined }
  })
}

/** How many samples there were, and of which parts they had to be made up. */
function samplesReport(
  feeds: readonly (PartFeeds & { readonly madeUp: boolean })[],
  fitted: number | undefined,
): CompareReport['samples'] {
  const count = Math.max(0, ...feeds.map(({ samples }) => samples.length))
  const madeUp = feeds.filter(each => each.madeUp).map(({ part }) => part)
  const kind = madeUp.length === feeds.length ? 'generated' : 'given'
  return {
    count,
    kind,
    ...(kind === 'given' && madeUp.length > 0 ? { generatedFor: madeUp } : {}),
    ...(fitted === undefined ? {} : { fitted }),
  }
}

/** Bytes of a part's files, external data included. */
function partBytes({ file }: Part): number {
  return [...(file?.files.values() ?? [])].reduce((sum, { size }) => sum + size, 0)
}

/** Does a job in a process of its own. Throws `compare` with what that process said when it fails. */
export async function runJob(job: Job, signal: AbortSignal | undefined): Promise<JobResult> {
  const folder = await mkdtemp(join(tmpdir(), 'damson-compare-'))
  const file = join(folder, 'job')
  try {
    await writeFile(file, serialize(job))
    await spawned(file, signal)
    const result: JobResult = deserialize(await readFile(`${file}.out`))
    return result
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function spawned(file: string, signal: AbortSignal | undefined): Promise<void> {
  const entry = fileURLToPath(await entryUrl())
  // Node 20 cannot load TypeScript by itself; from source the workspace's loader and condition are passed on.
  const flags = entry.endsWith('.ts')
    ? ['--conditions=@damson/source', '--import', import.meta.resolve('tsx')]
    : []
  const child = spawn(process.execPath, [...flags, entry, file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(signal ? { signal } : {}),
  })
  let text = ''
  child.stderr.on('data', (chunk: unknown) => {
    text += String(chunk)
  })
  const code = await new Promise<number | string | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exit, killed) => resolve(exit ?? killed))
  })
  if (code !== 0) {
    throw new DamsonError(
      'compare',
      `The model does not load or run: ${text.trim().split('\n').slice(-8).join('\n') || `the process ended with ${String(code)}`}`,
    )
  }
}

/** The measuring process lies beside this file, in the form this file is in; bundled, this file may lie in another folder. */
async function entryUrl(): Promise<URL> {
  const names = ['measure-process.node.ts', 'measure-process.node.js', 'compare/measure-process.node.js']
  for (const name of names) {
    const url = new URL(`./${name}`, import.meta.url)
    const found = await stat(url).then(
      () => true,
      () => false,
    )
    if (found) return url
  }
  throw new DamsonError('compare', 'Expected the measuring process beside this module. Install damson again.')
}
