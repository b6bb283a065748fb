import { modelOf, smash, type Feeds, type Live, type Model, type Sample, type Step } from '@damson/core'
import { parse } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { describeAlgorithm, seededNormal, tinyEncoder, tinyUnet } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { feedsAt, spy } from '../../test/denoising.ts'
import { autoCache, learntSchedule, type LearntCache } from './auto-cache.ts'
import { periodicCache } from './periodic-cache.ts'

const steps = 12

/** An Euler sampler with guidance 2 over the tiny U-Net; the branches differ in their latents' sign for want of a text. */
async function denoise(
  live: Live,
  seed: number,
  record?: Sample[],
  options: Parameters<Live['generation']>[0] = {},
): Promise<Float32Array> {
  const generation = live.generation({ steps, ...options })
  let x = seededNormal(seed, 256)
  for (let step = 0; step < steps; step++) {
    const feeds: Feeds = {
      sample: { dtype: 'float32', shape: [2, 4, 8, 8], data: Float32Array.from([...x, ...x]) },
      timestep: { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(999 - 80 * step)) },
    }
    record?.push({ part: 'model', feeds, run: { id: seed, step, branch: 'both' } })
    const { out_sample } = await generation.run('model', feeds, { step, branch: 'both' })
    const output = out_sample?.data ?? []
    x = x.map((value, i) => value - 0.15 * Number(output[256 + i]))
  }
  await generation.close()
  return x
}

const runtime = createRuntime()
afterAll(() => runtime.close())

async function recorded(model: Model, seeds: readonly number[]): Promise<readonly Sample[]> {
  const live = await runtime.open(model)
  const samples: Sample[] = []
  for (const seed of seeds) await denoise(live, seed, samples)
  await live.close()
  return samples
}

describeAlgorithm(autoCache, {
  accepts: { unet: tinyUnet },
  refuses: { 'a text encoder': { model: tinyEncoder, reason: /only a denoiser/ } },
  expect: { outputs: 'equal', size: 1 },
  inert: {
    speedFactor: 'a first call always runs',
    steps: 'a first call always runs',
  },
  samples: model => recorded(model, [1, 2]),
})

async function smashed(step: Step): Promise<Model> {
  const model = tinyUnet()
  return smash(model, [step], { runtime, samples: samplesOf(await recorded(model, [1, 2, 3])) })
}
const samplesOf =
  (samples: readonly Sample[]) =>
  (part: string): readonly Sample[] =>
    samples.filter(sample => sample.part === part)

test('runs as many steps as the time allows, and is nearer than running as many at equal distances', async () => {
  const model = tinyUnet()
  const plain = await runtime.open(model)
  const cached = await runtime.open(await smashed(autoCache({ speedFactor: 0.5 })))
  const even = await runtime.open(await smash(model, [periodicCache({ interval: 2, start: 0 })]))
  const far = async (live: Live, seed: number): Promise<number> => {
    const [wanted, got] = [await denoise(plain, seed), await denoise(live, seed)]
    return Math.hypot(...wanted.map((value, i) => value - (got[i] ?? Number.NaN)))
  }
  for (const seed of [11, 12, 13]) expect(await far(cached, seed)).toBeLessThan((await far(even, seed)) / 3)
  // A generation may take its time, or be told what to do.
  const id = autoCache.algorithm.id
  const controlled = async (controls: Readonly<Record<string, unknown>>): Promise<Float32Array> =>
    denoise(cached, 11, undefined, { controls: { [id]: controls } })
  expect(await controlled({ speedFactor: 1 })).toEqual(await denoise(plain, 11))
  const byHand = Object.fromEntries(
    Array.from({ length: steps }, (_, step) => [step, step % 2 === 0 ? 'full' : 'reuse']),
  )
  expect(await controlled({ steps: byHand })).toEqual(await denoise(even, 11))
  for (const live of [plain, cached, even]) await live.close()
})

test('counts its runs, also for another number of steps', async () => {
  const seen: Feeds[] = []
  const model = tinyUnet()
  const made = await smash(model, [autoCache({ speedFactor: 0.34 }), spy(seen)], {
    runtime,
    samples: samplesOf(await recorded(model, [1, 2])),
  })
  const live = await runtime.open(made)
  await denoise(live, 5)
  expect(seen).toHaveLength(4)
  seen.length = 0
  await denoise(live, 5, undefined, { steps: 24 })
  // Stretched over 24 steps, of which this loop runs the first twelve.
  expect(seen.length).toBeLessThan(4)
  await live.close()
})

