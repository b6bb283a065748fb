// Every pair of algorithms that exist, planned over three architectures: on one part, on two parts, on disjoint nodes of one
// part. Each ends in a plan, or in a refusal that is complete: both steps, the fact, some nodes, and what to do instead.
import {
  explain,
  load,
  parseStep,
  plan,
  type AnyAlgorithm,
  type Model,
  type Place,
  type Plan,
  type Step,
} from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { caseNames, coveringSample, pairCases, PairPricer } from '@damson/testing/check'
import { requireZoo } from '@damson/zoo'
import { afterAll, describe, expect, test } from 'vitest'
import { algorithms } from '../src/families.ts'
import { pairGrounds } from './pair-grounds.ts'

const architectures = {
  'a U-Net': { path: 'fixtures/sd15-tiny-ts', part: 'unet', other: 'text_encoder', head: '/down_blocks*' },
  'a decoder with a cache': {
    path: 'fixtures/llama-tiny-ts',
    part: 'model',
    other: undefined,
    head: '/model/layers.0*',
  },
  'a convolutional net': {
    path: 'fixtures/resnet-tiny-ts',
    part: 'model',
    other: undefined,
    head: '/resnet/encoder/stages.0*',
  },
} as const

/** Two steps for every two algorithms, each step made once: what its algorithm says of the place is asked for once too. */
function pairsOf(
  first: { readonly among: ReadonlySet<AnyAlgorithm>; readonly on: Place },
  second: { readonly among: ReadonlySet<AnyAlgorithm>; readonly on: Place },
): readonly (readonly [Step, Step])[] {
  const [firsts, seconds] = [first, second].map(({ on }) =>
    algorithms.map(({ id }): Step => ({ ...parseStep(id, algorithms), on })),
  )
  return (firsts ?? []).flatMap((one, at) =>
    (seconds ?? [])
      .slice(at)
      .filter(two => first.among.has(one.algorithm) && second.among.has(two.algorithm))
      .map(two => [one, two] as const),
  )
}

const idsOf = (steps: readonly Step[]): string => steps.map(({ algorithm }) => algorithm.id).join(' ')

/** Algorithms that take a part, each alone. */
function accepting(model: Model, part: string): ReadonlySet<AnyAlgorithm> {
  const found = explain(model, { algorithms })
  return new Set(
    algorithms.filter(({ id }) =>
      found.some(each => each.algorithm === id && each.part === part && each.accepts),
    ),
  )
}

function expectWhole({ steps, conflicts }: Plan, wanted: readonly Step[]): void {
  if (conflicts.length === 0) {
    expect(steps).toHaveLength(wanted.length)
    return
  }
  for (const conflict of conflicts) {
    expect(conflict.message.length).toBeGreaterThan(20)
    expect(conflict.steps.length).toBeGreaterThan(0)
    if (conflict.fact === undefined) continue
    expect(conflict.steps).toHaveLength(2)
    expect(conflict.message).toContain(conflict.fact)
    expect(conflict.nodes.length).toBeGreaterThan(0)
  }
}

/**
 * Few enough for CI: every algorithm in every placement and on every architecture where it goes together with some other.
 * `pnpm bench pairs` runs all of them.
 */
describe('a covering sample is run', async () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())
  const planned = pairCases(await pairGrounds(), algorithms).filter(
    pair => plan(pair.ground.model, pair.steps, { sizes: false }).conflicts.length === 0,
  )
  const ids = new Set(algorithms.map(({ id }) => id))
  const covered = coveringSample(planned.map(caseNames), (a, b) => !ids.has(a) || !ids.has(b))
  const sample = covered.flatMap(at => planned[at] ?? [])
  // Codes inside a branch: without `withSettledBodies` ONNX Runtime refuses the first and ends the process at the second.
  const branches = planned.filter(
    ({ steps: [cacher, quantizer], ground, placement }) =>
      ['cachers/deep-cache', 'cachers/fora'].some(name => cacher.algorithm.id.endsWith(name)) &&
      quantizer.algorithm.id.endsWith('quantizers/static-int8') &&
      `${ground.name}, ${placement}` === 'U-Net, one part',
  )
  const pricer = new PairPricer(runtime)

  test.each([...sample, ...branches].map(pair => [caseNames(pair).join(', '), pair] as const))(
    'within twice the noise of the two alone: %s',
    async (_, pair) => {
      const { plan: made, prices = [] } = await pricer.price(pair)
      expect(made.conflicts).toEqual([])
      expect(prices.length).toBeGreaterThan(0)
      expect(prices.filter(({ share }) => share > 1)).toEqual([])
    },
  )

  test('every algorithm that works anywhere is in it, in every placement', () => {
    const placed = (cases: typeof planned): ReadonlySet<string> =>
      new Set(
        cases.flatMap(({ steps, placement }) => steps.map(({ algorithm }) => `${algorithm.id} ${placement}`)),
      )
    expect(placed(sample)).toEqual(placed(planned))
    expect(sample.length).toBeLessThan(planned.length / 5)
    expect(branches).toHaveLength(2)
  })
})

describe.each(Object.entries(architectures))('every pair on %s', async (_, { path, part, other, head }) => {
  const model = await load(requireZoo(path))
  const able = accepting(model, part)

  test('there is something to pair', () => {
    expect(able.size).toBeGreaterThan(2)
  })

  test('on one part', () => {
    const here = { among: able, on: { parts: [part] } }
    for (const steps of pairsOf(here, here)) {
      const made = plan(model, steps, { sizes: false })
      expectWhole(made, steps)
      // The planner sees a set: the other order gives the same answer.
      const turned = plan(model, steps.toReversed(), { sizes: false })
      expect(turned.conflicts.length === 0, idsOf(steps)).toBe(made.conflicts.length === 0)
    }
  })

  test('on two parts they never stand against each other', () => {
    if (other === undefined) return
    const there = { among: accepting(model, other), on: { parts: [other] } }
    for (const steps of pairsOf({ among: able, on: { parts: [part] } }, there))
      expect(plan(model, steps, { sizes: false }).conflicts, idsOf(steps)).toEqual([])
  })

  test('on disjoint nodes of one part two quantizers of weights compose', () => {
    const among = new Set([...able].filter(takesWeights))
    const inHead = { among, on: { parts: [part], include: [head] } }
    const outside = { among, on: { parts: [part], exclude: [head] } }
    for (const steps of pairsOf(inHead, outside)) {
      const made = plan(model, steps, { sizes: false })
      const clashes = made.conflicts.filter(({ fact }) => fact?.startsWith('weight:'))
      expect(clashes, idsOf(steps)).toEqual([])
    }
  })
})

/** True for algorithms that only code weights: halves that share no weight leave each other alone. */
function takesWeights({ contract }: AnyAlgorithm): boolean {
  return contract.takes?.includes('weight:float') === true && contract.changes !== true
}
