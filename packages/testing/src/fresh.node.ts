// A process of its own that loads a saved model and runs it: what is left in memory here cannot help it there.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deserialize, serialize } from 'node:v8'
import type { Feeds, Outputs } from '@damson/core'
import { DamsonError } from '@damson/graph'

/** What the fresh process is to load and run. */
export interface FreshRun {
  readonly folder: string
  readonly part: string
  readonly feeds: Feeds
  readonly algorithms: readonly { readonly url: string; readonly name: string }[]
}

/** Runs something with a temporary folder, which is gone afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'damson-test-'))
  try {
    return await work(join(folder, 'model'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Loads a saved model in a new Node process, runs one part and gives its outputs. Throws `fresh-process` with what it printed. */
export async function runInFreshProcess(run: FreshRun): Promise<Outputs> {
  return withFolder(async file => {
    await writeFile(file, serialize(run))
    const source = import.meta.url.endsWith('.ts')
    const entry = fileURLToPath(
      new URL(source ? './fresh-run.node.ts' : './fresh-run.node.js', import.meta.url),
    )
    // Node 20 cannot load TypeScript by itself; from source the workspace's loader and condition are passed on.
    const flags = source ? ['--conditions=@damson/source', '--import', 'tsx'] : []
    const { code, text } = await spawned([...flags, entry, file])
    if (code !== 0)
      throw new DamsonError(
        'fresh-process',
        `Loading or running "${run.folder}" in a fresh process failed:\n${text}`,
      )
    const outputs: Outputs = deserialize(await readFile(`${file}.out`))
    return outputs
  })
}

function spawned(args: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    const note = (chunk: unknown): void => {
      text += String(chunk)
    }
    child.stdout.on('data', note)
    child.stderr.on('data', note)
    child.on('error', reject)
    child.on('close', code => resolve({ code, text }))
  })
}
