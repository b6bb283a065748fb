// The samples that --samples names: a file or a folder of any of the formats. All are read once at the start, so that what
// is wrong is said before any work is done; after that they are read again whenever somebody goes through them, one in
// memory at a time.
import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { DamsonError, type Model, type Sample } from '@damson/core'
import { arraySamples, npySamples } from './array-files.node.ts'
import { checkedSample, type RawSample } from './checked-sample.ts'
import { asksPipeline, jsonLines } from './json-lines.node.ts'
import type { RecordingOptions } from './recorded-lines.node.ts'

/** Samples that can be gone through any number of times. */
export interface OpenSamples {
  /** How many there are of each part that has some, in groups that belong together: the calls of one generation, else single ones. */
  readonly groups: ReadonlyMap<string, readonly number[]>
  /** True for calls that a pipeline made, which are many and alike. */
  readonly recorded: boolean
  /** Those of a part from one place to another (not included), in order. */
  slice(part: string, from: number, to: number): AsyncIterable<Sample>
  /** Frees what was recorded. */
  close(): Promise<void>
}

const readers: Readonly<Record<string, (path: string, model: Model) => AsyncIterable<RawSample>>> = {
  '.jsonl': jsonLines,
  '.ndjson': jsonLines,
  '.npz': arraySamples,
  '.safetensors': arraySamples,
}

/** Opens and checks samples, or records them. Throws `samples` with the file, the line, the input and what was expected. */
export async function openSamples(
  path: string,
  model: Model,
  options: RecordingOptions = {},
): Promise<OpenSamples> {
  const file = await stat(path).catch((cause: unknown) => {
    throw invalid(`Expected samples at "${path}": ${String(cause)}.`)
  })
  if (file.isFile() && readers[extname(path)] === jsonLines && (await asksPipeline(path))) {
    const { recordLines } = await import('./recorded-lines.node.ts')
    const recorded = await recordLines(path, model, options)
    return opened(recorded, true, () => recorded.close())
  }
  const each = await readerOf(path, file.isDirectory(), model)
  const checked: AsyncIterable<Sample> = {
    async *[Symbol.asyncIterator]() {
      for await (const raw of each()) yield await checkedSample(raw, model)
    },
  }
  const open = await opened(checked, false, async () => {})
  if (open.groups.size === 0) throw invalid(`Expected samples in "${path}", found none.`)
  return open
}

async function opened(
  samples: AsyncIterable<Sample>,
  recorded: boolean,
  close: () => Promise<void>,
): Promise<OpenSamples> {
  const groups = new Map<string, number[]>()
  const last = new Map<string, number | undefined>()
  for await (const { part, run } of samples) {
    const sizes = groups.get(part) ?? []
    const goesOn = run !== undefined && last.get(part) === run.id
    sizes.push(goesOn ? (sizes.pop() ?? 0) + 1 : 1)
    groups.set(part, sizes)
    last.set(part, run?.id)
  }
  return {
    groups,
    recorded,
    close,
    slice: (part, from, to) => ({
      async *[Symbol.asyncIterator]() {
        let at = 0
        for await (const sample of samples) {
          if (sample.part !== part) continue
          if (at >= from && at < to) yield sample
          at++
          if (at >= to) return
        }
      },
    }),
  }
}

async function readerOf(
  path: string,
  isFolder: boolean,
  model: Model,
): Promise<() => AsyncIterable<RawSample>> {
  if (!isFolder) {
    const reader = readers[extname(path)]
    if (reader) return () => reader(path, model)
    throw invalid(
      `Expected samples in a folder or a file that ends in ${Object.keys(readers).join(', ')}, got "${path}".`,
    )
  }
  const files = (await readdir(path)).filter(name => Object.hasOwn(readers, extname(name)))
  if (files.length === 0) return () => npySamples(path.replace(/[\\/]+$/, ''), model)
  files.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return async function* () {
    for (const file of files) yield* readers[extname(file)]?.(join(path, file), model) ?? []
  }
}

function invalid(message: string): DamsonError {
  return new DamsonError('samples', message)
}
