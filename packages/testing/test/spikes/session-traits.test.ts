// The spike for `session`: a step whose options were measured on one machine, replayed on another. There it declines, as
// a warning, and the model runs as if the step had never been; nothing is written into the graph.
import {
  defineAlgorithm, flag, int, load, oneOf, refuse, save, sessionOptions, smash, type FitContext, type Live,
  type MachineTraits, type Model, type Runtime, type Sample, type SmashEvent, type Values,
} from '@damson/core' // prettier-ignore
import { memoryFolder, memorySink, type MemorySink } from '@damson/graph'
import { createRuntime, type RuntimeOptions } from '@damson/runtime'
import { afterAll, describe, expect, test } from 'vitest'
import { expectSameOutputs } from '../../src/same-outputs.ts'
import { seededNormal } from '../../src/seeded.ts'
import { tinyMlp } from '../../src/tiny-models.ts'

const levels = ['basic', 'all'] as const

const tuneParams = {
  rounds: int({ min: 1, max: 100, default: 5, doc: 'Timed runs of each candidate, in turns.' }),
}

/** What was best, and where: the answer is worth nothing on another machine. */
type Tuned = Readonly<Record<string, { readonly level: (typeof levels)[number]; readonly traits: string }>>

/** Measures the levels of graph optimization in turns and keeps the one with the lowest median. */
const tuneLevel = defineAlgorithm<typeof tuneParams, Tuned>({
  id: '@test/compilers/tune-level',
  version: 1,
  summary: 'Picks the level of graph optimization that ran fastest on this machine.',
  contract: {},
  params: tuneParams,
  measures: true,
  groups: (part, { target }) =>
    target === 'webgpu'
      ? refuse('WebGPU sessions have no levels worth measuring', part.name)
      : [{ sites: [{ part }] }],
  async fit(ctx) {
    const traits = traitsKey(await ctx.machine())
    const tuned: Record<string, Tuned[string]> = {}
    // One after another: two measurements at once measure each other.
    for (const part of ctx.parts) tuned[part] = { level: await fastest(ctx, part), traits }
    return tuned
  },
  session({ part, machine }, state) {
    const tuned = state[part.name]
    if (!tuned) return refuse('was not measured', part.name)
    if (tuned.traits === traitsKey(machine)) return { graphOptimizationLevel: tuned.level }
    return refuse(`was measured on ${tuned.traits}, this is ${traitsKey(machine)}`, part.name)
  },
})

/** What the best level depends on. */
function traitsKey({ platform, arch, cores, ort }: MachineTraits): string {
  return `${platform} ${arch}, ${cores} cores, ONNX Runtime ${ort}`
}

async function fastest(ctx: FitContext<typeof tuneParams>, part: string): Promise<(typeof levels)[number]> {
  const { graph } = ctx.model.part(part)
  const lives: Live[] = []
  for (const graphOptimizationLevel of levels) lives.push(await ctx.open(graph, { graphOptimizationLevel }))
  const times = lives.map((): number[] => [])
  for await (const { feeds } of ctx.samples(part)) {
    for (let round = 0; round <= ctx.params.rounds; round++) {
      for (const [at, live] of lives.entries()) {
        const start = ctx.now()
        await live.run('main', feeds)
        if (round > 0) times[at]?.push(ctx.now() - start) // the first round opens the sessions
      }
    }
  }
  const best = times.map(median).reduce((least, time, at, all) => (time < (all[least] ?? 0) ? at : least), 0)
  return levels[best] ?? 'all'
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] ?? Infinity
}

const threadParams = {
  threads: int({ min: 1, max: 256, default: 1, doc: 'Threads of one session.' }),
  spin: flag({ default: true, doc: 'Whether idle threads wait awake.' }),
}

/** Fixed numbers, no fit: it declines where there are fewer cores. */
const threads = defineAlgorithm({
  id: '@test/compilers/threads',
  version: 1,
  summary: 'Sets the number of threads.',
  contract: {},
  params: threadParams,
  groups: part => [{ sites: [{ part }] }],
  session: ({ params, machine }) => threadOptions(params, machine),
})

function threadOptions({ threads, spin }: Values<typeof threadParams>, { cores }: MachineTraits) {
  if (threads > cores) return refuse(`wants ${threads} threads, there are ${cores} cores`)
  const config = { 'session.intra_op.allow_spinning': spin ? '1' : '0' }
  return { intraOpNumThreads: threads, config }
}

const reproducibleParams = {
  level: oneOf({ options: ['disabled', 'basic'], default: 'basic', doc: 'Level of graph optimization.' }),
}

/** Same bits wherever it runs: one thread, and only rewrites that keep the order of sums. */
const reproducible = defineAlgorithm({
  id: '@test/compilers/reproducible',
  version: 1,
  summary: 'Gives up speed for equal bits.',
  contract: {},
  params: reproducibleParams,
  groups: part => [{ sites: [{ part }] }],
  session: ({ params }) => ({
    intraOpNumThreads: 1, graphOptimizationLevel: params.level, config: { 'session.set_denormal_as_zero': '0' },
  }), // prettier-ignore
})

type Warning = Extract<SmashEvent, { readonly type: 'warning' }>

const runtimes: Runtime[] = []
afterAll(() => Promise.all(runtimes.map(each => each.close())))

