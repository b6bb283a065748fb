// What every cacher promises, tried on every denoiser of the fixtures and of the emoji models; the tests of CI, which have no
// time for all of it, try each promise on one or two. Ends with an error when one is broken.
//   pnpm bench cacher-promises [model …]      writes .bench/cacher-promises/<model>.json
//   pnpm bench cacher-promises page           docs/measured/cacher-promises.md
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { autoCache, fasterCache, textKv } from '@damson/cachers'
import {
  explain,
  formatStep,
  PlanError,
  smash,
  type Model,
  type Part,
  type Sample,
  type Step,
} from '@damson/core'
import type { OpenRuntime } from '@damson/runtime'
import { promised } from '../../packages/cachers/test/all-cachers.ts'
import { denoiserOfModel, feedsAt, furthest, oneThread, zooModel } from '../../packages/cachers/test/denoising.ts' // prettier-ignore
import { guided } from '../../packages/cachers/test/guided.ts'
import { tryPromises, tryTwin, withOpen, type Promised } from '../../packages/cachers/test/promises.ts'
import { cacherPromisesPage, isBroken, lineOf, type Tried } from './cacher-promises-page.ts'

const models = [
  'fixtures/sd15-tiny-ts', 'fixtures/sd15-tiny-dynamo', 'fixtures/sdxl-tiny', 'fixtures/sd3-tiny', 'fixtures/flux-tiny',
  'emoji/emoji-unet', 'emoji/emoji-transformer',
] // prettier-ignore

/** How a cacher is tried; guided generations may have other settings. */
interface Trial extends Promised {
  readonly guided?: () => Step
}

const trials: readonly Trial[] = [
  { cacher: () => textKv(), never: {} },
  ...Object.values<Trial>({
    ...promised,
    // What goes by itself from one branch to the other is for guided generations alone.
    fasterCache: { ...promised.fasterCache, guided: () => fasterCache({ window: [0, 1] }) },
  }),
  { cacher: () => autoCache({ speedFactor: 0.5 }), never: { speedFactor: 1 }, steps: 4 },
]

/** Enough for every cacher to reuse something under guidance. */
const guidedSteps = 10

/** Generations of an Euler sampler, for who learns. */
async function lessons(runtime: OpenRuntime, model: Model, steps: number): Promise<readonly Sample[]> {
  const part = denoiserOfModel(model)
  const samples: Sample[] = []
  await withOpen(runtime, model, 'basic', async live => {
    for (const id of [1, 2]) {
      const loop = { steps, seed: 100 * id }
      const latents = Object.keys(feedsAt(part, loop, 0)).find(name => /^(sample|hidden_states)$/.test(name)) ?? '' // prettier-ignore
      let x = feedsAt(part, loop, 0)[latents]
      for (let step = 0; step < steps && x; step++) {
        const feeds = { ...feedsAt(part, loop, step), [latents]: x }
        samples.push({ part: part.name, feeds, run: { id, step, branch: 'both' } })
        const output = Object.values(await live.run(part.name, feeds))[0]?.data ?? []
        const moved = Array.from(x.data, Number).map((value, i) => value - 0.15 * Number(output[i]))
        x = { dtype: 'float32', shape: x.shape, data: Float32Array.from(moved) }
      }
    }
  })
  return samples
}

async function tryOne(runtime: OpenRuntime, model: Model, trial: Trial): Promise<Tried> {
  const { algorithm } = trial.cacher()
  const step = formatStep(trial.cacher(), [algorithm])
  const samples = algorithm.fit ? await lessons(runtime, model, trial.steps ?? 3) : []
  const smashed = (cacher: () => Step): Promise<Model> =>
    smash(model, [cacher()], { runtime, samples: name => samples.filter(({ part }) => part === name) })
  try {
    const cached = await smashed(trial.cacher)
    const kept = {
      ...(await tryPromises(runtime, model, trial, cached)),
      guidance: await tryGuidance(
        runtime,
        denoiserOfModel(model),
        trial.guided ? await smashed(trial.guided) : cached,
      ),
      ...(cached.ports.length > 0 ? { twin: await tryTwin(runtime, model, cached) } : {}),
    }
    if (Object.values(kept).some(Number.isNaN)) return { step, failed: 'outputs that are no numbers, or of other sizes' } // prettier-ignore
    return { step, kept: { ...kept, reuses: algorithm !== textKv.algorithm } }
  } catch (error) {
    const refused = error instanceof PlanError ? refusalOf(model, algorithm) : undefined
    if (refused !== undefined) return { step, refused }
    return { step, failed: error instanceof Error ? error.message : String(error) }
  }
}

/** Why the denoiser has no place for it. */
function refusalOf(model: Model, algorithm: Step['algorithm']): string | undefined {
  const { name } = denoiserOfModel(model)
  const answers = explain(model, { algorithms: [algorithm] })
  return answers.find(({ part }) => part === name)?.refusal?.refused
}

/** How far batched guidance is from sequential guidance. */
async function tryGuidance(runtime: OpenRuntime, part: Part, cached: Model): Promise<number> {
  return withOpen(runtime, cached, 'basic', async live =>
    furthest(
      await guided(live, part, 'batched', guidedSteps),
      await guided(live, part, 'sequential', guidedSteps),
    ),
  )
}

async function tryAll(path: string): Promise<readonly Tried[]> {
  const runtime = oneThread()
  const model = await zooModel(path)
  const rows: Tried[] = []
  for (const trial of trials) {
    const tried = await tryOne(runtime, model, trial)
    rows.push(tried)
    console.log(path, lineOf(tried).join(' | '))
  }
  await runtime.close()
  return rows
}

const folder = fileURLToPath(new URL('../../.bench/cacher-promises/', import.meta.url))
const fileOf = (path: string): string => `${folder}${basename(path)}.json`

const named = process.argv.slice(2)
await mkdir(folder, { recursive: true })
for (const path of models)
  if (named.length === 0 || named.includes(basename(path)))
    await writeFile(fileOf(path), JSON.stringify(await tryAll(path)))
const results = new Map<string, readonly Tried[]>()
for (const path of models) {
  const text = await readFile(fileOf(path), 'utf8').catch(() => undefined)
  if (text !== undefined) results.set(path, JSON.parse(text))
}
const target = fileURLToPath(new URL('../../docs/measured/cacher-promises.md', import.meta.url))
await writeFile(target, cacherPromisesPage(results))
const broken = [...results.values()].flat().filter(isBroken)
console.log(`${broken.length} cachers break a promise`)
if (broken.length > 0) process.exitCode = 1
