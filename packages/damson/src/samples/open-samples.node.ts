// The samples that --samples names: a file or a folder of any of the formats. All are read once at the start, so that what
// is wrong is said before any work is done; after that they are read again whenever somebody goes through them, one in
// memory at a time.
import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { DamsonError, type Model, type Sample } from '@damson/core'
import { arraySamples, npySamples } from './array-files.node.ts'
import { checkedSample, type RawSample } from './checked-sample.ts'
import { jsonLines } from './json-lines.node.ts'

/** Samples that can be gone through any number of times. */
export interface OpenSamples {
  /** How many there are of each part that has some. */
  readonly counts: ReadonlyMap<string, number>
  /** Those of a part from one place to another (not included), in order. */
  slice(part: string, from: number, to: number): AsyncIterable<Sample>
}

const readers: Readonly<Record<string, (path: string, model: Model) => AsyncIterable<RawSample>>> = {
  '.jsonl': jsonLines,
  '.ndjson': jsonLines,
  '.npz': arraySamples,
  '.safetensors': arraySamples,
}

/** Opens and checks samples. Throws `samples` with the file, the line, the input and what was expected. */
export async function openSamples(path: string, model: Model): Promise<OpenSamples> {
  const each = await readerOf(path, model)
  const checked = async function* (): AsyncIterable<Sample> {
    for await (const raw of each()) yield await checkedSample(raw, model)
  }
  const counts = new Map<string, number>()
  for await (const { part } of checked()) counts.set(part, (counts.get(part) ?? 0) + 1)
  if (counts.size === 0) throw invalid(`Expected samples in "${path}", found none.`)
  return {
    counts,
    slice: (part, from, to) => ({
      async *[Symbol.asyncIterator]() {
        let at = 0
        for await (const sample of checked()) {
          if (sample.part !== part) continue
          if (at >= from && at < to) yield sample
          at++
          if (at >= to) return
        }
      },
    }),
  }
}

async function readerOf(path: string, model: Model): Promise<() => AsyncIterable<RawSample>> {
  const found = await stat(path).catch((cause: unknown) => {
    throw invalid(`Expected samples at "${path}": ${String(cause)}.`)
  })
  if (!found.isDirectory()) {
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
