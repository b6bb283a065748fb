// `autoBits` at the size of symmetric 4 bits in blocks of 32 (the q4 of transformers.js, convolutions and tables too), and 8 bits,
// over the real models: samples to learn from and to be judged on are disjoint, three seeds of learning, the median counts.
// Run: pnpm --filter @damson/bench allot [model,model] [seed,seed]   Cells that are known are not measured again (.bench/allot.json).
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { smash, type Step } from '@damson/core'
import { createRuntime, type OpenRuntime } from '@damson/runtime'
import { dynamicInt8, gptq, weightOnly } from 'damson'
import { allotModels } from './allot-models.ts'
import { allotPage, type Cell } from './allot-page.ts'
import { allottedAs, fileBytes } from './same-bytes.ts'
import type { Lesson, SolverModel } from './solver-models.ts'
import { worstSqnr } from './worst-sqnr.ts'

const cellsFile = fileURLToPath(new URL('../../.bench/allot.json', import.meta.url))
const page = fileURLToPath(new URL('../../docs/measured/auto-bits.md', import.meta.url))

/** 4 bits: by range, and allotted in as many bytes. */
async function fourBits(lesson: Lesson, runtime: OpenRuntime): Promise<Cell['four']> {
  const even = await smash(lesson.model, [weightOnly({ symmetric: true, rounding: 'nearest', convs: true })])
  const samples = lesson.learnt.map(feeds => ({ part: 'model', feeds }))
  const began = performance.now()
  const allotted = await allottedAs(even, lesson.model, { runtime, samples })
  const seconds = (performance.now() - began) / 1000
  return {
    even: await worstSqnr(even, lesson.model, lesson.judged, runtime),
    allotted: await worstSqnr(allotted, lesson.model, lesson.judged, runtime),
    file: (await fileBytes(allotted)) / (await fileBytes(even)),
    megabytes: (await fileBytes(even)) / 1e6,
    seconds,
  }
}

/** 8 bits: in fp32 arithmetic, with int8 activations, what the peers' dynamic int8 is made of, and codes that were learnt. */
async function eightBits(
  lesson: Lesson,
  runtime: OpenRuntime,
  before: Partial<Cell['eight']> = {},
): Promise<Cell['eight']> {
  const samples = lesson.learnt.map(feeds => ({ part: 'model', feeds }))
  const quality = async (step: Step): Promise<number> => {
    const made = await smash(lesson.model, [step], { runtime, samples: () => samples })
    return worstSqnr(made, lesson.model, lesson.judged, runtime)
  }
  const exact = { bits: 8, convs: true, accuracyLevel: 1 } as const
  return {
    exact: before.exact ?? (await quality(weightOnly(exact))),
    level4: before.level4 ?? (await quality(weightOnly({ ...exact, accuracyLevel: 4 }))),
    dynamic:
      before.dynamic ?? (await quality(dynamicInt8({ per: 'tensor', weights: 'int8' })).catch(() => NaN)),
    learnt: before.learnt ?? (await quality(gptq({ ...exact, blockSize: 16, sweeps: 3, inherited: 0.5 }))),
  }
}

/** What `before` lacks is measured. */
async function measured(model: SolverModel, seed: number, before?: Cell): Promise<Cell> {
  const runtime = createRuntime()
  try {
    const lesson = await model.lesson(runtime, seed)
    const four = before?.four ?? (await fourBits(lesson, runtime))
    const eight = await eightBits(lesson, runtime, before?.eight)
    return { model: model.name, inputs: model.inputs, seed, four, eight }
  } finally {
    await runtime.close()
  }
}

async function known(): Promise<readonly Cell[]> {
  try {
    return JSON.parse(await readFile(cellsFile, 'utf8'))
  } catch {
    return []
  }
}

const [names, seeds = '1,2,3'] = process.argv.slice(2)
let cells = await known()
const chosen =
  names?.split(',').flatMap(name => allotModels.filter(model => model.name === name)) ?? allotModels
for (const seed of seeds.split(',').map(Number)) {
  for (const model of chosen) {
    const before = cells.find(cell => cell.model === model.name && cell.seed === seed)
    if (before?.eight.learnt !== undefined) continue
    const cell = await measured(model, seed, before)
    console.log(model.name, seed, JSON.stringify(cell.four), JSON.stringify(cell.eight))
    cells = [...cells.filter(each => each !== before), cell]
    await mkdir(dirname(cellsFile), { recursive: true })
    await writeFile(cellsFile, JSON.stringify(cells))
  }
}
// Cells live in this tree alone: a new one that knows a few models leaves the page as it is.
const all = allotModels.map(({ name }) => name)
if (all.every(name => cells.some(({ model }) => model === name))) await writeFile(page, allotPage(all, cells))
