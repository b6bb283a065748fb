import { describe, expect, test } from 'vitest'
import { gptq } from '../test/fake-algorithms.ts'
import { pipeline } from '../test/fake-models.ts'
import { failure, hooked, sample } from '../test/on-unet.ts'
import {
  smash,
  stepSeed,
  type FitContext,
  type Live,
  type Params,
  type Runtime,
  type Sample,
} from './index.ts'

const unet = { parts: ['unet'] }

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

async function first(samples: AsyncIterable<Sample>): Promise<void> {
  for await (const _ of samples) return
}
