// Every block solver on every model that has products to code: 4 bits, blocks of 32 (and the shipped block where it is another),
// the same weights for all. What learns does so from three draws of samples; the median is written down.
// Run: pnpm --filter @damson/bench solvers [--fresh | --known] [--recipe=name …] [--seed=1 …] [model …]   Cells that were measured are
// kept in .bench/solvers, so a run that was stopped goes on where it was; DAMSON_ZOO names the whole zoo.
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { save, type Model, type Runtime } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { perplexity } from '../../packages/quantizers/test/stories.ts'
import { solverModels, type Lesson, type SolverModel } from './solver-models.ts'
import { recipes, type Recipe } from './solver-recipes.ts'
import { solverPage, type Cell } from './solver-page.ts'
import { worstSqnr } from './worst-sqnr.ts'

const folder = fileURLToPath(new URL('../../.bench/solvers', import.meta.url))
const page = fileURLToPath(new URL('../../docs/measured/solvers.md', import.meta.url))

async function fileBytes(made: Model): Promise<number> {
  const file = join(folder, `made-${process.pid}.onnx`)
  await rm(file, { force: true })
  await save(made, file)
  const { size } = await stat(file)
  for (const each of [file, file.replace(/onnx$/, 'damson.json')]) await rm(each, { force: true })
  return size
}

async function measure(runtime: Runtime, lesson: Lesson, recipe: Recipe): Promise<Cell> {
  const samples = lesson.learnt.map(feeds => ({ part: 'model', feeds }))
  const from = performance.now()
  const made = await recipe.make(lesson.model, { samples, runtime })
  const bytes = await fileBytes(made)
  const seconds = (performance.now() - from) / 1000
  const decibels = await worstSqnr(made, lesson.model, lesson.judged, runtime)
  const told = lesson.told
  if (!told) return { bytes, decibels, seconds }
  const [rises, before] = [
    await perplexity(made, runtime, told),
    await perplexity(lesson.model, runtime, told),
  ]
  return { bytes, decibels, seconds, perplexity: [before, rises] }
}

/** One cell: read where it was measured before; with `--known` nothing else. A model that holds nothing for a recipe is said, not counted. */
async function cellOf(
  runtime: Runtime,
  { name, lesson }: SolverModel,
  recipe: Recipe,
  seed: number,
): Promise<Cell | undefined> {
  const file = join(folder, `${name}-${recipe.name}-${seed}.json`.replace(/[^\w.-]+/g, '_'))
  const known = await readFile(file, 'utf8').catch(() => undefined)
  if (known !== undefined) return JSON.parse(known)
  if (args.includes('--known')) return undefined
  const cell = await measure(runtime, await lesson(runtime, seed), recipe)
  console.log(name, recipe.name, seed, cell)
  await writeFile(file, JSON.stringify(cell))
  return cell
}

const args = process.argv.slice(2)
if (args.includes('--fresh')) await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true })
const wanted = args.filter(each => !each.startsWith('--'))
/** What of the table is asked for; all of it where nothing is named. */
const named = (option: string): readonly string[] =>
  args.filter(each => each.startsWith(`--${option}=`)).map(each => each.slice(option.length + 3))
const chosen = recipes.filter(({ name }) => named('recipe').length === 0 || named('recipe').includes(name))
const seeds = named('seed').length > 0 ? named('seed').map(Number) : [1, 2, 3]
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
try {
  const rows: [SolverModel, ReadonlyMap<string, readonly Cell[]>][] = []
  for (const model of solverModels.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const cells = new Map<string, readonly Cell[]>()
    for (const recipe of chosen) {
      const found: Cell[] = []
      for (const seed of recipe.learns ? seeds : [1]) {
        const cell = await cellOf(runtime, model, recipe, seed)
        if (cell) found.push(cell)
      }
      cells.set(recipe.name, found)
    }
    rows.push([model, cells])
  }
  if (wanted.length === 0 && chosen.length === recipes.length && seeds.length === 3)
    await writeFile(page, solverPage(rows, recipes))
} finally {
  await runtime.close()
}
