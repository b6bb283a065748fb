// How Node is started on an entry file of this package: plainly when built, through tsx and the workspace's own condition
// when running from source (Node 20 cannot load TypeScript in workers and child processes). The one place that knows.
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const source = import.meta.url.endsWith('.ts')
const condition = '--conditions=@damson/source'

export interface Entry<File> {
  readonly file: File
  readonly execArgv: string[]
}

/** How a child process starts on the entry called `name` beside this file: `engine-process.node`. */
export function processEntry(name: string): Entry<string> {
  const file = fileURLToPath(entryUrl(name))
  return { file, execArgv: source ? [condition, '--import', tsx()] : [] }
}

/** How a worker thread starts. `--import` does not reach workers, so from source a module made here registers tsx first. */
export function threadEntry(name: string): Entry<URL> {
  const url = entryUrl(name)
  if (!source) return { file: url, execArgv: [] }
  const api = new URL('./esm/api/index.mjs', tsx()).href
  const start = `import { register } from '${api}'; register(); await import('${url.href}')`
  return { file: new URL(`data:text/javascript,${encodeURIComponent(start)}`), execArgv: [condition] }
}

function entryUrl(name: string): URL {
  return new URL(`./${name}${source ? '.ts' : '.js'}`, import.meta.url)
}

/** tsx's loader; its ESM interface lies beside it (`require.resolve` would give the CommonJS one). */
function tsx(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
}
