// The suite must catch what it is there to catch: each algorithm below breaks one promise, and nothing else.
import {
  defineAlgorithm,
  flag,
  int,
  refuse,
  type Context,
  type Group,
  type Model,
  type Part,
} from '@damson/core'
import { Draft, memoryTensor, weights, type Tensor } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { afterAll, describe, expect, test } from 'vitest'
import { tinyConvNet, tinyMlp, tinyUnet } from '../tiny-models.ts'
import { checkAlgorithm, checks } from './check-algorithm.ts'
import { lastingChecks } from './lasting-checks.ts'
import type { Check } from './subject.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const params = {
  factor: int({ min: 1, max: 4, default: 2, doc: 'What the weight is multiplied by.' }),
}
type Ctx = Context<typeof params>

/** Multiplies the weight "down" in memory: an honest little algorithm, to be spoiled below. */
function groups(part: Part): readonly Group[] | ReturnType<typeof refuse> {
  const found = weights(part.graph).filter(({ name }) => name === 'down')
  return found.length === 0 || part.role !== 'main'
    ? refuse('has no weight "down"')
    : [{ sites: found.map(weight => ({ weight })), needs: ['weight:float'], changes: true }]
}

function floats({ data = new Uint8Array(0) }: Tensor): Float32Array {
  return new Float32Array(data.slice().buffer)
}

function scaled(tensor: Tensor, factor: number, noise = 0): Tensor {
  return memoryTensor(
    'float32',
    tensor.shape,
    floats(tensor).map(x => x * factor + noise),
  )
}

function scale(model: Model, factor: number, noise = 0): Model {
  const part = model.part('model')
  const weight = part.graph.initializers.get('down')
  if (!weight) return model
  const draft = new Draft(part.graph)
  draft.setInitializer('down', scaled(weight.tensor, factor, noise))
  return model.withGraph('model', part.graph.with({ initializers: draft.finish().initializers }))
}

const honest = {
  id: '@example/testing/scale',
  version: 1,
  summary: 'Multiplies one weight.',
  contract: { needs: ['weight:float'], changes: true },
  params,
  groups: (part: Part) => groups(part),
  rewrite: (model: Model, ctx: Ctx) =>
    ctx.groups('model').length > 0 ? scale(model, ctx.params.factor) : model,
} as const

const cases = {
  accepts: { mlp: tinyMlp },
  refuses: { convNet: { model: tinyConvNet, reason: /no weight "down"/ } },
  expect: { outputs: { sqnr: -10 }, size: 1 },
}

/** Starting a process for each broken algorithm would add nothing. */
const quick: readonly Check[] = checks.filter(check => !lastingChecks.includes(check))

async function problems(
  algorithm: Parameters<typeof defineAlgorithm<typeof params>>[0],
  given = cases,
  chosen: readonly Check[] = quick,
): Promise<readonly string[]> {
  const found = await checkAlgorithm(defineAlgorithm(algorithm), given, runtime, chosen)
  return found.map(({ check, problem }) => `${check}: ${problem}`)
}

test('an honest algorithm keeps every promise', async () => {
  expect(await problems(honest, cases, checks)).toEqual([])
})

describe('it catches an algorithm that', () => {
  test('mutates its input', async () => {
    const found = await problems({
      ...honest,
      rewrite: (model, ctx) => {
        const data = model.part('model').graph.initializers.get('down')?.tensor.data
        if (data) data[0] = (data[0] ?? 0) ^ 0xff
        return scale(model, ctx.params.factor)
      },
    })
    expect(found.join('\n')).toMatch(/changed in place/)
  })

  test('declares a false fact', async () => {
    const found = await problems({
      ...honest,
      contract: { gives: ['weight:coded'], takes: ['weight:float'] },
      groups: part => {
        const claimed = groups(part)
        return 'refused' in claimed
          ? claimed
          : claimed.map(({ sites }) => ({ sites, takes: ['weight:float'], gives: ['weight:coded'] }))
      },
    })
    expect(found.join('\n')).toMatch(/takes "weight:float" at "down", where it still holds/)
    expect(found.join('\n')).toMatch(/gives "weight:coded" at "down", where it does not hold/)
  })

  test('keeps a fact to itself', async () => {
    const found = await problems({
      ...honest,
      rewrite: model => {
        const { graph } = model.part('model')
        const draft = new Draft(graph)
        const node = draft.nodes.find(({ name }) => name === 'down_matmul')
        if (node) draft.replace(node, { op: 'FusedMatMul', domain: 'com.microsoft' })
        const opsets = new Map(graph.header.opsets).set('com.microsoft', 1)
        return model.withGraph(
          'model',
          graph.with({ nodes: draft.finish().nodes, header: { ...graph.header, opsets } }),
        )
      },
    })
    expect(found.join('\n')).toMatch(/ends "op:plain" at "down_matmul" without saying so/)
  })

  test('is not deterministic', async () => {
    let calls = 0
    const found = await problems({
      ...honest,
      rewrite: (model, ctx) => scale(model, ctx.params.factor, calls++),
    })
    expect(found.join('\n')).toMatch(/two runs with the same seed gave different models/)
  })

  test('prints, looks at the clock and rolls dice', async () => {
    const found = await problems({
      ...honest,
      rewrite: (model, ctx) => {
        console.log('working')
        return scale(model, ctx.params.factor, (Date.now() + Math.random()) / 1e30)
      },
    })
    expect(found.join('\n')).toMatch(/console\.log\("working"\)/)
    expect(found.join('\n')).toMatch(/Date\.now\(\)/)
    expect(found.join('\n')).toMatch(/Math\.random\(\)/)
  })

  test('ignores a parameter', async () => {
    const found = await problems({ ...honest, rewrite: model => scale(model, 2) })
    expect(found.join('\n')).toMatch(/"factor" has no effect/)
  })

  test('ends worse than it promises', async () => {
    const found = await problems(honest, { ...cases, expect: { outputs: { sqnr: 30 }, size: 0.5 } })
    expect(found.join('\n')).toMatch(/SQNR of -?\d/)
    expect(found.join('\n')).toMatch(/expected at most 0.5/)
  })

  test('accepts what it should refuse, or refuses without the reason', async () => {
    const takesAll = await problems({ ...honest, groups: part => [{ sites: [{ part }], changes: true }] })
    expect(takesAll.join('\n')).toMatch(/part "model" was accepted/)
    const other = await problems({
      ...honest,
      groups: part => (part.role === 'main' ? groups(part) : refuse('no')),
    })
    expect(other.join('\n')).toMatch(/the reason "no" does not match/)
  })
})

test('a wrap that ignores its parameter is caught by what it lets through', async () => {
  const skip = defineAlgorithm({
    id: '@example/testing/skip',
    version: 1,
    summary: 'Skips every other call, whatever it is told.',
    contract: { needs: ['loop:denoise'] },
    params: { always: flag({ default: false, doc: 'Never skip.' }) },
    groups: part =>
      part.role === 'denoiser' ? [{ sites: [{ part }], needs: ['loop:denoise'] }] : refuse('is no denoiser'),
    wrap: ctx => () => ({ part: ctx.parts[0] ?? '', around: next => next }),
  })
  const found = await checkAlgorithm(
    skip,
    {
      accepts: { unet: tinyUnet },
      refuses: { mlp: { model: tinyMlp, reason: /no denoiser/ } },
      expect: { outputs: 'equal' },
    },
    runtime,
  )
  expect(found.map(({ problem }) => problem).join('\n')).toMatch(/"always" has no effect/)
})
