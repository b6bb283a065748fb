// What tune chooses on some models, and whether it is faster: the options are measured once more against the defaults, in turn, in
// other sessions than those they were chosen in.
// Run: pnpm --filter @damson/bench tune [model …]      writes docs/measured/tune.md when no model is named
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { modelOf, sessionOptions, smash, type Feeds, type Model, type SessionOptions } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { tune } from '../../packages/compilers/src/algorithms/tune.ts'
import type { Trial } from '../../packages/compilers/src/tune/search.ts'
import { readModel } from '../../packages/quantizers/test/read-model.ts'
import { dynamicModels } from './dynamic-models.ts'
import { timeOpenings } from './opening-times.ts'

const page = fileURLToPath(new URL('../../docs/measured/tune.md', import.meta.url))
const usual = ['use_lite', 'stories260K', 'ddpm_fashion_28', 'yolox_nano_coco', 'mnist8']
const given = process.argv.slice(2)
const seconds = 12

interface Result {
  readonly options: SessionOptions
  readonly trials: readonly Trial[]
  readonly ms: number
  readonly steady: { readonly ratio: number; readonly interval: readonly [number, number] }
}

async function measure(
  path: string,
  samplesOf: (model: Model) => Promise<readonly Feeds[]>,
): Promise<Result> {
  const model = modelOf((await readModel(path)).part('model').graph)
  const [feeds] = await samplesOf(model)
  if (!feeds) throw new Error(`Expected a sample of ${path}.`)
  const runtime = createRuntime()
  try {
    const made = await smash(model, [tune({ seconds })], { runtime, samples: [{ part: 'model', feeds }] })
    const { options } = sessionOptions(made, 'model', await runtime.traits())
    const { trials } = JSON.parse(JSON.stringify(made.replays[0]?.state)).parts.model
    const forms = [{}, options].map(each => ({ path, options: each }))
    const [before, after] = await timeOpenings(forms, feeds, { openings: 1, budgetMs: 5000 })
    if (!before || !after) throw new Error('Expected two times.')
    return { options, trials, ms: before.steadyMs, steady: after.steady }
  } finally {
    await runtime.close()
  }
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const chosen = (options: SessionOptions): string =>
  Object.keys(options).length === 0 ? 'the defaults' : `\`${JSON.stringify(options)}\``
const interval = ([low, high]: readonly [number, number]): string => `${low.toFixed(2)}–${high.toFixed(2)}`

function trialsTable(trials: readonly Trial[]): string {
  const lines = trials.map(({ options, verdict, pairs, ratio, interval: between }) =>
    line([`\`${JSON.stringify(options)}\``, verdict, `${pairs}`, ratio === null ? '–' : `${ratio.toFixed(2)}${between ? ` (${interval(between)})` : ''}`]),
  ) // prettier-ignore
  return [line(['tried', 'verdict', 'pairs', 'time over the leader’s']), line(['---', '---', '---', '---']), ...lines].join('\n') // prettier-ignore
}

const results = new Map<string, Result>()
for (const { name, path, samples } of dynamicModels.filter(each =>
  (given.length > 0 ? given : usual).includes(each.name),
))
  results.set(name, await measure(requireZoo(path), samples))
const summary = [...results].map(([name, { ms, options, trials, steady }]) =>
  line([
    name,
    `${ms.toFixed(2)} ms`,
    chosen(options),
    `${steady.ratio.toFixed(2)} (${interval(steady.interval)})`,
    `${trials.length}`,
    `${trials.reduce((sum, { pairs }) => sum + pairs, 0)}`,
  ]),
)
const example = [...results].find(([name]) => name === 'ddpm_fashion_28' || results.size === 1)
const text = `# tune, measured

What \`tune({ seconds: ${seconds} })\` chooses with ONNX Runtime 1.30 for Node on 2 cores of an x86 processor with AVX2, and the chosen options over the defaults, measured once more in other sessions: the median of runs in turn with its 95 % interval, under 1 is quicker. Made by \`pnpm --filter @damson/bench tune\`.

${[line(['model', 'defaults', 'chosen', 'chosen/defaults', 'candidates', 'pairs']), line(Array.from({ length: 6 }, () => '---')), ...summary].join('\n')}

${example ? `## The evidence of ${example[0]}\n\n${trialsTable(example[1].trials)}\n` : ''}`
if (given.length === 0) await writeFile(page, text)
console.log(text)
