import { describe, expect, test } from 'vitest'
import { awq, cacher, fuse, gptq, half, hotLora, hqq, mergeLora, periodic, portable, staticInt8, weightOnly, weightSites } from '../test/fake-algorithms.ts' // prettier-ignore
import { longChain, pipeline } from '../test/fake-models.ts'
import {
  defineAlgorithm,
  formatPlan,
  formatStep,
  modelOf,
  plan,
  planJson,
  type Plan,
  type Step,
} from './index.ts'

const tails = (made: Plan): readonly string[] => made.steps.map(({ id }) => id.split('/').at(-1) ?? '')
const codes = (made: Plan): readonly string[] => made.conflicts.map(({ code }) => code)
const on = (...parts: string[]): { parts: string[] } => ({ parts })

function planned(steps: readonly Step[], expected: readonly string[]): Plan {
  const made = plan(pipeline(), steps)
  expect(made.conflicts).toEqual([])
  expect(tails(made)).toEqual(expected)
  return made
}

describe('two quantizers', () => {
  test('on one part they conflict, and the conflict says everything', () => {
    const made = plan(pipeline(), [hqq({}, on('unet')), weightOnly({ bits: 8 }, on('unet'))])
    expect(made.conflicts).toHaveLength(1)
    const [conflict] = made.conflicts
    expect(conflict).toMatchObject({
      code: 'conflict',
      steps: ['@test/quantizers/hqq', '@test/quantizers/weight-only'],
      part: 'unet',
      fact: 'weight:float32',
    })
    expect(conflict?.nodes).toContain('/down_blocks.0/to_q/MatMul')
    expect(conflict?.message).toMatch(/hqq and .*weight-only both need weight:float32 in "unet"/)
    expect(conflict?.suggestion?.text).toBe(
      'hqq@unet#/down_blocks*, {"use":"weight-only","params":{"bits":8},"on":{"parts":["unet"],"rest":true}}',
    )
    expect(plan(pipeline(), conflict?.suggestion?.steps ?? []).conflicts).toEqual([])
  })
  test('without places the suggestion reads as on the command line', () => {
    const made = plan(pipeline(), [hqq(), weightOnly()])
    expect(made.conflicts.map(({ part }) => part)).toEqual(['text_encoder', 'unet'])
    expect(made.conflicts[1]?.suggestion?.text).toBe('hqq@unet#/down_blocks*, weight-only@rest')
  })
  test('on two parts they compose', () => {
    planned([hqq({}, on('unet')), weightOnly({}, on('text_encoder'))], ['hqq', 'weight-only'])
  })
  test('on disjoint globs of one part they compose', () => {
    const made = planned(
      [
        hqq({}, { include: ['/down_blocks*'] }),
        weightOnly({}, { parts: ['unet'], include: ['/up_blocks*'] }),
      ],
      ['hqq', 'weight-only'],
    )
    expect(made.steps[0]?.claims[0]).toMatchObject({
      part: 'unet',
      weights: ['q0.weight', 'k0.weight'],
      bytes: 128,
    })
  })
  test('the rest is what the others leave', () => {
    const made = planned(
      [weightOnly({}, 'rest'), hqq({}, { include: ['/down_blocks*'] })],
      ['weight-only', 'hqq'],
    )
    expect(made.steps[0]?.claims.map(({ part, weights }) => [part, weights])).toEqual([
      ['text_encoder', ['fc.weight']],
      ['unet', ['q1.weight', 'k1.weight']],
    ])
  })
  test('a rest with nothing left finds nowhere to work', () => {
    expect(codes(plan(pipeline(), [hqq(), weightOnly({}, 'rest')]))).toEqual(['no-site'])
  })
})

