// Recorded feeds as a folder: `<sample>/<part>/<input>.npy`; a model of one part may leave the part's folder out.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DamsonError, type Feeds, type Model, type TensorData } from '@damson/core'
import { readNpy } from '@damson/runtime'

/** Feeds by part. Throws `feeds` naming what is missing. */
export async function readFeeds(
  folder: string,
  model: Model,
): Promise<ReadonlyMap<string, readonly Feeds[]>> {
  const samples = (await subfolders(folder)).sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))
  if (samples.length === 0) {
    throw new DamsonError(
      'feeds',
      `Expected folders of samples in "${folder}" (0/<part>/<input>.npy, 1/…), found none.`,
    )
  }
  const found = new Map<string, readonly Feeds[]>()
  for (const [name, { graph }] of model.parts) {
    const inputs = graph.requiredInputs().map(input => input.name)
    const feeds: Feeds[] = []
    for (const sample of samples) {
      const own = join(folder, sample, name)
      feeds.push(
        await readSample(model.parts.size === 1 && !(await exists(own)) ? join(folder, sample) : own, inputs),
      )
    }
    found.set(name, feeds)
  }
  return found
}

async function readSample(folder: string, inputs: readonly string[]): Promise<Feeds> {
  const feeds: Record<string, TensorData> = {}
  for (const input of inputs) {
    const path = join(folder, `${input}.npy`)
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new DamsonError('feeds', `Expected the input "${input}" in "${path}": ${String(cause)}.`, {
        cause,
      })
    })
    feeds[input] = readNpy(bytes)
  }
  return feeds
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new DamsonError('feeds', `Expected a folder of samples at "${folder}": ${String(cause)}.`, {
      cause,
    })
  })
  return entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
}

async function exists(folder: string): Promise<boolean> {
  return readdir(folder).then(
    () => true,
    () => false,
  )
}
