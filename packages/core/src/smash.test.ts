import { describe, expect, test, vi } from 'vitest'
import { Draft, refuse, tensorOf, weights, type Graph } from '@damson/graph'
import { gptq, hqq, mergeLora, periodic, weightOnly } from '../test/fake-algorithms.ts'
import { pipeline } from '../test/fake-models.ts'
import {
  checkControls, defineAlgorithm, DamsonError, middlewares, planSizes, plan, real, sessionOptions, smash, stepSeed,
  withNeutral, type Algorithm, type FitContext, type Live, type MachineTraits, type Model, type Params, type PlanError,
  type Runtime, type Sample, type SmashEvent,
} from './index.ts' // prettier-ignore

const unet = { parts: ['unet'] }
const base = { version: 1, summary: 'A test.', contract: {}, params: {} } as const
const sample = (at: number): Sample => ({
  part: 'unet',
  feeds: { sample: { dtype: 'float32', shape: [1, 4], data: new Float32Array(4).fill(at) } },
})

async function failure(run: Promise<unknown>): Promise<DamsonError> {
  const error: unknown = await run.then(() => undefined, (caught: unknown) => caught) // prettier-ignore
  if (!DamsonError.isInstance(error)) throw new Error(`expected a DamsonError, got ${String(error)}`)
  return error
}

/** An algorithm on the whole of the unet with the hooks given. */
function hooked(hooks: Partial<Algorithm<Params, never>>, id = '@test/hooked') {
  return defineAlgorithm<Params, never>({ ...base, id, groups: part => (part.name === 'unet' ? [{ sites: [{ part }], changes: true }] : refuse('not the unet')), ...hooks }) // prettier-ignore
}

/** A new input `name` added to a graph's output: neutral when 0. */
function withInput(graph: Graph, name: string): Graph {
  const draft = new Draft(graph)
  draft.setInputs([...graph.inputs, { name, type: { kind: 'tensor', dtype: 'float32', shape: ['N', 4] } }])
  const body = draft.finish()
  return graph.with({ inputs: body.inputs, nodes: body.nodes })
}

describe('smash', () => {
  test('applies the steps in the planned order and records them', async () => {
    const model = pipeline()
    const events: SmashEvent[] = []
    const made = await smash(model, [hqq({}, unet), mergeLora({}, unet)], {
      seed: 7,
      onEvent: event => events.push(event),
    })
    expect(made.applied.map(({ id }) => id)).toEqual(['@test/recoverers/merge-lora', '@test/quantizers/hqq'])
    expect(made.applied[1]).toMatchObject({
      use: '@test/quantizers/hqq', version: 1, params: { bits: 4, blockSize: 64 }, on: unet, replays: [],
      seed: stepSeed(7, '@test/quantizers/hqq'),
      claims: { unet: ['weight:q0.weight', 'weight:k0.weight', 'weight:q1.weight', 'weight:k1.weight'] },
      took: { unet: ['weight:float', 'weight:float32'] }, gave: { unet: ['weight:coded'] },
    }) // prettier-ignore
    expect(made.replays).toEqual([])
    expect(events.map(({ type, step }) => `${type} ${step}`)).toEqual([
      'step-start @test/recoverers/merge-lora', 'step-end @test/recoverers/merge-lora',
      'step-start @test/quantizers/hqq', 'step-end @test/quantizers/hqq',
    ]) // prettier-ignore
    expect(made.part('unet').graph.nodes.filter(({ op }) => op === 'MatMulNBits')).toHaveLength(4)
    expect(model.part('unet').graph.nodes.filter(({ op }) => op === 'MatMulNBits')).toHaveLength(0)
    expect(made.part('text_encoder')).toBe(model.part('text_encoder'))
    expect(planSizes(model, plan(model, [hqq({}, unet)])).find(({ part }) => part === 'unet')?.after).toBe(
      weights(made.part('unet').graph).reduce((sum, { tensor }) => sum + tensor.byteLength, 0),
    )
  })
  test('throws every conflict at once', async () => {
    const error = await failure(smash(pipeline(), [hqq(), weightOnly()]))
    expect(error.code).toBe('plan')
    const { conflicts } = error as PlanError
    expect(conflicts.map(({ part }) => part)).toEqual(['text_encoder', 'unet'])
    expect(error.message).toContain('Try: hqq@unet#/down_blocks*, weight-only@rest')
  })
  test('a step on a smashed model is numbered on, and finds what is left', async () => {
    const once = await smash(pipeline(), [hqq({}, { include: ['/down_blocks*'] })])
    const twice = await smash(once, [hqq({}, unet)])
    expect(twice.applied.map(({ id }) => id)).toEqual(['@test/quantizers/hqq', '@test/quantizers/hqq#2'])
    expect(twice.applied[1]?.claims).toEqual({ unet: ['weight:q1.weight', 'weight:k1.weight'] })
  })
  test('an error inside a step names the step and keeps its cause', async () => {
    const broken = hooked({ rewrite: () => { throw new TypeError('no such thing') } }) // prettier-ignore
    const error = await failure(smash(pipeline(), [broken()]))
    expect(error).toMatchObject({ code: 'step-failed', message: '@test/hooked failed: no such thing' })
    expect(error.cause).toBeInstanceOf(TypeError)
  })
  test('an edit in place is caught', async () => {
    const careless = hooked({
      rewrite(model) {
        // A graph is read-only to the compiler; this is what a plain JavaScript author may do.
        Reflect.apply(Array.prototype.pop, model.part('unet').graph.nodes, [])
        return model
      },
    })
    const model = pipeline()
    const graph = model.part('unet').graph
    const copy = model.withGraph('unet', graph.with({ nodes: [...graph.nodes] }))
    expect((await failure(smash(copy, [careless()]))).code).toBe('mutated-input')
  })
  test('what is no model is refused', async () => {
    // @ts-expect-error not a model
    const error = await failure(smash(pipeline(), [hooked({ rewrite: () => undefined })()]))
    expect(error.code).toBe('invalid-rewrite')
  })
  test('abort ends a fit at once, even one that does not listen', async () => {
    const abort = new AbortController()
    const stuck = hooked({ fit: () => new Promise<never>(() => {}) })
    const run = smash(pipeline(), [stuck()], { signal: abort.signal })
    setTimeout(() => abort.abort(new Error('enough')), 5)
    const error = await failure(run)
    expect(error).toMatchObject({ code: 'aborted', cause: { message: 'enough' } })
    expect((await failure(smash(pipeline(), [], { signal: abort.signal }))).code).toBe('aborted')
  })
  test('a warning is an event', async () => {
    const events: SmashEvent[] = []
    const warns = hooked({ rewrite: (model, ctx) => (ctx.warn('slow', 'This is slow.', { ms: 3 }), model) })
    await smash(pipeline(), [warns()], { onEvent: event => events.push(event) })
    expect(events[1]).toEqual({
      type: 'warning',
      step: '@test/hooked',
      code: 'slow',
      message: 'This is slow.',
      details: { ms: 3 },
    })
  })
})

