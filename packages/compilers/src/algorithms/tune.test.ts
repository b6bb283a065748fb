import {
  sessionOptions,
  smash,
  type MachineTraits,
  type Model,
  type Outputs,
  type Runtime,
  type SessionOptions,
} from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { describeAlgorithm, seededRandom, tinyEncoder, tinyMlp, tinyUnet } from '@damson/testing'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { tune } from './tune.ts'

describeAlgorithm(tune, {
  accepts: { mlp: tinyMlp },
  refuses: {},
  params: { seconds: 0.1, trials: 2, pairs: 8 },
  inert: { dims: 'no names of sizes can be made up; that they are tried stands below' },
  measured: 'which options are fastest, and by how much, is read from the clock',
  expect: { outputs: { sqnr: 60 }, size: 1 },
})

const machine: MachineTraits = { platform: 'linux', arch: 'x64', cores: 4, ort: '1.30.0', features: ['avx2'], providers: ['cpu', 'npu'] } // prettier-ignore

interface Fake extends Runtime {
  readonly runs: () => number
  readonly mostOpen: () => number
}

/** A runtime in which a run takes what `cost` says, in ms of a clock that only it moves, with noise of ±`noise`. */
function fakeRuntime(cost: (options: SessionOptions) => number, noise = 0.05, traits = machine): Fake {
  const random = seededRandom(5)
  let clock = 1000
  let [runs, open, most] = [0, 0, 0]
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => clock)
  onTestFinished(() => spy.mockRestore())
  const outputs = (value: number): Outputs => ({
    y: { dtype: 'float32', shape: [1], data: Float32Array.of(value) },
  })
  return {
    target: 'cpu',
    runs: () => runs,
    mostOpen: () => most,
    traits: async () => traits,
    statistics: async () => new Map(),
    close: async () => {},
    async open(_what, { session = {} } = {}) {
      const each = cost(session)
      if (Number.isNaN(each)) throw new Error('no such provider here')
      most = Math.max(most, ++open)
      return {
        async run() {
          runs++
          clock += Math.abs(each) * (1 + noise * (2 * random() - 1))
          return outputs(each < 0 ? 7 : 1)
        },
        generation: () => { throw new Error('not in this test') },
        close: async () => void open--,
      } // prettier-ignore
    },
  }
}

const plain = (part: string): { part: string; feeds: {} } => ({ part, feeds: {} })
const tuned = async (
  runtime: Runtime,
  params: Parameters<typeof tune>[0] = {},
  model: Model = tinyMlp(),
): Promise<Model> =>
  smash(model, [tune({ seconds: 1000, ...params })], { runtime, samples: [...model.parts.keys()].map(plain) })

interface Evidence {
  readonly options: SessionOptions
  readonly found: string
  readonly trials: readonly { readonly options: SessionOptions; readonly verdict: string; readonly pairs: number; readonly ratio: number | null; readonly reason: string }[]
} // prettier-ignore
const evidence = (model: Model): Evidence =>
  JSON.parse(JSON.stringify(model.replays.at(-1)?.state)).parts.model
const verdict = (model: Model, key: keyof SessionOptions, value: unknown): string | undefined =>
  evidence(model).trials.find(({ options }) => JSON.stringify(options[key]) === JSON.stringify(value))
    ?.verdict

