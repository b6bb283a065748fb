// Static int8 against ONNX Runtime's quantize_static on the same models and samples, and against the ceiling of exact arithmetic.
// Stage by stage, so that the tool runs between them and timing has the machine to itself:
//   pnpm --filter @damson/bench static inputs <folder> [set …]      models and samples
//   v/bin/python tooling/peers/quantize-static.py <folder> [set …]  the tool's models
//   pnpm --filter @damson/bench static fit|quality|time <folder> [set …]
//   pnpm --filter @damson/bench static page <folder>                docs/measured/static-int8.md
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { modelOf, smash, type Model } from '@damson/core'
import { graphToBytes, isRefusal, upgradeOpset } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { staticInt8 } from '../../packages/quantizers/src/algorithms/static-int8.ts'
import { readModel } from '../../packages/quantizers/test/read-model.ts'
import { fakeQuantize } from './fake-quantize.ts'
import { readFeeds, writeFeeds } from './static-feeds.ts'
import { timeFiles } from './session-times.ts'
import { integerShare, qualityOf } from './static-measure.ts'
import { staticPage, type Measured, type SetResult } from './static-page.ts'
import { inputSets } from './static-sets.ts'

const [stage = '', folder = '.', ...given] = process.argv.slice(2)
const root = resolve(process.env['INIT_CWD'] ?? '.', folder)
const names = given.length > 0 ? given : Object.keys(inputSets)
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })

const ours = { damson: {}, 'damson-protect-0': { protect: 0 } }

async function inputs(name: string): Promise<void> {
  const made = await inputSets[name]?.(runtime)
  if (!made) throw new Error(`Expected one of ${Object.keys(inputSets).join(', ')}, got "${name}".`)
  const { calibration, evaluation, path, ...about } = made
  await mkdir(join(root, name), { recursive: true })
  await copyFile(requireZoo(path), join(root, name, 'model.onnx'))
  await writeFeeds(join(root, name, 'calibration'), calibration)
  await writeFeeds(join(root, name, 'evaluation'), evaluation)
  await record(name, { about: { ...about, calibration: calibration.length, evaluation: evaluation.length } })
}

async function fit(name: string): Promise<void> {
  const model = await readModel(join(root, name, 'model.onnx'))
  const samples = (await readFeeds(join(root, name, 'calibration'))).map(feeds => ({ part: 'model', feeds }))
  for (const [variant, params] of Object.entries(ours)) {
    const start = performance.now()
    const fast = await smash(model, [staticInt8(params)], { runtime, samples })
    await writeFile(join(root, name, `${variant}.onnx`), await graphToBytes(fast.part('model').graph))
    const seconds = (performance.now() - start) / 1000
    console.log(name, variant, `${seconds.toFixed(1)} s`)
    await record(name, { fits: { [variant]: seconds } })
  }
}

async function quality(name: string): Promise<void> {
  const feeds = await readFeeds(join(root, name, 'evaluation'))
  const model = await readModel(join(root, name, 'model.onnx'))
  const measured: Record<string, Measured> = {}
  for (const variant of await variantsOf(name)) {
    const file = join(root, name, `${variant}.onnx`)
    const coded = await readModel(file)
    const { size } = await stat(file)
    measured[variant] = { ...(await qualityOf(runtime, coded, model, feeds)), bytes: size, integer: await integerShare(runtime, coded) }
    console.log(name, variant, measured[variant])
  }
  const some = feeds.slice(0, 64)
  const ceiling = (await qualityOf(runtime, await ceilingOf(model), model, some, true)).sqnr
  console.log(name, 'ceiling', ceiling)
  const exact = (await qualityOf(runtime, await readModel(join(root, name, 'damson.onnx')), model, some, true)).sqnr
  await record(name, { measured, ceiling, exact, bytes: (await stat(join(root, name, 'model.onnx'))).size })
} // prettier-ignore

/** Weights in 8 bits by row, inputs of products in 8 bits over the range of each run, arithmetic exact. */
async function ceilingOf(model: Model): Promise<Model> {
  const { graph } = model.part('model')
  const upgraded = upgradeOpset(graph, 13)
  return modelOf(
    await fakeQuantize(isRefusal(upgraded) ? graph : upgraded, { bits: 8, blockSize: Infinity, symmetric: true, activations: true }),
  )
} // prettier-ignore

/** All files of a set take turns. */
async function time(name: string): Promise<void> {
  const feeds = await readFeeds(join(root, name, 'evaluation'))
  const files = ['model', ...(await variantsOf(name))].map(variant => [variant, join(root, name, `${variant}.onnx`)] as const)
  const times = await timeFiles(Object.fromEntries(files), feeds[Math.floor(feeds.length / 2)] ?? {}, { threads: 1, budgetMs: 60_000 })
  for (const [variant, { latency, load }] of Object.entries(times)) console.log(name, variant, latency, load)
  await record(name, { times })
} // prettier-ignore

async function variantsOf(name: string): Promise<readonly string[]> {
  const files = await readdir(join(root, name))
  return files.filter(file => /^(damson|tool-).*\.onnx$/.test(file)).map(file => file.slice(0, -'.onnx'.length)).toSorted()
} // prettier-ignore

async function resultOf(name: string): Promise<Partial<SetResult>> {
  const text = await readFile(join(root, name, 'result.json'), 'utf8').catch(() => '{}')
  return JSON.parse(text)
}

async function record(name: string, { fits, ...rest }: Partial<SetResult>): Promise<void> {
  const before = await resultOf(name)
  const after = {
    ...before,
    ...rest,
    fits: { ...before.fits, ...fits },
  }
  await writeFile(join(root, name, 'result.json'), JSON.stringify(after, null, 1))
}

async function page(): Promise<void> {
  const results = await Promise.all(Object.keys(inputSets).map(resultOf))
  const path = fileURLToPath(new URL('../../docs/measured/static-int8.md', import.meta.url))
  await writeFile(path, staticPage(results))
}

const stages: Readonly<Record<string, (name: string) => Promise<void>>> = { inputs, fit, quality, time }
try {
  if (stage === 'page') await page()
  else {
    const run = stages[stage]
    if (!run) throw new Error(`Expected one of ${Object.keys(stages).join(', ')}, page; got "${stage}".`)
    for (const name of names) await run(name)
  }
} finally {
  await runtime.close()
}