describe('what a hook claims', () => {
  test('is found again on the graph as earlier steps left it, by origins', async () => {
    const seen: string[][] = []
    const late = defineAlgorithm({
      ...base, id: '@test/late', contract: { needs: ['weight:coded'], changes: true },
      groups: part => weights(part.graph).filter(({ uses }) => uses.some(({ node }) => /MatMul/.test(node.op))).map(weight => ({ sites: [{ weight }], needs: ['weight:coded'], changes: true })),
      rewrite(model, ctx) {
        seen.push(ctx.groups('unet').flatMap(group => group.sites.map(site => ('weight' in site ? site.weight.name : '?'))))
        expect(ctx.groups('text_encoder')).toEqual([])
        expect(ctx.parts).toEqual(['unet'])
        return model
      },
    }) // prettier-ignore
    const place = { parts: ['unet'], include: ['/down_blocks*'] }
    await smash(pipeline(), [late({}, place), hqq({}, unet)])
    expect(seen).toEqual([['q0.weight_Q', 'k0.weight_Q']])
  })
  test('what was merged of claimed and other origins is refused by name', async () => {
    const merge = defineAlgorithm({
      ...base, id: '@test/merge', contract: { changes: true },
      groups: part => [{ sites: weights(part.graph).map(weight => ({ weight })), changes: true }],
      rewrite(model) {
        const { graph } = model.part('unet')
        const draft = new Draft(graph)
        draft.setInitializer('q0.weight', tensorOf('float32', [4, 8], new Array<number>(32).fill(1)), { origins: ['q0.weight', 'k0.weight'] })
        return model.withGraph('unet', graph.with({ initializers: draft.finish().initializers }))
      },
    }) // prettier-ignore
    const steps = [merge({}, unet), hqq({}, { parts: ['unet'], include: ['*to_q*'] })]
    const error = await failure(smash(pipeline(), steps, { order: 'given' }))
    expect(error.code).toBe('partial-match')
    expect(error.message).toMatch(
      /hqq: "q0.weight" in "unet" was merged from places inside \(weight:q0.weight\) and outside \(weight:k0.weight\)/,
    )
    expect(plan(pipeline(), steps).conflicts).toMatchObject([
      { code: 'partial-match', steps: ['@test/quantizers/hqq'] },
    ])
  })
})

