// Every preset of the command on some models: how long plain ONNX Runtime takes to make a session of it and to run it, beside the
// model as it was. The command runs from source.
// Run: pnpm --filter @damson/bench loading [model …]      writes docs/measured/loading.md when no model is named
import { spawn } from 'node:child_process'
import { copyFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { splitVariant, variantSuffixes } from '@damson/core'
import { requireZoo } from '@damson/zoo'
import { readModel } from '../../packages/quantizers/test/read-model.ts'
import { dynamicModels, type DynamicModel } from './dynamic-models.ts'
import { timeFiles, type FileTimes } from './session-times.ts'

const main = fileURLToPath(new URL('../../packages/damson/src/main.ts', import.meta.url))
const page = fileURLToPath(new URL('../../docs/measured/loading.md', import.meta.url))
const dtypes = Object.keys(variantSuffixes)
/** Halves for a CPU, where presets are made for GPUs too: no file of the layout. */
const stored = 'half'
const rowsOf = dtypes.flatMap(dtype => (dtype === 'fp16' ? [dtype, stored] : [dtype]))

async function command(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, ['--conditions=@damson/source', '--import', 'tsx', main, ...args], { stdio: ['ignore', 'ignore', 'inherit'] }) // prettier-ignore
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  if (code !== 0) throw new Error(`damson ${args.join(' ')} ended with ${code}.`)
}

type Row = Readonly<Record<string, FileTimes & { readonly bytes: number }>>

async function measure({ path, samples }: DynamicModel): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'damson-loading-'))
  try {
    // The name of its session; not that of the file, which may end like a variant's.
    await copyFile(requireZoo(path), join(folder, 'model.onnx'))
    await command(['smash', join(folder, 'model.onnx'), '--preset', dtypes.join(), '-o', join(folder, 'all'), '--no-verify']) // prettier-ignore
    const files: Record<string, string> = {}
    const names = await readdir(join(folder, 'all/onnx'))
    for (const dtype of dtypes) {
      const name = names.find(each => each.endsWith('.onnx') && splitVariant(each.slice(0, -5)).variant === dtype)
      if (name !== undefined) files[dtype] = join(folder, 'all/onnx', name)
    } // prettier-ignore
    files[stored] = join(folder, 'stored.onnx')
    await command(['smash', join(folder, 'model.onnx'), '--with', stored, '-o', files[stored], '--no-verify'])
    const [feeds] = await samples(await readModel(requireZoo(path)))
    if (!feeds) throw new Error(`Expected a sample of ${path}.`)
    const times = await timeFiles(files, feeds, { threads: 1, budgetMs: 20_000 })
    const row: Record<string, Row[string]> = {}
    for (const [dtype, each] of Object.entries(times))
      row[dtype] = { ...each, bytes: (await stat(files[dtype] ?? '')).size }
    return row
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function table(rows: ReadonlyMap<string, Row>, cell: (each: Row[string], source: Row[string]) => string): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const head = ['dtype', ...rows.keys()]
  const lines = rowsOf.map(dtype => {
    const cells = [...rows.values()].map(row => {
      const [each, source] = [row[dtype], row['fp32']]
      return each && source ? cell(each, source) : '–'
    })
    return line([`\`${dtype}\``, ...cells])
  })
  return [line(head), line(head.map(() => '---')), ...lines].join('\n')
} // prettier-ignore

const ratio = ({ ratio: median, interval }: FileTimes['load']): string =>
  `${median.toFixed(2)} (${interval.map(each => each.toFixed(2)).join('–')})`

const given = process.argv.slice(2)
const usual = ['use_lite', 'stories260K', 'text_encoder', 'ddpm_fashion_28', 'magika_v3_3']
const rows = new Map<string, Row>()
for (const model of dynamicModels.filter(({ name }) => (given.length > 0 ? given : usual).includes(name)))
  rows.set(model.name, await measure(model))
const text = `# Loading, measured

Every preset, made by the command and opened by plain ONNX Runtime 1.30 for Node: one thread of an x86 processor without VNNI, all files of a model in turn. Variant/\`fp32\` as the median of the rounds, with its 95 % interval; under 1 is quicker. Made by \`pnpm --filter @damson/bench loading\`.

Where weights weigh more than the graph, a session of any variant in integers is made sooner: of an encoder of 1.21 GB in 0.28 (\`q8\`), 0.29 (\`q4\`), 0.34 (\`q4f16\`) and 0.62 (\`q1\`) of the time of fp32 (1.4 s, medians of three). In models of a few megabytes nodes are what costs, and variants in integers, but for \`q1\`, have about as many as fp32: there a session takes what it took, within some milliseconds. float16 takes longer on a CPU at any size: ONNX Runtime has no kernels for it there, puts a cast around every node and widens the weights (1.6 at 1.21 GB, from the cache of the disk); on GPUs it does not. \`half\` for the target cpu (\`--with half\`, no preset) widens the weights alone: runs are those of fp32, sessions take a tenth of a millisecond a weight longer, at 1.21 GB 1.4 of the time.

## Making a session

From the path to a session that is ready.

${table(rows, ({ load, loadMs }, source) => (loadMs === source.loadMs ? `${loadMs.toFixed(1)} ms` : ratio(load)))}

## A run

${table(rows, ({ latency, ms }, source) => (ms === source.ms ? `${ms.toFixed(2)} ms` : ratio(latency)))}

## Bytes

${table(rows, ({ bytes }, source) => (bytes === source.bytes ? `${(bytes / 1e6).toFixed(2)} MB` : `${(bytes / source.bytes).toFixed(2)}×`))}
`
if (given.length === 0) await writeFile(page, text)
console.log(text)
