// What compilers do to every model of the zoo: nodes before and after, and the latency of a run against the source, both under
// ONNX Runtime's own full optimization, on one thread. Stage by stage, so that timing has the machine to itself:
//   pnpm --filter @damson/bench compilers models <folder> [recipe] [part of a path …]     writes the models, counts nodes
//   pnpm --filter @damson/bench compilers time <folder> [recipe] [part of a path …]       times those not timed yet
//   pnpm --filter @damson/bench compilers page <folder>                                   docs/measured/compilers.md
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { plan, save, smash, type Model, type Step } from '@damson/core'
import { walk } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { differences, runOnce } from '@damson/testing'
import { requireZoo } from '@damson/zoo'
import { fuse } from '../../packages/compilers/src/algorithms/fuse.ts'
import { simplify } from '../../packages/compilers/src/algorithms/simplify.ts'
import { readModel } from '../../packages/quantizers/test/read-model.ts'
import { compilersPage, type Compiled } from './compilers-page.ts'
import { timeFiles } from './session-times.ts'

/** Steps by name; each is measured on every model. */
const recipes: Readonly<Record<string, readonly Step[]>> = {
  simplify: [simplify()],
  fuse: [fuse()],
  'simplify + fuse': [simplify(), fuse()],
}

const [stage = '', folder = '.', recipe = 'simplify', ...parts] = process.argv.slice(2)
const root = resolve(process.env['INIT_CWD'] ?? '.', folder)
const golden = fileURLToPath(
  new URL('../../packages/compilers/test/golden/slim-counts.json', import.meta.url),
)

type Golden = Readonly<Record<string, { readonly before: number; readonly after?: number }>>

async function chosen(): Promise<readonly (readonly [string, Golden[string]])[]> {
  const counts: Golden = JSON.parse(await readFile(golden, 'utf8'))
  const all = Object.entries(counts)
  return parts.length === 0 ? all : all.filter(([path]) => parts.some(part => path.includes(part)))
}

const placeOf = (path: string, name = recipe): string =>
  join(root, name, path.replaceAll('/', '--').replace(/\.onnx$/, ''))

function nodesOf(model: Model): number {
  return [...walk(model.part('model').graph)].filter(({ node }) => node.op !== 'Constant').length
}

async function readResult(path: string, name = recipe): Promise<Compiled | undefined> {
  const text = await readFile(join(placeOf(path, name), 'result.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : JSON.parse(text)
}

/** Writes the source and the compiled model side by side, and notes the nodes of both and how far outputs are apart. */
async function compile(path: string, peer: number | undefined): Promise<void> {
  const place = placeOf(path)
  const source = await readModel(requireZoo(path))
  const [nothing] = plan(source, recipes[recipe] ?? [], { target: 'cpu' }).conflicts
  if (nothing) return console.log(path, nothing.message)
  await mkdir(place, { recursive: true })
  const runtime = createRuntime()
  const start = performance.now()
  const made = await smash(source, recipes[recipe] ?? [], { runtime })
  const seconds = (performance.now() - start) / 1000
  const feeds = feedsFor(source.part('model').graph, { seed: 3 })
  const [got, want] = [
    await runOnce(runtime, made, feeds, 'model'),
    await runOnce(runtime, source, feeds, 'model'),
  ]
  const apart = [0, 1e-6, 1e-5, 1e-4, 1e-3].find(
    tolerance => differences(got, want, { atol: tolerance, rtol: tolerance }).length === 0,
  )
  await runtime.close()
  await save(source, join(place, 'source.onnx'))
  await save(made, join(place, 'compiled.onnx'))
  const result: Compiled = { path, before: nodesOf(source), after: nodesOf(made), seconds, ...(peer === undefined ? {} : { peer }), ...(apart === undefined ? {} : { apart }) } // prettier-ignore
  await writeFile(join(place, 'result.json'), JSON.stringify(result, undefined, 2))
  console.log(path, result.before, '→', result.after, `(onnxslim ${peer ?? '–'}), outputs within ${apart ?? 'MORE'}, ${seconds.toFixed(1)} s`) // prettier-ignore
}

/** One thread, both files in turn. Files that are the same need no clock. */
async function time(path: string, budgetMs: number): Promise<void> {
  const [result, place] = [await readResult(path), placeOf(path)]
  if (!result || result.times) return
  const feeds = feedsFor((await readModel(join(place, 'source.onnx'))).part('model').graph, { seed: 3 })
  const files = { source: join(place, 'source.onnx'), compiled: join(place, 'compiled.onnx') }
  const { source, compiled } = await timeFiles(files, feeds, { threads: 1, budgetMs })
  if (!source || !compiled) return
  const times = { ms: source.ms, loadMs: source.loadMs, latency: compiled.latency, load: compiled.load }
  await writeFile(join(place, 'result.json'), JSON.stringify({ ...result, times }, undefined, 2))
  const { ratio, interval } = times.latency
  console.log(path, `${ratio.toFixed(3)} (${interval.map(each => each.toFixed(3)).join('–')})`, interval[0] > 1.02 ? 'SLOWER' : '') // prettier-ignore
}

async function page(): Promise<void> {
  const names = Object.keys(recipes)
  const results: Record<string, readonly Compiled[]> = {}
  for (const name of names) {
    const found = await Promise.all((await chosen()).map(([path]) => readResult(path, name)))
    results[name] = found.flatMap(each => each ?? [])
  }
  const file = fileURLToPath(new URL('../../docs/measured/compilers.md', import.meta.url))
  await writeFile(file, compilersPage(results))
}

if (!(recipe in recipes))
  throw new Error(`Expected one of ${Object.keys(recipes).join(', ')}, got ${recipe}.`)
if (stage === 'page') await page()
else
  for (const [path, { after }] of await chosen()) {
    if (stage === 'models') await compile(path, after)
    else if (stage === 'time') await time(path, 1500)
    else throw new Error(`Expected models, time or page, got "${stage}".`)
  }