describe('fitting', () => {
  const fits = (fit: (ctx: FitContext<Params>) => Promise<never>) => hooked({ fit }) // prettier-ignore
  const runtime = (): Runtime & { readonly closed: string[] } => {
    const closed: string[] = []
    return {
      closed,
      target: 'wasm',
      traits: () => Promise.reject(new Error('not asked')),
      open: () =>
        Promise.resolve({
          run: () => Promise.resolve({}),
          close: async () => void closed.push('live'),
        } as unknown as Live),
      async statistics(_graph, requests, samples) {
        let count = 0
        for await (const _ of samples) count++
        return new Map(requests.map(({ value }) => [value, { count, excluded: 0 }]))
      },
      close: () => Promise.resolve(),
    }
  }
  test('samples come in the same order every time, statistics and sessions through the runtime', async () => {
    const given = [sample(1), { ...sample(9), part: 'vae_decoder' }, sample(2)]
    const seen: number[][] = []
    const device = runtime()
    const learns = fits(async ctx => {
      for (let pass = 0; pass < 2; pass++) {
        const values: number[] = []
        for await (const { feeds } of ctx.samples('unet')) values.push(Number(feeds['sample']?.data[0]))
        seen.push(values)
      }
      const statistics = await ctx.statistics('unet', [{ value: 'a0', kind: 'minmax' }])
      expect(statistics.get('a0')?.count).toBe(2)
      await ctx.open(ctx.model.part('unet').graph)
      await ctx.scratch.put('h', new Uint8Array([1, 2]))
      expect(await ctx.scratch.get('h')).toEqual(new Uint8Array([1, 2]))
      expect(ctx.target).toBe('wasm')
      expect(ctx.source).toBe(ctx.model)
      return undefined as never
    })
    await smash(pipeline(), [learns()], { samples: given, runtime: device })
    expect(seen).toEqual([[1, 2], [1, 2]]) // prettier-ignore
    expect(device.closed).toEqual(['live'])
  })
  test.each([
    ['missing-samples', { }, (ctx: FitContext<Params>) => first(ctx.samples('unet'))],
    ['missing-samples', { samples: [{ ...sample(1), part: 'vae' }] }, (ctx: FitContext<Params>) => first(ctx.samples('unet'))],
    ['one-shot-samples', { samples: [sample(1)].values() }, (ctx: FitContext<Params>) => first(ctx.samples('unet'))],
    ['missing-runtime', {}, (ctx: FitContext<Params>) => ctx.open(ctx.model.part('unet').graph)],
    ['no-clock', {}, async (ctx: FitContext<Params>) => ctx.now()],
    ['unknown-part', {}, (ctx: FitContext<Params>) => first(ctx.samples('nowhere'))],
    ['missing-scratch', {}, (ctx: FitContext<Params>) => ctx.scratch.get('nothing')],
  ] as const)('%s', async (code, options, use) => {
    const error = await failure(smash(pipeline(), [fits(async ctx => use(ctx) as never)()], options))
    expect(error.code).toBe(code)
    expect(error.message).toContain('@test/hooked')
  }) // prettier-ignore
  test('what was opened is closed when the fit fails', async () => {
    const device = runtime()
    const fails = fits(async ctx => {
      await ctx.open(ctx.model.part('unet').graph)
      throw new Error('no')
    })
    await failure(smash(pipeline(), [fails()], { runtime: device }))
    expect(device.closed).toEqual(['live'])
  })
  test('the clock is for those that declare it', async () => {
    const measures = hooked({ measures: true, fit: async ctx => ctx.now() as never })
    await expect(smash(pipeline(), [measures()])).resolves.toBeDefined()
  })
  test('seeds: of the run, the algorithm and its place among its like', () => {
    expect(stepSeed(0, '@test/a')).toBe(stepSeed(0, '@test/a'))
    expect(new Set([stepSeed(0, 'a'), stepSeed(1, 'a'), stepSeed(0, 'b'), stepSeed(0, 'a#2')]).size).toBe(4)
    // Written into saved models: a change of the hash changes what `same seed, same bytes` means.
    expect(stepSeed(0, '@damson/quantizers/hqq')).toBe(1189996695)
  })
  test('state reaches the rewrite', async () => {
    const made = await smash(pipeline(), [gptq({}, unet)], { seed: 3 })
    expect(made.part('unet').graph.nodes.filter(({ op }) => op === 'MatMulNBits')).toHaveLength(4)
  })
})

