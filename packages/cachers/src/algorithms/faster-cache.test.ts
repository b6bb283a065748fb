import { smash, type Feeds } from '@damson/core'
import { describeAlgorithm, tinyEncoder, tinyUnet } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { denoiserOfModel, furthest, oneThread, spy, zooModel } from '../../test/denoising.ts'
import { promised } from '../../test/all-cachers.ts'
import { guided } from '../../test/guided.ts'
import { keepsSharedPromises } from '../../test/shared-promises.ts'
import { tinyTransformer } from '../../test/tiny-transformer.ts'
import { lowFrequencies, planesOf } from '../guidance/low-frequencies.ts'
import { fasterCache } from './faster-cache.ts'

describeAlgorithm(fasterCache, {
  accepts: { transformer: tinyTransformer },
  refuses: {
    'a text encoder': { model: tinyEncoder, reason: /only a denoiser/ },
    'a U-Net without attention': { model: tinyUnet, reason: /no attention/ },
  },
  expect: { outputs: { sqnr: 100 } },
})

describe('attention', () => {
  keepsSharedPromises(promised.fasterCache, [tinyTransformer])
})

const runtime = oneThread()
afterAll(() => runtime.close())
const steps = 10

zooTest(
  'fixtures/flux-tiny',
  'the unconditional branch runs once in five steps from a third on, batched or not',
  async path => {
    const model = await zooModel(path)
    const part = denoiserOfModel(model)
    const seen: Feeds[] = []
    const live = await runtime.open(await smash(model, [fasterCache({ window: [0, 1] }), spy(seen)]))
    const rows = (): readonly (number | undefined)[] =>
      seen.splice(0).map(feeds => (feeds['sample'] ?? feeds['hidden_states'])?.shape[0])
    const batched = await guided(live, part, 'batched', steps)
    expect(rows()).toEqual([2, 2, 2, 2, 1, 1, 1, 1, 2, 1])
    const sequential = await guided(live, part, 'sequential', steps)
    expect(rows()).toEqual(Array.from({ length: 15 }, () => 1))
    expect(furthest(batched, sequential)).toBeLessThan(1e-5)
    const plain = await runtime.open(model)
    const wanted = await guided(plain, part, 'batched', steps)
    const equal = wanted.map((row, step) => furthest([row], [batched[step] ?? []]) < 1e-5)
    expect(equal).toEqual([true, true, true, true, false, false, false, false, true, false])
    await Promise.all([live.close(), plain.close()])
  },
)

zooTest(
  'fixtures/sd15-tiny-dynamo',
  'what a step derives is the conditional branch and the weighed residual',
  async () => {
    const model = await zooModel('fixtures/sd15-tiny-dynamo')
    const part = denoiserOfModel(model)
    // Attention always runs, so the conditional half is exact.
    const live = await runtime.open(await smash(model, [fasterCache({ window: [0, 1], interval: 1 })]))
    const plain = await runtime.open(model)
    const [got, wanted] = [
      await guided(live, part, 'batched', steps),
      await guided(plain, part, 'batched', steps),
    ]
    const half = (row: readonly number[], at: 0 | 1): readonly number[] =>
      row.slice((at * row.length) / 2, ((at + 1) * row.length) / 2)
    const first = wanted[3] ?? []
    const residual = half(first, 0).map((number, i) => number - (half(first, 1)[i] ?? 0))
    const planes = planesOf([1, 4, 16, 16])
    const low = planes ? lowFrequencies(residual, planes) : []
    // Step 4 of 10 is the first that derives, with the residual of step 3 and more of its low frequencies.
    const made = half(wanted[4] ?? [], 1).map(
      (number, i) => number + (residual[i] ?? 0) + 0.1 * (low[i] ?? 0),
    )
    expect(furthest([half(got[4] ?? [], 0)], [made])).toBeLessThan(1e-5)
    expect(furthest([half(got[4] ?? [], 1)], [half(wanted[4] ?? [], 1)])).toBeLessThan(1e-5)
    await Promise.all([live.close(), plain.close()])
  },
)

test('low frequencies are those inside the circle', () => {
  const planes = planesOf([1, 1, 10, 15])
  if (!planes) throw new Error('expected planes')
  const wave = (u: number, v: number): number[] =>
    Array.from({ length: 150 }, (_, i) =>
      Math.cos(2 * Math.PI * ((u * (i % 15)) / 15 + (v * Math.floor(i / 15)) / 10) + 0.3),
    )
  // The radius is 10/5 = 2.
  for (const [u, v, isLow] of [
    [0, 0, true],
    [2, 0, true],
    [0, -2, true],
    [1, 1, true],
    [-1, 1, true],
    [2, 1, false],
    [0, 5, false],
    [3, 0, false],
  ] as const) {
    const numbers = wave(u, v)
    const low = lowFrequencies(numbers, planes)
    numbers.forEach((number, i) => expect(low[i]).toBeCloseTo(isLow ? number : 0, 9))
  }
  // Tokens: the channels are planes of their own.
  const tokens = planesOf([2, 150, 3], [10, 15])
  const packed = Array.from({ length: 900 }, (_, i) =>
    i % 3 === 1 ? (wave(1, 0)[Math.floor(i / 3) % 150] ?? 0) : 0,
  )
  expect(tokens?.count).toBe(6)
  const kept = tokens ? lowFrequencies(packed, tokens) : []
  packed.forEach((number, i) => expect(kept[i]).toBeCloseTo(number, 9))
  expect(planesOf([1, 12, 4])).toBeUndefined()
})
