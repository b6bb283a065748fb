// Integer products with activations coded at run time, against fp32 and against ONNX Runtime's quantize_dynamic: latency on one
// thread, time to make a session, bytes. Stage by stage, so that the tool runs between them and timing has the machine to itself:
//   pnpm --filter @damson/bench dynamic models <folder> [model …]
//   v/bin/python tooling/peers/quantize-dynamic.py <folder>
//   pnpm --filter @damson/bench dynamic time <folder> [model …]
//   pnpm --filter @damson/bench dynamic wasm <folder> [model …]       a process a model: the memory of onnxruntime-web only grows
//   pnpm --filter @damson/bench dynamic page <folder>                 docs/measured/dynamic-int8.md
import { access, copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { plan, smash, type Live, type Model, type Step, type Target } from '@damson/core'
import { graphToBytes } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { dynamicInt8 } from '../../packages/quantizers/src/algorithms/dynamic-int8.ts'
import { llmInt8 } from '../../packages/quantizers/src/algorithms/llm-int8.ts'
import { ratioOf, timePairs, median } from '../../packages/damson/src/compare/interleaved.ts'
import { weightOnly } from '../../packages/quantizers/src/algorithms/weight-only.ts'
import { readModel } from '../../packages/quantizers/test/read-model.ts'
import { dynamicModels, type DynamicModel } from './dynamic-models.ts'
import { dynamicPage, variants, type Timed, type WebTimed } from './dynamic-page.ts'
import { timeFiles } from './session-times.ts'

const [stage = '', folder = '.', ...given] = process.argv.slice(2)
const root = resolve(process.env['INIT_CWD'] ?? '.', folder)
const chosen = given.length > 0 ? dynamicModels.filter(({ name }) => given.includes(name)) : dynamicModels

interface Variant {
  readonly step: Step
  readonly target?: Target
  readonly learns?: true
}

const ops = ['MatMul', 'Gemm', 'Conv', 'Gather', 'LSTM', 'GRU', 'Attention'] as const
const ours: Readonly<Record<string, Variant>> = {
  'damson': { step: dynamicInt8() },
  'damson-standard': { step: dynamicInt8({ format: 'standard' }) },
  'damson-int8': { step: dynamicInt8({ weights: 'int8' }) },
  'damson-convs': { step: dynamicInt8({ ops: [...ops] }) },
  'damson-llm': { step: llmInt8(), learns: true },
} // prettier-ignore

const webSteps: Readonly<Record<string, Step>> = {
  'damson': dynamicInt8(),
  'without-conv': dynamicInt8({ ops: ['MatMul', 'Gemm', 'Gather', 'GRU', 'Attention'] }),
  'lstm': dynamicInt8({ ops: ['LSTM'] }),
  'weight-only': weightOnly(),
} // prettier-ignore

async function writeModels({ name, path, samples }: DynamicModel): Promise<void> {
  const place = join(root, name)
  await mkdir(place, { recursive: true })
  await copyFile(requireZoo(path), join(place, 'model.onnx'))
  const model = await readModel(requireZoo(path))
  const runtime = createRuntime()
  for (const [variant, { step, learns }] of Object.entries(ours)) {
    if (plan(model, [step]).conflicts.length > 0) continue
    const learnt = learns ? (await samples(model)).map(feeds => ({ part: 'model', feeds })) : undefined
    const made: Model = await smash(model, [step], { runtime, ...(learnt ? { samples: learnt } : {}) })
    await writeFile(join(place, `${variant}.onnx`), await graphToBytes(made.part('model').graph))
    console.log(name, variant)
  }
  await runtime.close()
}

async function timeModel({ name, samples }: DynamicModel): Promise<void> {
  const files: Record<string, string> = {}
  for (const variant of ['model', ...Object.keys(variants)]) {
    const file = join(root, name, `${variant}.onnx`)
    const there = await access(file).then(
      () => true,
      () => false,
    )
    if (there) files[variant] = file
  }
  const [feeds] = await samples(await readModel(join(root, name, 'model.onnx')))
  if (!feeds) throw new Error(`Expected a sample of ${name}.`)
  const times = await timeFiles(files, feeds, { threads: 1, budgetMs: 5000 })
  const timed: Record<string, Timed> = {}
  for (const [variant, each] of Object.entries(times))
    timed[variant] = { ...each, bytes: (await stat(files[variant] ?? '')).size }
  await writeFile(join(root, name, 'timed.json'), JSON.stringify(timed, undefined, 1))
  for (const [variant, { latency, load, ms }] of Object.entries(times))
    console.log(name, variant, ms.toFixed(3), latency.ratio.toFixed(2), latency.interval.map(each => each.toFixed(2)).join('–'), 'load', load.ratio.toFixed(2)) // prettier-ignore
}

/** Until the engine has compiled its kernels for good. */
async function warm(work: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + 4000
  while (performance.now() < end) await work()
}

async function timeWeb({ name, path, samples }: DynamicModel): Promise<void> {
  const runtime = createRuntime({ target: 'wasm' })
  const model = await readModel(requireZoo(path))
  const [feeds = {}] = await samples(model)
  const before = await runtime.open(model)
  await warm(() => before.run('model', feeds))
  const timed: Record<string, WebTimed> = {}
  for (const [variant, step] of Object.entries(webSteps)) {
    if (plan(model, [step], { target: 'wasm' }).conflicts.length > 0) continue
    const after = await runtime.open(await smash(model, [step], { target: 'wasm', runtime }))
    const run = (live: Live) => (): Promise<unknown> => live.run('model', feeds)
    await warm(run(after))
    const times = await timePairs(run(before), run(after), () => performance.now(), { pairs: 301, budgetMs: 3000 })
    timed[variant] = { ms: median(times.before), latency: ratioOf(times) }
    await after.close()
    console.log(name, variant, timed[variant])
  }
  await writeFile(join(root, name, 'wasm.json'), JSON.stringify(timed, undefined, 1))
  await before.close()
  await runtime.close()
} // prettier-ignore

async function page(): Promise<void> {
  const read = async <T>(file: string): Promise<ReadonlyMap<DynamicModel, T>> => {
    const all = new Map<DynamicModel, T>()
    for (const model of dynamicModels)
      all.set(model, JSON.parse(await readFile(join(root, model.name, file), 'utf8')))
    return all
  }
  const target = fileURLToPath(new URL('../../docs/measured/dynamic-int8.md', import.meta.url))
  await writeFile(target, dynamicPage(await read('timed.json'), await read('wasm.json')))
}

if (stage === 'models') for (const each of chosen) await writeModels(each)
else if (stage === 'time') for (const each of chosen) await timeModel(each)
else if (stage === 'wasm') for (const each of chosen) await timeWeb(each)
else if (stage === 'page') await page()
else throw new Error(`Expected models, time, wasm or page, got "${stage}".`)