describe('ports', () => {
  const adds = (neutral: boolean) =>
    hooked({
      rewrite: (model: Model) =>
        model.withGraph('unet', withInput(model.part('unet').graph, 'delta')).withPorts([{
          part: 'unet', step: '', name: 'delta', direction: 'input', role: 'delta',
          ...(neutral ? { neutral: { dtype: 'float16', shape: ['2*N', 4], fill: 0.5 } } : {}),
        }]),
    }) // prettier-ignore
  test('carry the id of their step, and are fed with their neutral value', async () => {
    const made = await smash(pipeline(), [adds(true)()])
    expect(made.ports).toMatchObject([{ step: '@test/hooked', name: 'delta' }])
    const named = made.withGraph('unet', renamedBatch(made.part('unet').graph))
    const feeds = withNeutral(named, 'unet', sample(1).feeds)
    expect(feeds['delta']).toEqual({ dtype: 'float16', shape: [2, 4], data: new Uint16Array(8).fill(0x3800) })
    expect(withNeutral(named, 'unet', feeds)).toBe(feeds)
    expect(() => withNeutral(made, 'unet', sample(1).feeds)).toThrow(/needs a size for "2\*N"/)
  })
  test('without a neutral value, or without an input, they are refused', async () => {
    expect((await failure(smash(pipeline(), [adds(false)()]))).message).toContain('needs a neutral value')
    const absent = hooked({ rewrite: model => model.withPorts([{ part: 'unet', step: '', name: 'nothing', direction: 'output', role: 'cache' }]) }) // prettier-ignore
    expect((await failure(smash(pipeline(), [absent()]))).code).toBe('invalid-port')
  })
})

function renamedBatch(graph: Graph): Graph {
  return graph.with({
    inputs: graph.inputs.map(input =>
      input.name === 'sample'
        ? { ...input, type: { kind: 'tensor', dtype: 'float32', shape: ['N', 4] } }
        : input,
    ),
  })
}

async function first(samples: AsyncIterable<Sample>): Promise<void> {
  for await (const _ of samples) return
}

describe('what runs with the model', () => {
  const machine: MachineTraits = { platform: 'linux', arch: 'x64', cores: 2, ort: '1.30.0', features: [] }
  const generation = { run: () => Promise.resolve({}) }
  test('middlewares in the order of the plan, one a part, with live params under control', async () => {
    const opened = vi.fn()
    const live = hooked({
      params: { threshold: real({ min: 0, max: 1, default: 0.5, doc: '', live: true }), fixed: real({ min: 0, max: 1, default: 0, doc: '' }) },
      wrap: ctx => {
        opened(ctx.params, ctx.parts, ctx.groups('unet').length)
        return () => ({ part: 'unet', around: next => next })
      },
    }) // prettier-ignore
    const made = await smash(pipeline(), [periodic(), live()])
    const attached = middlewares(made)
    expect(attached.map(({ stepId, part }) => [stepId, part])).toEqual([
      ['@test/cachers/periodic', 'unet'], ['@test/hooked', 'unet'],
    ]) // prettier-ignore
    attached[1]?.middleware({ ...generation, controls: { '@test/hooked': { threshold: 0.25 } } })
    expect(opened).toHaveBeenLastCalledWith({ threshold: 0.25, fixed: 0 }, ['unet'], 1)
    expect(() => checkControls(made, { '@test/hooked': { fixed: 1 } })).toThrow(
      /"fixed" cannot be changed while the model runs; threshold can/,
    )
    expect(() => checkControls(made, { nobody: {} })).toThrow(
      /it has @test\/cachers\/periodic, @test\/hooked/,
    )
    expect(() =>
      attached[1]?.middleware({ ...generation, controls: { '@test/hooked': { threshold: 2 } } }),
    ).toThrow(/expects real 0…1/)
  })
  test('session options are merged in the order of the plan; a disagreement is a warning', async () => {
    const made = await smash(pipeline(), [
      hooked(
        { session: () => ({ intraOpNumThreads: 1, enableMemPattern: false, config: { a: '1', b: '1' } }) },
        '@test/first',
      )(),
      hooked(
        { session: () => ({ intraOpNumThreads: 2, enableMemPattern: false, config: { b: '2' } }) },
        '@test/second',
      )(),
    ])
    const { options, warnings } = sessionOptions(made, 'unet', machine)
    expect(options).toEqual({ intraOpNumThreads: 2, enableMemPattern: false, config: { a: '1', b: '2' } })
    expect(warnings.map(({ code, details }) => [code, details?.['option']])).toEqual([
      ['session-conflict', 'intraOpNumThreads'], ['session-conflict', 'config.b'],
    ]) // prettier-ignore
    expect(sessionOptions(made, 'vae_decoder', machine)).toEqual({ options: {}, warnings: [] })
  })
  test('a step that declines on another machine is a warning', async () => {
    const picky = hooked({ session: ctx => (ctx.machine.cores > 4 ? { intraOpNumThreads: 4 } : refuse('made for more than 4 cores')) }) // prettier-ignore
    const made = await smash(pipeline(), [picky()])
    expect(sessionOptions(made, 'unet', { ...machine, cores: 8 })).toEqual({
      options: { intraOpNumThreads: 4 },
      warnings: [],
    })
    expect(sessionOptions(made, 'unet', machine).warnings).toMatchObject([
      { code: 'session-declined', step: '@test/hooked' },
    ])
  })
})