describe('the search', () => {
  test('finds what is faster, each on top of what won before, and keeps the evidence', async () => {
    const runtime = fakeRuntime(({ intraOpNumThreads = 4, graphOptimizationLevel = 'all', enableMemPattern = true }) => 10 * (intraOpNumThreads === 2 ? 0.8 : 1) * (graphOptimizationLevel === 'basic' ? 0.9 : graphOptimizationLevel === 'disabled' ? 1.5 : 1) * (enableMemPattern ? 1 : 0.995)) // prettier-ignore
    const made = await tuned(runtime)
    const { options, trials } = evidence(made)
    expect(options).toEqual({ intraOpNumThreads: 2, graphOptimizationLevel: 'basic' })
    expect(verdict(made, 'intraOpNumThreads', 1)).toBe('beaten')
    expect(verdict(made, 'graphOptimizationLevel', 'disabled')).toBe('beaten')
    // Half a percent is not worth a change that has to bring two.
    expect(['beaten', 'open']).toContain(verdict(made, 'enableMemPattern', false))
    const two = trials.find(trial => trial.options.intraOpNumThreads === 2)
    expect(two?.ratio).toBeCloseTo(0.8, 1)
    expect(runtime.mostOpen()).toBe(2)
    expect(sessionOptions(made, 'model', machine)).toEqual({ options, warnings: [] })
  })

  test('stops as soon as it is certain: clear differences take the fewest pairs, small ones all of them', async () => {
    const made = await tuned(fakeRuntime(({ intraOpNumThreads = 4, enableCpuMemArena = true }) => 10 * (intraOpNumThreads === 1 ? 3 : 1) * (enableCpuMemArena ? 1 : 0.98), 0.2), { pairs: 30 }) // prettier-ignore
    const pairs = (key: keyof SessionOptions): number | undefined => evidence(made).trials.find(({ options }) => options[key] !== undefined)?.pairs // prettier-ignore
    expect(pairs('intraOpNumThreads')).toBe(8)
    expect(pairs('enableCpuMemArena')).toBe(30)
    expect(verdict(made, 'enableCpuMemArena', false)).toBe('open')
    expect(evidence(made).options).toEqual({})
  })

  test('a wider margin decides earlier', async () => {
    const runs = async (margin: number): Promise<number> => {
      const runtime = fakeRuntime(() => 10, 0.1)
      await tuned(runtime, { margin })
      return runtime.runs()
    }
    expect(await runs(0.2)).toBeLessThan((await runs(0.005)) * 0.7)
  })

  test('what does not open, or computes something else, is noted and left', async () => {
    const runtime = fakeRuntime(({ executionProviders: [provider] = ['cpu'], config = {} }) => provider === 'npu' ? Number.NaN : config['session.disable_prepacking'] ? -1 : 10) // prettier-ignore
    const made = await tuned(runtime, { providers: 'auto' })
    expect(evidence(made).options).toEqual({})
    const reasons = evidence(made).trials.map(({ verdict: each, reason }) => `${each}: ${reason}`)
    expect(reasons[0]).toBe('failed: no such provider here')
    expect(reasons.at(-1)).toMatch(/^differs: its outputs differ: -?\d/)
  })

  test('keeps to its budgets', async () => {
    expect(
      evidence(
        await tuned(
          fakeRuntime(() => 10),
          { trials: 3 },
        ),
      ).trials,
    ).toHaveLength(3)
    // 8 pairs of two turns of two runs of 10 ms, for each of about two candidates.
    const { trials } = evidence(
      await tuned(
        fakeRuntime(() => 10),
        { seconds: 1 },
      ),
    )
    expect(trials.length).toBeLessThan(5)
    expect(evidence(await tuned(fakeRuntime(() => 10), { threads: [3], dims: { batch: 2 }, trials: 2 })).trials.map(({ options }) => options)).toEqual([{ intraOpNumThreads: 3 }, { freeDimensionOverrides: { batch: 2 } }]) // prettier-ignore
  })
})

describe('the choice', () => {
  const cost = ({ intraOpNumThreads = 4 }: SessionOptions): number => (intraOpNumThreads === 1 ? 5 : 10)

  test('holds on machines like the one it was made on; others decline it, with the reason', async () => {
    const made = await tuned(fakeRuntime(cost))
    const on = (other: Partial<MachineTraits>, model = made): string => {
      const { options, warnings } = sessionOptions(model, 'model', { ...machine, ...other })
      expect(options).toEqual({})
      return warnings.map(({ code, message }) => `${code}: ${message}`).join()
    }
    expect(on({ cores: 8 })).toMatch(
      /^session-declined: .* another number of cores: 4, here 8; tune again here/,
    )
    expect(on({ ort: '1.31.0' })).toMatch(/version of ONNX Runtime/)
    expect(on({}, made.withGraph('model', tinyEncoder().part('model').graph))).toMatch(
      /the graph has changed/,
    )
    expect(sessionOptions(made, 'model', { ...machine, providers: [] }).warnings).toEqual([])
  })

  test('is tried again on another machine, not searched for, and kept where it holds', async () => {
    const made = await tuned(fakeRuntime(cost))
    const other = { ...machine, cores: 8 }
    const again = await tuned(fakeRuntime(cost, 0.05, other), {}, made)
    expect(evidence(again)).toMatchObject({ found: 'kept', options: { intraOpNumThreads: 1 } })
    expect(evidence(again).trials).toHaveLength(1)
    expect(sessionOptions(again, 'model', other).options).toEqual({ intraOpNumThreads: 1 })
    // Where it is slower than the defaults, all is searched.
    const slow = fakeRuntime(({ intraOpNumThreads = 8 }) => 40 / intraOpNumThreads, 0.05, other)
    const anew = await tuned(slow, {}, made)
    expect(evidence(anew)).toMatchObject({ found: 'searched' })
    expect(evidence(anew).options.intraOpNumThreads).toBeUndefined()
  })

  test('is refused for targets without such options', async () => {
    await expect(smash(tinyMlp(), [tune()], { target: 'webgpu' })).rejects.toThrow(/none of these options/)
    await expect(smash(tinyMlp(), [tune({ dims: { length: 3 } })])).rejects.toThrow(
      /has no size "length"; it has batch/,
    )
  })
})

test('a real run: what it chooses computes the same and is what sessions are opened with', async () => {
  const runtime = createRuntime()
  try {
    const warnings: string[] = []
    const made = await smash(tinyUnet(), [tune({ seconds: 1, trials: 4, pairs: 8 })], {
      runtime,
      onEvent: event => event.type === 'warning' && warnings.push(event.code),
    })
    expect(warnings).toEqual(['no-samples'])
    const [name = ''] = made.parts.keys()
    const state = JSON.parse(JSON.stringify(made.replays[0]?.state))
    expect(state.parts[name].trials.length).toBeGreaterThan(0)
    for (const { verdict: each } of state.parts[name].trials)
      expect(['won', 'beaten', 'open']).toContain(each)
    expect(sessionOptions(made, name, await runtime.traits()).options).toEqual(state.parts[name].options)
  } finally {
    await runtime.close()
  }
})