function open(options: RuntimeOptions = {}): Runtime {
  const made = createRuntime(options)
  runtimes.push(made)
  return made
}

/** The same ONNX Runtime, as it would present itself on a machine of 96 cores. */
function elsewhere(runtime: Runtime): Runtime {
  return { ...runtime, traits: async () => ({ ...(await runtime.traits()), cores: 96 }) }
}

const feeds = { x: { dtype: 'float32', shape: [3, 64], data: seededNormal(1, 192) } } as const
const samples: readonly Sample[] = [{ part: 'model', feeds }]

async function reloaded(model: Model): Promise<Model> {
  const sink: MemorySink = memorySink()
  await save(model, sink)
  return load(memoryFolder(sink.files, 'model'), { algorithms: [tuneLevel, threads, reproducible] })
}

describe('a session step', () => {
  test('on the machine it was measured on is replayed after save and load', async () => {
    const warnings: unknown[] = []
    const runtime = open({ onEvent: event => event.type === 'warning' && warnings.push(event) })
    const made = await smash(tinyMlp(), [tuneLevel({ rounds: 3 })], { samples, runtime })
    const again = await reloaded(made)
    const machine = await runtime.traits()
    expect(levels).toContain(sessionOptions(again, 'model', machine).options.graphOptimizationLevel)
    expect(sessionOptions(again, 'model', machine)).toEqual(sessionOptions(made, 'model', machine))
    await expectSameOutputs(runtime, again, tinyMlp(), { feeds, atol: 1e-6, rtol: 1e-6 })
    expect(warnings).toEqual([])
  })
  test('on another machine declines with a warning that says both, and the model still runs', async () => {
    const warnings: Warning[] = []
    const runtime = open({ onEvent: event => event.type === 'warning' && warnings.push(event) })
    const far = elsewhere(runtime)
    const again = await reloaded(await smash(tinyMlp(), [tuneLevel()], { samples, runtime: far }))
    const here = await runtime.traits()
    expect(sessionOptions(again, 'model', await far.traits()).warnings).toEqual([])
    expect(sessionOptions(again, 'model', here).options).toEqual({})
    await expectSameOutputs(runtime, again, tinyMlp(), { feeds, atol: 0, rtol: 0 })
    expect(warnings).toMatchObject([
      { step: '@test/compilers/tune-level', code: 'session-declined', details: { part: 'model' } },
    ])
    expect(warnings[0]?.message).toContain(
      `was measured on ${traitsKey(await far.traits())}, this is ${traitsKey(here)}`,
    )
  })
  test('placed on a part that it refuses is an error that names the part', async () => {
    const steps = [tuneLevel({}, { parts: ['model'] })]
    await expect(
      smash(tinyMlp(), steps, { samples, runtime: open(), target: 'webgpu' }),
    ).rejects.toMatchObject({
      code: 'plan',
      conflicts: [
        { code: 'refused', part: 'model', message: expect.stringContaining('no levels worth measuring') },
      ],
    })
  })
  test('that measures asks for samples and a runtime by name', async () => {
    await expect(smash(tinyMlp(), [tuneLevel()], { samples })).rejects.toMatchObject({
      code: 'missing-runtime',
    })
    await expect(smash(tinyMlp(), [tuneLevel()], { runtime: open() })).rejects.toMatchObject({
      code: 'missing-samples',
    })
  })
})

describe('two session steps', () => {
  const machine: MachineTraits = { platform: 'linux', arch: 'x64', cores: 4, ort: '1.30.0', features: [] }
  test('that set different options are merged, config key by key', async () => {
    const model = await reloaded(await smash(tinyMlp(), [threads({ spin: false }), reproducible()]))
    expect(sessionOptions(model, 'model', machine)).toEqual({
      warnings: [],
      options: {
        intraOpNumThreads: 1,
        graphOptimizationLevel: 'basic',
        config: { 'session.intra_op.allow_spinning': '0', 'session.set_denormal_as_zero': '0' },
      },
    })
    await expectSameOutputs(open(), model, tinyMlp(), { feeds, atol: 1e-6, rtol: 1e-6 })
  })
  test('that disagree are a conflict that names the option, both steps and which of them counts', async () => {
    const model = await smash(tinyMlp(), [threads({ threads: 2 }), reproducible()])
    const { options, warnings } = sessionOptions(model, 'model', machine)
    const [first, last] = model.applied.map(({ id }) => id)
    expect(warnings).toMatchObject([
      {
        code: 'session-conflict',
        step: last,
        details: { option: 'intraOpNumThreads', steps: [first, last] },
      },
    ])
    expect(options.intraOpNumThreads).toBe(last === '@test/compilers/threads' ? 2 : 1)
  })
  test('one that declines leaves the options of the other alone', async () => {
    const model = await smash(tinyMlp(), [threads({ threads: 8 }), reproducible()])
    const { options, warnings } = sessionOptions(model, 'model', machine)
    expect(options.intraOpNumThreads).toBe(1)
    expect(warnings).toMatchObject([{ code: 'session-declined', step: '@test/compilers/threads' }])
    expect(sessionOptions(model, 'model', { ...machine, cores: 8 }).warnings).toMatchObject([
      { code: 'session-conflict' },
    ])
  })
})
