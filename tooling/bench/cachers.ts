// Cachers against fewer steps, on whole generations: how much sooner a picture is there than from the plain fp32 pipeline, and
// how like the plain picture it is, next to the picture that the same compiled and quantized model draws in the same time with
// fewer steps. One thread, prompts in turn, every model draws each prompt before the next comes.
//   pnpm --filter @damson/bench cachers [prompts] [emoji-unet|emoji-transformer]      writes .bench/cachers/<model>.json
//   pnpm --filter @damson/bench cachers page                                          docs/measured/cachers.md and its plots
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { dynamicInt8, fuse, load, simplify, smash, textKv, type Model, type Step } from 'damson'
import { record, textToImage } from '@damson/pipelines'
import { createRuntime, type OpenRuntime } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { cacherSettings } from './cacher-settings.ts'
import { writeCacherPrices } from './cacher-prices.ts'
import { writeCachersPage } from './cachers-page.ts'
import {
  lessons,
  likeness,
  openDrawer,
  judged,
  steps,
  type Drawer,
  type Drawn,
  type Likeness,
} from './drawing.ts'

/** One way to draw, and what came of it for every prompt. */
export interface Course {
  readonly kind: 'ingredient' | 'fewer' | 'cacher'
  readonly name: string
  readonly setting: string
  /** By prompt. */
  readonly ms: readonly number[]
  readonly likeness: readonly Likeness[]
}
export interface Measured {
  readonly model: string
  readonly prompts: number
  /** Of the plain pipeline, by prompt. */
  readonly plainMs: readonly number[]
  readonly courses: readonly Course[]
  /** Why some cachers have no place here. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[]
}

const models = {
  'emoji-unet': { part: 'unet', guidance: 4 },
  'emoji-transformer': { part: 'transformer', guidance: 3 },
} as const

const folder = fileURLToPath(new URL('../../.bench/cachers/', import.meta.url))
const fileOf = (name: string): string => `${folder}${name}.json`

/** What both sides of the comparison have. */
const ingredients: readonly (readonly [string, Step])[] = [
  ['simplify', simplify()],
  ['fuse', fuse()],
  ['dynamicInt8', dynamicInt8()],
]

interface Runner {
  readonly kind: Course['kind']
  readonly name: string
  readonly setting: string
  readonly drawer: Drawer
  readonly ms: number[]
  readonly likeness: Likeness[]
}

async function measure(name: keyof typeof models, prompts: number): Promise<Measured> {
  const { part, guidance } = models[name]
  const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
  const plain = await load(requireZoo(`emoji/${name}`))
  const samples = await lesson(plain, runtime, guidance)
  const make = (chosen: readonly Step[]): Promise<Model> =>
    smash(plain, chosen, { runtime, samples: samples.of })
  const runners: Runner[] = []
  const add = async (
    kind: Runner['kind'],
    word: string,
    setting: string,
    model: Model,
    count = steps,
  ): Promise<void> => {
    runners.push({
      kind,
      name: word,
      setting,
      drawer: await openDrawer(model, runtime, guidance, count),
      ms: [],
      likeness: [],
    })
  }
  const refused: { name: string; reason: string }[] = []
  const common = ingredients.map(([, step]) => step)
  for (const at of ingredients.keys())
    await add(
      'ingredient',
      ingredients
        .slice(0, at + 1)
        .map(([word]) => word)
        .join(' + '),
      '',
      await make(common.slice(0, at + 1)),
    )
  await add(
    'ingredient',
    [...ingredients.map(([word]) => word), 'textKv'].join(' + '),
    '',
    await make([...common, textKv()]),
  )
  const fast = await make(common)
  for (let count = steps - 1; count >= 2; count--)
    await add('fewer', 'fewer steps', `${count} steps`, fast, count)
  for (const { cacher, setting, step } of cacherSettings(part)) {
    try {
      await add('cacher', cacher, setting, await smash(fast, [step], { runtime, samples: samples.of }))
      console.log(name, cacher, setting)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (!refused.some(each => each.name === cacher)) refused.push({ name: cacher, reason })
    }
  }
  const plainMs = await drawAll(await openDrawer(plain, runtime, guidance), runners, prompts)
  await runtime.close()
  return {
    model: name,
    prompts,
    plainMs,
    refused,
    courses: runners.map(({ kind, name: word, setting, ms, likeness: found }) => ({
      kind,
      name: word,
      setting,
      ms,
      likeness: found,
    })),
  }
}

/** Generations to learn from, of other prompts and other noise. */
async function lesson(model: Model, runtime: OpenRuntime, guidance: number): ReturnType<typeof record> {
  const pipeline = await textToImage(model, { runtime })
  const inputs = lessons.map((prompt, at) => ({ prompt, seed: at, steps, guidance }))
  return record(pipeline, inputs)
}

async function drawAll(
  plain: Drawer,
  runners: readonly Runner[],
  prompts: number,
): Promise<readonly number[]> {
  // Sessions are made at the first run, which counts for nothing.
  for (const { drawer } of [{ drawer: plain }, ...runners]) await drawer.draw(0)
  const plainMs: number[] = []
  for (let at = 0; at < prompts; at++) {
    const references: Drawn[] = [await plain.draw(at)]
    for (const { drawer, ms, likeness: into } of runners) {
      const drawn = await drawer.draw(at)
      ms.push(drawn.ms)
      into.push(likeness(references[0] ?? drawn, drawn))
    }
    references.push(await plain.draw(at))
    plainMs.push(references.reduce((sum, each) => sum + each.ms, 0) / references.length)
    console.log(`prompt ${at + 1} of ${prompts}`)
  }
  return plainMs
}

const [first = String(judged.length), only] = process.argv.slice(2)
if (first !== 'page') {
  await mkdir(folder, { recursive: true })
  for (const name of ['emoji-unet', 'emoji-transformer'] as const)
    if (only === undefined || only === name)
      await writeFile(fileOf(name), JSON.stringify(await measure(name, Number(first))))
}
const results: Measured[] = []
for (const name of Object.keys(models)) {
  const text = await readFile(fileOf(name), 'utf8').catch(() => undefined)
  if (text !== undefined) results.push(JSON.parse(text))
}
await writeCachersPage(results)
await writeCacherPrices(results)
