import { smash, type Feeds, type Model, type Sample } from '@damson/core'
import { describeAlgorithm, tinyEncoder, tinyUnet } from '@damson/testing'
import { afterAll, expect, test } from 'vitest'
import { denoised, denoiserOfModel, feedsAt, oneThread, runLoop, spy } from '../../test/denoising.ts' // prettier-ignore
import { promised } from '../../test/all-cachers.ts'
import { keepsSharedPromises } from '../../test/shared-promises.ts'
import { tinyTransformer } from '../../test/tiny-transformer.ts'
import { teaCache } from './tea-cache.ts'
import { textKv } from './text-kv.ts'

describeAlgorithm(teaCache, {
  accepts: { transformer: tinyTransformer },
  refuses: {
    'a text encoder': { model: tinyEncoder, reason: /only a denoiser/ },
    'a U-Net': { model: tinyUnet, reason: /U-Net.*stand apart/ },
  },
  expect: { outputs: { sqnr: 100 } },
  inert: { threshold: 'what it changes lies in the graph, which these calls do not reach' },
  samples: async model => recorded(model, 3),
})

const runtime = oneThread()
afterAll(() => runtime.close())

keepsSharedPromises(promised.teaCache, [tinyTransformer])

/** Samples as a recorded run brings them. */
function recorded(model: Model, steps: number): readonly Sample[] {
  const part = denoiserOfModel(model)
  return Array.from({ length: steps }, (_, step) => ({
    part: part.name,
    feeds: feedsAt(part, { steps, drift: 0.02 + 0.01 * step }, step),
    run: { id: 1, step, branch: 'both' },
  }))
}

test('sums changes up, runs when they reach the threshold and begins anew', async () => {
  const model = tinyTransformer()
  const part = denoiserOfModel(model)
  const loop = { steps: 8, drift: 0.02, still: true } as const
  const ran = async (threshold: number): Promise<string> => {
    const seen: Feeds[] = []
    const live = await runtime.open(await smash(model, [teaCache({ threshold }), textKv(), spy(seen)]))
    const rows = await runLoop(live, part, loop)
    await live.close()
    const plain = await denoised(runtime, model, [], loop, 'all')
    return rows.map((row, step) => (row.every((x, i) => Math.abs(x - (plain[step]?.[i] ?? NaN)) < 1e-4) ? 'F' : 'r')).join('') // prettier-ignore
  }
  // The last step always runs.
  expect(await ran(1e-9)).toBe('FFFFFFFF')
  expect(await ran(100)).toBe('FrrrrrrF')
  const some = await ran(0.06)
  expect(some).toMatch(/^Fr+F.*F$/)
  expect(some).not.toBe('FrrrrrrF')
})

test('learns from recorded runs how the output follows', async () => {
  const model = tinyTransformer()
  const fitted = await smash(model, [teaCache()], { runtime, samples: recorded(model, 9) })
  const part = denoiserOfModel(model).name
  const plain = await smash(model, [teaCache()], { runtime })
  // The polynomial stands in the test: four products and four sums.
  const products = (of: Model): number => {
    const value = of
      .part(part)
      .graph.nodes.find(node => node.name.startsWith('input_test'))
      ?.attributes.get('else_branch')
    return value?.type === 'graph' ? value.value.nodes.filter(node => node.op === 'Mul').length : NaN
  }
  expect([products(plain), products(fitted)]).toEqual([0, 4])
  const live = await runtime.open(fitted)
  const rows = await runLoop(live, denoiserOfModel(model), { steps: 4 })
  expect(rows.flat().every(Number.isFinite)).toBe(true)
  await live.close()
})
