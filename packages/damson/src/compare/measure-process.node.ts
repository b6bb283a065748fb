// The process that measures: it loads the models like any user would, runs them, and writes what it saw. A crash here is
// an error there.
import { readFile, writeFile } from 'node:fs/promises'
import { deserialize, serialize } from 'node:v8'
import { load, type AnyAlgorithm, type Feeds, type Live, type Model, type Outputs } from '@damson/core'
import {
  addQuality, cosineOf, createRuntime, isFloatOutput, loadsAndRuns, sqnrOf, type QualitySums,
} from '@damson/runtime' // prettier-ignore
import { algorithms as ours } from '../families.ts'
import { median, ratioOf, timePairs } from './interleaved.ts'
import type { ComparedPart, Job, JobResult, ModelPlace, PartFeeds } from './job.ts'
import type { OutputQuality } from './report.ts'

async function open(place: ModelPlace, runtime: ReturnType<typeof createRuntime>): Promise<Live> {
  return runtime.open(await loaded(place))
}

async function loaded(place: ModelPlace): Promise<Model> {
  const algorithms: AnyAlgorithm[] = [...ours]
  for (const url of place.modules) {
    const found: Readonly<Record<string, unknown>> = await import(url)
    for (const value of Object.values(found)) if (isDefined(value)) algorithms.push(value.algorithm)
  }
  // The files were hashed or read just before; checking them again would be counted as loading.
  const options = {
    algorithms,
    verify: 'none' as const,
    ...(place.variant === undefined ? {} : { variant: place.variant }),
  }
  return load(place.path, options)
}

function isDefined(value: unknown): value is { readonly algorithm: AnyAlgorithm } {
  return typeof value === 'function' && 'algorithm' in value
}

async function loadCost(job: Extract<Job, { kind: 'load' }>): Promise<JobResult> {
  const runtime = createRuntime()
  const start = performance.now()
  const live = await open(job.model, runtime)
  for (const { part, samples } of job.feeds) if (samples[0]) await live.run(part, samples[0])
  const ms = performance.now() - start
  await live.close()
  await runtime.close()
  return { load: { ms, peakBytes: process.resourceUsage().maxRSS * 1024 } }
}

/** Every part from its file, once. */
async function check({ written }: Extract<Job, { kind: 'check' }>): Promise<JobResult> {
  const runtime = createRuntime()
  for (const { part, path, feeds } of written) {
    const { parts } = await load(path)
    await loadsAndRuns(runtime, { feeds: () => feeds })(
      [...parts.values()].map(each => ({ ...each, name: part })),
    )
  }
  await runtime.close()
  return { checked: written.length }
}

/** The whole of both models, prompt by prompt. */
async function pictures({ before, after, asked }: Extract<Job, { kind: 'pictures' }>): Promise<JobResult> {
  // Only here: what is loaded counts as memory of the other jobs.
  const { drawPairs } = await import('./draw-pairs.ts')
  const runtime = createRuntime()
  const drawn = await drawPairs([await loaded(before), await loaded(after)], asked, runtime)
  await runtime.close()
  return { drawn }
}

async function done(job: Job): Promise<JobResult> {
  if (job.kind === 'check') return check(job)
  if (job.kind === 'pictures') return pictures(job)
  return job.kind === 'load' ? loadCost(job) : compare(job)
}

async function compare(job: Extract<Job, { kind: 'compare' }>): Promise<JobResult> {
  const runtime = createRuntime()
  const [before, after] = [await open(job.before, runtime), await open(job.after, runtime)]
  const parts: ComparedPart[] = []
  for (const feeds of job.feeds) parts.push(await comparePart(before, after, feeds, job))
  const { ort } = await runtime.traits()
  await runtime.close()
  return { parts, ort }
}

async function comparePart(
  before: Live, after: Live, { part, other, samples }: PartFeeds, { pairs, budgetMs }: { readonly pairs: number; readonly budgetMs: number },
): Promise<ComparedPart> {
  const sums = new Map<string, QualitySums>()
  for (const feeds of samples) addOutputs(sums, await after.run(other, feeds), await before.run(part, feeds))
  const outputs = [...sums].map(([output, sum]) => qualityOf(output, sum))
  const [first] = samples
  if (pairs === 0 || !first) return { part, outputs }
  const run = (live: Live, name: string, feeds: Feeds) => (): Promise<Outputs> => live.run(name, feeds)
  const times = await timePairs(run(before, part, first), run(after, other, first), () => performance.now(), { pairs, budgetMs })
  const latency = { before: median(times.before), after: median(times.after), ...ratioOf(times), pairs: times.before.length }
  return { part, outputs, latency }
} // prettier-ignore

function addOutputs(sums: Map<string, QualitySums>, got: Outputs, want: Outputs): void {
  for (const [name, expected] of Object.entries(want)) {
    const actual = got[name]
    if (!actual) throw new Error(`output "${name}" is missing`)
    if (actual.shape.join() !== expected.shape.join()) {
      throw new Error(
        `output "${name}" has shape [${actual.shape.join()}], expected [${expected.shape.join()}]`,
      )
    }
    if (isFloatOutput(expected)) sums.set(name, addQuality(actual, expected, sums.get(name)))
  }
}

function qualityOf(output: string, sum: QualitySums): OutputQuality {
  const sqnr = sqnrOf(sum)
  return {
    output,
    sqnr: sqnr === Infinity ? null : sqnr,
    cosine: cosineOf(sum),
    excluded: sum.excluded,
    broken: sum.broken,
  }
}

async function main(file: string): Promise<void> {
  const job: Job = deserialize(await readFile(file))
  await writeFile(`${file}.out`, serialize(await done(job)))
}

void main(process.argv[2] ?? '').catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
