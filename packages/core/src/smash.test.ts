import { describe, expect, test } from 'vitest'
import { Draft, tensorOf, weights } from '@damson/graph'
import { gptq, hqq, mergeLora, weightOnly } from '../test/fake-algorithms.ts'
import { pipeline } from '../test/fake-models.ts'
import { base, failure, hooked } from '../test/on-unet.ts'
import {
  defineAlgorithm,
  plan,
  planSizes,
  smash,
  stepSeed,
  type PlanError,
  type SmashEvent,
} from './index.ts'

const unet = { parts: ['unet'] }

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
  const merge = defineAlgorithm({
    ...base, id: '@test/merge', contract: { changes: true },
    groups: part => [{ sites: weights(part.graph).map(weight => ({ weight })), changes: true }],
    rewrite(model) {
      const { graph } = model.part('unet')
      const draft = new Draft(graph)
      draft.setInitializer('q0.weight', tensorOf('float32', [4, 8], Array.from({ length: 32 }, () => 1)), { origins: ['q0.weight', 'k0.weight'] })
      return model.withGraph('unet', graph.with({ initializers: draft.finish().initializers }))
    },
  }) // prettier-ignore

  test('what was merged of claimed and other origins is refused by name', async () => {
    const steps = [merge({}, unet), hqq({}, { parts: ['unet'], include: ['*to_q*'] })]
    const error = await failure(smash(pipeline(), steps, { order: 'given' }))
    expect(error.code).toBe('partial-match')
    expect(error.message).toMatch(
      /hqq: "q0.weight" in "unet" was merged from places inside \(weight:q0.weight\) and outside \(weight:k0.weight\)/,
    )
    expect(plan(pipeline(), steps).conflicts).toMatchObject([
      { code: 'partial-match', steps: ['@test/quantizers/hqq'] },
    ])
    // A step that fits is not run while planning, but asked all the same.
    const fitting = [merge({}, unet), gptq({}, { parts: ['unet'], include: ['*to_q*'] })]
    expect(plan(pipeline(), fitting).conflicts).toMatchObject([
      { code: 'partial-match', steps: ['@test/quantizers/gptq'] },
    ])
  })

  test('where the place has no border it is left alone, and said', async () => {
    const seen: string[] = []
    const told: string[] = []
    const picky = defineAlgorithm({
      ...base, id: '@test/picky', contract: { changes: true },
      groups: part => weights(part.graph).filter(({ name }) => /^q/.test(name)).map(weight => ({ sites: [{ weight }], changes: true })),
      rewrite(model, ctx) {
        for (const { sites } of ctx.groups('unet')) for (const site of sites) seen.push(...('weight' in site ? site.weight.origins : []))
        return model
      },
    }) // prettier-ignore
    await smash(pipeline(), [merge({}, unet), picky({}, unet)], {
      order: 'given',
      onEvent: event => void (event.type === 'warning' && told.push(event.message)),
    })
    expect(seen).toEqual(['q1.weight'])
    expect(told).toEqual([expect.stringMatching(/"q0.weight".*outside \(weight:k0.weight\).*left alone/)])
  })
})