describe('worked cases', () => {
  test('AWQ touches the norm and its other consumers, so it precedes any quantizer of those', () => {
    const steps = [
      hqq({}, { include: ['/down_blocks.0/to_k*'] }),
      awq({}, { include: ['/down_blocks.0/to_q*'] }),
    ]
    const made = planned(steps, ['awq', 'hqq'])
    expect(made.edges).toContainEqual({
      before: '@test/quantizers/awq',
      after: '@test/quantizers/hqq',
      part: 'unet',
      reason: '@test/quantizers/hqq takes weight:float, which @test/quantizers/awq needs',
      because:
        '@test/quantizers/hqq takes weight:float, which @test/quantizers/awq needs (unet: /down_blocks.0/to_k/MatMul)',
    })
  })
  test('fuse and weight-only quantizers form no cycle', () => {
    expect(planned([fuse({}, on('unet')), hqq({}, on('unet'))], ['fuse', 'hqq']).edges).toEqual([])
    planned([hqq({}, on('unet')), fuse({}, on('unet'))], ['hqq', 'fuse'])
  })
  test('hqq and half make q4f16, the solver first', () => {
    const made = planned([half({}, on('unet')), hqq({}, on('unet'))], ['hqq', 'half'])
    expect(made.edges[0]?.because).toMatch(/half takes weight:float32, which .*hqq needs/)
  })
  test('cachers conflict only where their regions meet', () => {
    planned(
      [cacher({ region: '/down' }, on('unet')), cacher({ region: '/up' }, on('unet'))],
      ['region', 'region#2'],
    )
    const made = plan(pipeline(), [
      cacher({ region: '/down' }, on('unet')),
      cacher({ region: '/down_blocks.0/to' }, on('unet')),
    ])
    expect(made.conflicts).toMatchObject([
      {
        code: 'conflict',
        fact: 'run:always',
        nodes: ['/down_blocks.0/to_q/MatMul', '/down_blocks.0/to_k/MatMul'],
      },
    ])
  })
  test('a cacher of the whole part meets every region', () => {
    expect(codes(plan(pipeline(), [periodic(), cacher({ region: '/up' }, on('unet'))]))).toEqual(['conflict'])
  })
  test('nothing follows portable, but what acts around runs', () => {
    planned([portable(), hqq(), periodic()], ['hqq', 'portable', 'periodic'])
    planned([periodic(), portable(), half()], ['periodic', 'half', 'portable'])
    expect(codes(plan(pipeline(), [portable(), portable({}, on('unet'))]))).toEqual(['duplicate'])
  })
  test('static int8 on one half leaves the other half alone', () => {
    planned(
      [
        staticInt8({}, { include: ['/down_blocks*'] }),
        hqq({}, { parts: ['unet'], include: ['/up_blocks*'] }),
      ],
      ['static-int8', 'hqq'],
    )
    // Its Q/DQ pairs are no plain operators any more, so fusing comes first where both work.
    expect(codes(plan(pipeline(), [fuse({}, on('unet')), staticInt8({}, on('unet'))]))).toEqual(['conflict'])
  })
  test('merging a LoRA needs float weights, a hot one is a port', () => {
    planned([hqq(), mergeLora()], ['merge-lora', 'hqq'])
    planned([hqq(), hotLora()], ['hqq', 'hot-lora'])
    expect(codes(plan(pipeline(), [hotLora({}, on('unet')), hotLora()]))).toEqual(['duplicate'])
  })
  test('a fitting step comes after what changes its inputs', () => {
    const steps = [gptq({}, { include: ['/up_blocks*'] }), hqq({}, { include: ['/down_blocks*'] })]
    const made = planned(steps, ['hqq', 'gptq'])
    expect(made.edges[0]?.because).toMatch(
      /gptq fits on what .*hqq changes upstream of it \(unet: \/down_blocks.0\/to_q\/MatMul, /,
    )
    planned(
      [gptq({}, { include: ['/down_blocks*'] }), hqq({}, { parts: ['unet'], include: ['/up_blocks*'] })],
      ['gptq', 'hqq'],
    )
  })
  test('in a cycle the soft edge is dropped, and the plan says so', () => {
    // half changes everything gptq fits on, but gptq needs fp32, which half takes.
    const made = planned([half({}, on('unet')), gptq({}, on('unet'))], ['gptq', 'half'])
    expect(made.dropped).toMatchObject([{ before: '@test/quantizers/half', after: '@test/quantizers/gptq' }])
    const both = planned(
      [gptq({}, { include: ['*to_q*'] }), gptq({ damp: 0.1 }, { include: ['*to_k*'] })],
      ['gptq', 'gptq#2'],
    )
    expect(both.dropped).toMatchObject([
      { before: '@test/quantizers/gptq#2', after: '@test/quantizers/gptq' },
    ])
  })
})

describe('order', () => {
  test('list order breaks ties only', () => {
    planned([hqq({}, on('text_encoder')), mergeLora({}, on('unet'))], ['hqq', 'merge-lora'])
    planned([mergeLora({}, on('unet')), hqq({}, on('text_encoder'))], ['merge-lora', 'hqq'])
  })
  test('a binding order is checked, and refused with the reason', () => {
    const made = plan(pipeline(), [hqq(), mergeLora()], { order: 'given' })
    expect(made.conflicts.map(({ code, part }) => [code, part])).toEqual([
      ['order', 'text_encoder'],
      ['order', 'unet'],
    ])
    expect(made.conflicts[0]?.message).toMatch(
      /has .*hqq before .*merge-lora, .*hqq takes weight:float, which .*merge-lora needs/,
    )
    expect(made.conflicts[0]?.suggestion?.text).toBe('merge-lora, hqq')
    expect(tails(plan(pipeline(), [mergeLora(), hqq()], { order: 'given' }))).toEqual(['merge-lora', 'hqq'])
  })
  test('a binding order may give back what it took', () => {
    const restore = defineAlgorithm({
      id: '@test/restore', version: 1, summary: 'Back to float.', params: {},
      contract: { takes: ['weight:coded'], gives: ['weight:float32'] },
      groups: part => weightSites(part, { takes: ['weight:coded'], gives: ['weight:float32'] }),
      rewrite: model => model,
    }) // prettier-ignore
    const steps = [hqq({}, on('unet')), restore({}, on('unet')), weightOnly({}, on('unet'))]
    expect(codes(plan(pipeline(), steps))).toContain('conflict')
    expect(plan(pipeline(), steps, { order: 'given', sizes: false }).conflicts).toEqual([])
    // Rewriting shows that this one does not give back what it says it gives.
    expect(plan(pipeline(), steps, { order: 'given' }).conflicts).toMatchObject([
      { code: 'refused', steps: ['@test/quantizers/weight-only'], part: 'unet' },
    ])
  })
  test('all conflicts at once, each with a recipe that works', () => {
    const steps = [
      hqq({}, on('unett')),
      weightOnly(),
      hqq({ bits: 8 }, on('text_encoder')),
      periodic({}, on('vae_decoder')),
    ]
    const made = plan(pipeline(), steps)
    expect(codes(made)).toEqual(['unknown-part', 'refused', 'conflict'])
    for (const { suggestion } of made.conflicts) {
      expect(suggestion && plan(pipeline(), suggestion.steps).conflicts).toEqual([])
    }
  })
  test('the same step twice', () => {
    const made = plan(pipeline(), [hqq(), hqq({}, on('unet'))])
    expect(made.conflicts).toMatchObject([
      { code: 'duplicate', part: 'unet', steps: ['@test/quantizers/hqq', '@test/quantizers/hqq#2'] },
    ])
  })
})

describe('what a plan shows', () => {
  test('sizes are exact without a fit, an upper bound with one', () => {
    expect(plan(pipeline(), [hqq()]).sizes).toEqual([
      { part: 'text_encoder', before: 16, after: 8, exact: true },
      { part: 'unet', before: 288, after: 112, exact: true },
      { part: 'vae_decoder', before: 0, after: 0, exact: true },
    ])
    expect(plan(pipeline(), [gptq({}, on('unet'))]).sizes).toContainEqual({
      part: 'unet',
      before: 288,
      after: 288,
      exact: false,
    })
  })
  test('as text', () => {
    expect(formatPlan(plan(pipeline(), [half({}, on('unet')), hqq({ bits: 8 }, on('unet'))])))
      .toMatchInlineSnapshot(`
        "1. hqq:bits=8@unet
             unet: 4 weights (256 bytes)
        2. half@unet
             unet: 6 weights (288 bytes)

        Order:
          hqq before half: half takes weight:float32, which hqq needs (unet: /down_blocks.0/to_q/MatMul, /down_blocks.0/to_k/MatMul and 2 more)

        Weights:
          text_encoder: 16 bytes → 16 bytes
          unet: 288 bytes → 112 bytes
          vae_decoder: 0 bytes → 0 bytes"
      `)
  })
  test('as text, a reason that holds in several parts is said once', () => {
    const text = formatPlan(plan(pipeline(), [half(), hqq()]))
    expect(text.match(/^  hqq before half: .*$/gm)).toEqual([
      '  hqq before half: half takes weight:float32, which hqq needs (text_encoder, unet)',
    ])
  })
  test('as JSON', () => {
    const json = planJson(plan(pipeline(), [hqq(), weightOnly()]))
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
    expect(json.conflicts[1]?.suggestion?.steps[1]).toEqual({
      use: '@test/quantizers/weight-only',
      version: 1,
      params: { bits: 4 },
      on: 'rest',
    })
  })
  test('3,000 nodes plan quickly, relative to reading them', () => {
    const model = modelOf(longChain(1000), { name: 'chain', role: 'denoiser' })
    const made = plan(
      model,
      [hqq({}, { include: ['/blocks.1*'] }), weightOnly({}, 'rest'), fuse(), periodic(), half()],
      { sizes: false },
    )
    expect(made.conflicts).toEqual([])
    expect(formatStep(made.steps[0]?.step ?? hqq())).not.toBe('')
  })
})
