// What every cacher is held to, on the denoisers of the zoo: never reusing it changes nothing, and what it reuses belongs to
// one branch of guidance, one row of a batch and one generation.
import { smash, type Feeds, type Live, type Model, type Part, type Step } from '@damson/core'
import { type OpenRuntime } from '@damson/runtime'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { denoised, denoiserOfModel, feedsAt, furthest, oneThread, runLoop, zooModel } from './denoising.ts'

export interface SharedPromises {
  /** The step with a setting at which nothing is ever reused. */
  readonly never: () => Step
  /** The step with one at which something is, in four steps. */
  readonly reuses: () => Step
  /** Denoisers of the zoo. */
  readonly models: readonly string[]
}

type Rows = readonly (readonly number[])[]

const loop = { steps: 4, seed: 1 } as const
const other = { steps: 4, seed: 50 } as const

/** Registers the tests of these promises. */
export function keepsSharedPromises({ never, reuses, models }: SharedPromises): void {
  const runtime = oneThread()
  afterAll(() => runtime.close())
  for (const [at, path] of models.entries()) {
    zooTest(
      path,
      'never reusing, it changes nothing; reusing, it stays in one row, branch and generation',
      async () => {
        const model = await zooModel(path)
        const plain = await denoised(runtime, model, [], loop)
        expect(await denoised(runtime, model, [never()], loop)).toEqual(plain)
        await staysApart(runtime, model, reuses(), plain)
        // At level all an If changes what ONNX Runtime fuses; one model shows how far.
        if (at > 0) return
        const all = await denoised(runtime, model, [], loop, 'all')
        expect(furthest(all, await denoised(runtime, model, [never()], loop, 'all'))).toBeLessThanOrEqual(
          1e-5,
        )
      },
    )
  }
}

async function staysApart(runtime: OpenRuntime, model: Model, step: Step, plain: Rows): Promise<void> {
  const part = denoiserOfModel(model)
  const smashed = await smash(model, [step])
  const live = await runtime.open(smashed, { session: { graphOptimizationLevel: 'basic' } })
  const alone = [await runLoop(live, part, loop), await runLoop(live, part, other)] as const
  expect(furthest(plain, alone[0])).toBeGreaterThan(0)
  const batch = await runBatch(live, part)
  const halves = [0, 1].map(half => batch.map(row => row.slice((half * row.length) / 2, ((half + 1) * row.length) / 2))) // prettier-ignore
  expect(furthest(alone[0], halves[0] ?? [])).toBeLessThanOrEqual(1e-5)
  expect(furthest(alone[1], halves[1] ?? [])).toBeLessThanOrEqual(1e-5)
  expect(await runBranches(live, part)).toEqual(alone)
  await live.close()
}

/** Both loops as one batch. */
async function runBatch(live: Live, part: Part): Promise<Rows> {
  const generation = live.generation({ steps: loop.steps })
  const found: number[][] = []
  for (let step = 0; step < loop.steps; step++) {
    const feeds = stackedFeeds(part, [feedsAt(part, loop, step), feedsAt(part, other, step)])
    found.push(numbersOf(await generation.run(part.name, feeds, { step })))
  }
  await generation.close()
  return found
}

/** Feeds of several rows as one batch: inputs whose first size is that of the latents, and times of rank 1. */
export function stackedFeeds({ graph }: Part, rows: readonly Feeds[]): Feeds {
  const first = rows[0] ?? {}
  const sizeOf = (name: string): unknown => {
    const type = graph.inputs.find(input => input.name === name)?.type
    return type?.kind === 'tensor' ? type.shape?.[0] : undefined
  }
  const batch = sizeOf('sample') ?? sizeOf('hidden_states')
  return Object.fromEntries(
    Object.entries(first).map(([name, tensor]) => {
      const size = sizeOf(name)
      const perRow = size === batch || (name === 'timestep' && size === 'step')
      if (!perRow) return [name, tensor]
      const data = rows.flatMap(feeds => Array.from(feeds[name]?.data ?? [], Number))
      const shape = [rows.length, ...tensor.shape.slice(1)]
      return tensor.dtype === 'int64'
        ? [name, { dtype: 'int64', shape, data: BigInt64Array.from(data, BigInt) }]
        : [name, { dtype: 'float32', shape, data: Float32Array.from(data) }]
    }),
  )
}

/** The loops as two branches of one generation, another generation beside it. */
async function runBranches(live: Live, part: Part): Promise<readonly [Rows, Rows]> {
  const generation = live.generation({ steps: loop.steps })
  const beside = live.generation({ steps: loop.steps })
  const found: [number[][], number[][]] = [[], []]
  for (let step = 0; step < loop.steps; step++) {
    for (const [at, branch] of (['cond', 'uncond'] as const).entries()) {
      const feeds = feedsAt(part, at === 0 ? loop : other, step)
      found[at]?.push(numbersOf(await generation.run(part.name, feeds, { step, branch })))
      await beside.run(part.name, feedsAt(part, { steps: loop.steps, seed: 90 + at }, step), { step, branch })
    }
  }
  await Promise.all([generation.close(), beside.close()])
  return found
}

function numbersOf(outputs: Readonly<Record<string, { readonly data: ArrayLike<unknown> }>>): number[] {
  return Array.from(Object.values(outputs)[0]?.data ?? [], Number)
}

/** Whether each step of a generation answers as that of another. */
export function sameSteps(a: Rows, b: Rows): readonly boolean[] {
  return a.map((row, step) => row.every((number, i) => number === b[step]?.[i]))
}
