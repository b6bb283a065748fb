// The other side of fresh.node.ts: reads what to do from a file, does it, writes the outputs beside it.
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { deserialize, serialize } from 'node:v8'
import { load, type AnyAlgorithm } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import type { FreshRun } from './fresh.node.ts'

/** A package is looked up where the tests run, not where this file lies. */
function importable(url: string): string {
  if (/^(file|data|https?):/.test(url)) return url
  return pathToFileURL(createRequire(join(process.cwd(), 'fresh.js')).resolve(url)).href
}

async function main(file: string): Promise<void> {
  const run: FreshRun = deserialize(await readFile(file))
  const algorithms: { readonly algorithm: AnyAlgorithm }[] = []
  for (const { url, name } of run.algorithms) {
    const loaded: Record<string, { readonly algorithm: AnyAlgorithm }> = await import(importable(url))
    const found = loaded[name]
    if (found) algorithms.push(found)
  }
  const runtime = createRuntime()
  const live = await runtime.open(await load(run.folder, { algorithms }))
  const outputs = await live.run(run.part, run.feeds)
  await writeFile(`${file}.out`, serialize(outputs))
  await runtime.close()
}

await main(process.argv[2] ?? '')
