// What portable saves: from a path to the first result, and a warm run, of a model of 302 MB and of some small ones, in each of the
// forms that it writes, beside the source with external data by path. Written by the algorithm, opened by plain ONNX Runtime.
// Run: pnpm --filter @damson/bench portable      writes docs/measured/portable.md
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load, save, sessionOptions, smash, type Feeds, type Model } from '@damson/core'
import { createRuntime, feedsFor } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { portable } from '../../packages/compilers/src/algorithms/portable.ts'
import { writeManyNodeModel } from './many-node-model.ts'
import { timeOpenings, type Form, type OpeningTimes } from './opening-times.ts'

const page = fileURLToPath(new URL('../../docs/measured/portable.md', import.meta.url))

const ways = {
  basic: { level: 'basic' },
  extended: { level: 'extended' },
  'all, plain weights': { level: 'all', packed: false },
  'all, packed weights': { level: 'all' },
  'ORT format': { level: 'all', format: 'ort' },
} as const

interface Row extends OpeningTimes {
  readonly bytes: number
}

/** Writes every form of a model and times them; the first row is the source. */
async function measure(source: string, feeds: Feeds, threads: number): Promise<ReadonlyMap<string, Row>> {
  const folder = await mkdtemp(join(tmpdir(), 'damson-portable-'))
  const runtime = createRuntime()
  try {
    const forms = new Map<string, Form>([['source', { path: source, options: {} }]])
    for (const [name, params] of Object.entries(ways)) {
      const made = await smash(await load(source), [portable(params)], { runtime })
      const place = join(folder, name.replaceAll(/\W/g, '-'), 'model.onnx')
      // As the source lies there: weights in external data.
      await save(made, dirname(place), { weights: 'shared' })
      const [part = ''] = made.parts.keys()
      const { options } = sessionOptions(made, part, await runtime.traits())
      const { prepared, ...rest } = options
      const file = [...made.parts.values()][0]?.path ?? ''
      forms.set(name, { path: join(dirname(place), prepared ?? file), options: rest })
    }
    await runtime.close()
    const times = await timeOpenings([...forms.values()], feeds, { threads, openings: 15, budgetMs: 12_000 })
    const rows = new Map<string, Row>()
    for (const [at, [name, { path }]] of [...forms].entries()) {
      const each = times[at]
      if (each) rows.set(name, { ...each, bytes: await bytesOf(path) })
    }
    return rows
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function bytesOf(path: string): Promise<number> {
  const data = await stat(`${path}_data`).catch(() => undefined)
  return (await stat(path)).size + (data?.size ?? 0)
}

const cores = 2
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const ratio = ({ ratio: value, interval }: OpeningTimes['first']): string =>
  `${value.toFixed(2)} (${interval.map(each => each.toFixed(2)).join('–')})`

function table(rows: ReadonlyMap<string, Row>): string {
  const head = ['form', 'MB', 'create, ms', 'create + first run, ms', 'new/old', 'run, ms', 'new/old']
  const lines = [...rows].map(([name, row]) =>
    line([
      name,
      (row.bytes / 1e6).toFixed(1),
      row.createMs.toFixed(row.createMs < 20 ? 1 : 0),
      row.firstMs.toFixed(row.firstMs < 20 ? 1 : 0),
      name === 'source' ? '1' : ratio(row.first),
      row.steadyMs.toFixed(2),
      name === 'source' ? '1' : ratio(row.steady),
    ]),
  )
  return [line(head), line(head.map(() => '---')), ...lines].join('\n')
}

async function big(threads: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'damson-many-'))
  try {
    await writeManyNodeModel(join(folder, 'source.onnx'))
    const feeds = feedsFor(partOf(await load(join(folder, 'source.onnx'))).graph, {
      dims: { batch: 1, sequence: 16 },
    })
    return table(await measure(join(folder, 'source.onnx'), feeds, threads))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function partOf(model: Model): Model['parts'] extends ReadonlyMap<string, infer P> ? P : never {
  const [part] = model.parts.values()
  if (!part) throw new Error('expected a part')
  return part
}

const small = ['models/use_lite.onnx', 'models/ddpm_fashion_28.onnx', 'models/yolox_nano_coco.onnx']
const tables: string[] = []
const given = process.argv.slice(2)
const isWanted = (name: string): boolean => given.length === 0 || given.some(each => name.includes(each))
for (const threads of isWanted('big') ? [cores, 1] : [])
  tables.push(`## An encoder of 302 MB, threads: ${threads}\n\n24 layers of width 512 as TorchScript writes them: 1,300 nodes. One sequence of 16.\n\n${await big(threads)}`) // prettier-ignore
for (const path of small.filter(isWanted)) {
  const file = requireZoo(path)
  const feeds = feedsFor(partOf(await load(file)).graph, { seed: 1 })
  tables.push(`## ${path.split('/').at(-1)}\n\n${table(await measure(file, feeds, cores))}`)
}
const text = `# portable, measured

Every form that \`portable\` writes, opened by plain ONNX Runtime 1.30 for Node with ${cores} threads, where nothing else is said, of an x86 processor with AVX2: the source and the graphs of levels \`basic\` and \`extended\` at ONNX Runtime's defaults, files for this machine with its optimizer off. All in turn; new/old is the median of the rounds with its 95 % interval, under 1 is quicker. The files are in the cache of the system. Made by \`pnpm --filter @damson/bench portable\`.

${tables.join('\n\n')}
`
if (given.length === 0) await writeFile(page, text)
console.log(text)
