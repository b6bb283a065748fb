// Where steps work, and what they need there.
import { describe, expect, test } from 'vitest'
import { cacher, hqq, periodic, weightSites } from '../test/fake-algorithms.ts'
import { pipeline, textEncoder } from '../test/fake-models.ts'
import { defineAlgorithm, modelOf, plan, type Group, type Plan, type Step } from './index.ts'

const tails = (made: Plan): readonly string[] => made.steps.map(({ id }) => id.split('/').at(-1) ?? '')
const codes = (made: Plan): readonly string[] => made.conflicts.map(({ code }) => code)
const on = (...parts: string[]): { parts: string[] } => ({ parts })

function planned(steps: readonly Step[], expected: readonly string[]): Plan {
  const made = plan(pipeline(), steps)
  expect(made.conflicts).toEqual([])
  expect(tails(made)).toEqual(expected)
  return made
}

describe('places', () => {
  test('an explicit part that refuses is an error, with the reason', () => {
    const made = plan(pipeline(), [hqq({}, on('unet', 'vae_decoder'))])
    expect(made.conflicts).toMatchObject([{ code: 'refused', part: 'vae_decoder' }])
    expect(made.conflicts[0]?.message).toContain('no MatMul with a float weight')
    expect(made.conflicts[0]?.suggestion?.text).toBe('hqq@unet')
  })
  test('without a place it works where it is accepted', () => {
    expect(planned([hqq()], ['hqq']).steps[0]?.claims.map(({ part }) => part)).toEqual([
      'text_encoder',
      'unet',
    ])
  })
  test('nowhere to work lists every refusal', () => {
    const made = plan(modelOf(textEncoder, { name: 'encoder' }), [periodic()])
    expect(made.conflicts).toMatchObject([
      {
        code: 'no-site',
        message:
          '@test/cachers/periodic finds nowhere to work. encoder: not called in a denoising loop (at encoder).',
      },
    ])
  })
  test('unknown parts', () => {
    const made = plan(pipeline(), [hqq({}, on('unett'))])
    expect(made.conflicts).toMatchObject([{ code: 'unknown-part', part: 'unett' }])
    expect(made.conflicts[0]?.message).toContain('Did you mean "unet"?')
    expect(made.conflicts[0]?.suggestion?.text).toBe('hqq@unet')
  })
  test('a glob that matches nothing', () => {
    expect(codes(plan(pipeline(), [hqq({}, { parts: ['unet'], include: ['/mid*', '/down*'] })]))).toEqual([
      'no-match',
    ])
    expect(codes(plan(pipeline(), [hqq({}, { parts: ['unet'], exclude: ['op:Conv'] })]))).toEqual([
      'no-match',
    ])
    // It matches something, though not what the algorithm wants: that is for `no-site` to say.
    expect(codes(plan(pipeline(), [hqq({}, { include: ['op:Add'] })]))).toEqual(['no-site'])
  })
  test('a whole-part algorithm cannot be placed on nodes', () => {
    const made = plan(pipeline(), [periodic({}, { parts: ['unet'], include: ['/down*'] })])
    expect(codes(made)).toEqual(['partial-match'])
    expect(made.conflicts[0]?.message).toContain('It works on whole parts')
  })
  test('operators and exclusions', () => {
    const made = planned([hqq({}, { parts: ['unet'], include: ['op:MatMul'], exclude: ['*to_k*'] })], ['hqq'])
    expect(made.steps[0]?.claims[0]?.weights).toEqual(['q0.weight', 'q1.weight'])
  })
})

test('a weight that is named brings the nodes that it feeds', () => {
  const both = defineAlgorithm({
    id: '@test/quantizers/both', version: 1, summary: 'Speaks of weights with their consumers.', params: {},
    contract: { takes: ['weight:float', 'op:plain'] },
    groups: part => weightSites(part, { takes: ['weight:float', 'op:plain'] }).map(group => ({
      ...group,
      sites: group.sites.flatMap((site): Group['sites'] => ('weight' in site ? [site, ...site.weight.uses.map(({ node }) => ({ node }))] : [site])),
    })),
    rewrite: model => model,
  }) // prettier-ignore
  const [named] = planned([both({}, { parts: ['unet'], include: ['q0.weight'] })], ['both']).steps
  expect(named?.claims[0]?.weights).toEqual(['q0.weight'])
  expect(named?.claims[0]?.nodes).toHaveLength(1)
  const [byNode] = planned(
    [both({}, { parts: ['unet'], include: named?.claims[0]?.nodes ?? [] })],
    ['both'],
  ).steps
  expect(byNode?.claims).toEqual(named?.claims)
})

describe('needs', () => {
  test('a fact that nobody gives is named', () => {
    const rescale = defineAlgorithm({
      id: '@test/quantizers/rescale', version: 1, summary: 'Refines scales.', params: {},
      contract: { needs: ['weight:coded'], changes: true },
      groups: part => weightSites(part, { needs: ['weight:coded'], changes: true }),
      rewrite: model => model,
    }) // prettier-ignore
    const made = plan(pipeline(), [rescale({}, on('unet'))])
    expect(made.conflicts).toMatchObject([
      { code: 'missing-fact', fact: 'weight:coded', part: 'unet', steps: ['@test/quantizers/rescale'] },
    ])
    expect(tails(plan(pipeline(), [rescale({}, on('unet')), hqq({}, on('unet'))]))).toEqual([
      'hqq',
      'rescale',
    ])
  })
  test('a loop that the part does not run in', () => {
    const made = plan(pipeline(), [cacher({ region: '/text' }, on('text_encoder'))])
    expect(made.conflicts).toMatchObject([
      { code: 'missing-fact', fact: 'loop:denoise', part: 'text_encoder' },
    ])
  })
  test('a cacher that an earlier run applied still stands', () => {
    const model = pipeline()
    const applied = model.with({
      applied: [{
        id: '@test/cachers/periodic', use: '@test/cachers/periodic', version: 1, params: {}, seed: 1, replays: ['wrap'],
        claims: { unet: ['part'] }, took: { unet: ['run:always'] },
      }],
    }) // prettier-ignore
    expect(codes(plan(applied, [cacher({ region: '/up' }, on('unet'))]))).toEqual(['missing-fact'])
    const again = plan(applied, [periodic()])
    expect(again.steps[0]?.id).toBe('@test/cachers/periodic#2')
    expect(codes(again)).toEqual(['missing-fact'])
  })
  test('facts of third parties, with their probe', () => {
    const mine = defineAlgorithm({
      id: 'mine', version: 1, summary: 'Needs small weights.', params: {}, contract: { needs: ['x:mine/small'] },
      facts: { 'x:mine/small': { sentence: 'the weight is small', scope: 'weight', initially: false,
        probe: site => ('weight' in site ? site.weight.tensor.byteLength <= 16 : undefined) } },
      groups: part => weightSites(part, { needs: ['x:mine/small'] }),
    }) // prettier-ignore
    expect(plan(pipeline(), [mine({}, on('text_encoder'))]).conflicts).toEqual([])
    expect(plan(pipeline(), [mine({}, on('unet'))]).conflicts).toMatchObject([
      { code: 'missing-fact', fact: 'x:mine/small' },
    ])
  })
  test('the part as a need stands for the sites that have the fact at all', () => {
    const all = defineAlgorithm({
      id: 'all', version: 1, summary: 'Wants the part untouched.', params: {}, contract: { needs: ['weight:float'] },
      groups: part => [{ sites: [{ part }], needs: ['weight:float'] }],
    }) // prettier-ignore
    planned([hqq({}, on('unet')), all({}, on('unet'))], ['all', 'hqq'])
  })
})