test('a batch is its members alone, and branches do not meet', async () => {
  const live = await runtime.open(await smashed(autoCache({ speedFactor: 0.5 })))
  const rowsOf = async (
    seeds: readonly number[],
    branches: readonly ('cond' | 'uncond')[],
  ): Promise<readonly (readonly number[])[]> => {
    const generation = live.generation({ steps })
    const found: number[][] = []
    for (let step = 0; step < steps; step++) {
      for (const branch of branches) {
        const data = Float32Array.from(
          seeds.flatMap(seed =>
            [...seededNormal(seed + (branch === 'cond' ? 0 : 50), 256)].map(
              (x, i) => x * Math.cos(step / 9) + Math.sin(step / 7 + i),
            ),
          ),
        )
        const feeds: Feeds = {
          sample: { dtype: 'float32', shape: [seeds.length, 4, 8, 8], data },
          timestep: { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(999 - 80 * step)) },
        }
        const { out_sample } = await generation.run('model', feeds, { step, branch })
        if (branch === 'cond') found.push([...(out_sample?.data ?? [])].map(Number))
      }
    }
    await generation.close()
    return found
  }
  const [one, other] = [await rowsOf([1], ['cond']), await rowsOf([2], ['cond'])]
  const batch = await rowsOf([1, 2], ['cond'])
  batch.forEach((row, step) => {
    const alone = [...(one[step] ?? []), ...(other[step] ?? [])]
    expect(Math.max(...row.map((value, i) => Math.abs(value - (alone[i] ?? Number.NaN))))).toBeLessThan(1e-5)
  })
  expect(await rowsOf([1], ['cond', 'uncond'])).toEqual(one)
  await live.close()
})

test('says what it learnt as a schedule, and what it lacks', async () => {
  const { replays } = await smashed(autoCache({ speedFactor: 0.25 }))
  const state = replays[0]?.state
  const learnt = isLearnt(state) ? state.model : undefined
  if (!learnt) throw new Error('nothing was learnt')
  const kinds = Object.values(learntSchedule(learnt, 0.25))
  expect(kinds[0]).toBe('full')
  expect(kinds.filter(kind => kind === 'full')).toHaveLength(3)
  expect(kinds).toHaveLength(steps)
  await expect(smash(tinyUnet(), [autoCache()], { runtime })).rejects.toThrow(/samples/)
  const loose: readonly Sample[] = [
    { part: 'model', feeds: feedsAt(tinyUnet().part('model'), { steps: 1 }, 0) },
  ]
  await expect(smash(tinyUnet(), [autoCache()], { runtime, samples: samplesOf(loose) })).rejects.toThrow(
    /which step of which generation/,
  )
})

/** A denoiser of one line, whose latents go by a name. */
function oneLine(latents: string): Model {
  const text = `<ir_version: 8, opset_import: ["" : 17]> f (float[n,2,2] ${latents}) => (float[n,2,2] out) {
    squared = Mul(${latents}, ${latents})
    out = Tanh(squared)
  }`
  return modelOf(parse(text), { role: 'denoiser' })
}

/** A generation of it. */
async function drawn(
  live: Live,
  latents: string,
  { steps, seed }: { readonly steps: number; readonly seed: number },
  record?: Sample[],
): Promise<readonly number[]> {
  const generation = live.generation({ steps })
  let x = seededNormal(seed, 4)
  for (let step = 0; step < steps; step++) {
    const feeds: Feeds = { [latents]: { dtype: 'float32', shape: [1, 2, 2], data: x } }
    record?.push({ part: 'model', feeds, run: { id: seed, step, branch: 'both' } })
    const { out } = await generation.run('model', feeds, { step, branch: 'both' })
    x = x.map((value, i) => value - 0.3 * Number(out?.data[i]))
  }
  await generation.close()
  return [...x]
}

/** One that learnt from generations of so many steps. */
async function learntOneLine(latents: string, steps: number, recordings = 3): Promise<Live> {
  const samples: Sample[] = []
  const plain = await runtime.open(oneLine(latents))
  for (let seed = 1; seed <= recordings; seed++) await drawn(plain, latents, { steps, seed }, samples)
  await plain.close()
  return runtime.open(await smash(oneLine(latents), [autoCache()], { runtime, samples }))
}

test('weighs the latents, whatever they are called', async () => {
  const [known, other] = [await learntOneLine('sample', 8), await learntOneLine('z', 8)]
  const loop = { steps: 8, seed: 9 }
  expect(await drawn(other, 'z', loop)).toEqual(await drawn(known, 'sample', loop))
  for (const live of [known, other]) await live.close()
})

test('refuses to learn from generations with more steps than it can weigh', async () => {
  await expect(learntOneLine('sample', 129, 1)).rejects.toThrow(/at most 128 steps, got one of 129/)
})

function isLearnt(state: unknown): state is { readonly model: LearntCache } {
  return typeof state === 'object' && state !== null && 'model' in state
}
