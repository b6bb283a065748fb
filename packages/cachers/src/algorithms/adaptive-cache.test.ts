import { modelOf, plan, smash, type Feeds } from '@damson/core'
import { onnx } from '@damson/graph'
import { halfOf } from '@damson/runtime'
import { describeAlgorithm, tinyEncoder, tinyUnet } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { oneThread, spy } from '../../test/denoising.ts'
import { promised } from '../../test/all-cachers.ts'
import { keepsSharedPromises } from '../../test/shared-promises.ts'
import { adaptiveCache } from './adaptive-cache.ts'
import { deepCache } from './deep-cache.ts'

describeAlgorithm(adaptiveCache, {
  accepts: { unet: tinyUnet },
  refuses: { 'a text encoder': { model: tinyEncoder, reason: /only a denoiser/ } },
  expect: { outputs: 'equal', size: 1 },
  // The latents of the suite's loop shrink by a constant factor, which is a bend of 0.03.
  params: { threshold: 0.1 },
})

describe('in a loop', () => {
  keepsSharedPromises(promised.adaptiveCache, [tinyUnet])
})

const runtime = oneThread()
afterAll(() => runtime.close())

/** Which calls reached the graph, for latents that are the given numbers everywhere, row by row. */
async function ran(
  rows: readonly (readonly number[])[],
  params: Parameters<typeof adaptiveCache>[0],
): Promise<string> {
  // prettier-ignore
  const seen: Feeds[] = []
  const live = await runtime.open(await smash(tinyUnet(), [adaptiveCache(params), spy(seen)]))
  const generation = live.generation()
  const letters: string[] = []
  for (const [step] of (rows[0] ?? []).entries()) {
    const data = Float32Array.from(
      { length: rows.length * 256 },
      (_, i) => rows[Math.floor(i / 256)]?.[step] ?? 0,
    )
    const before = seen.length
    await generation.run('model', { sample: { dtype: 'float32', shape: [rows.length, 4, 8, 8], data }, timestep: { dtype: 'int64', shape: [1], data: BigInt64Array.of(7n) } }, { step }) // prettier-ignore
    letters.push(seen.length > before ? 'F' : 'r')
  }
  await live.close()
  return letters.join('')
}

const line = Array.from({ length: 12 }, (_, step) => step)

test('an even path is reused after three differences, as often in a row as it may', async () => {
  expect(await ran([line], {})).toBe('FFFrrrrFrrrr')
  expect(await ran([line], { maxSkips: 1 })).toBe('FFFrFrFrFrFr')
  expect(await ran([line], { maxSkips: 0 })).toBe('FFFFFFFFFFFF')
  expect(await ran([line], { threshold: 0 })).toBe('FFFFFFFFFFFF')
  // Latents that stand still have no direction.
  expect(await ran([[1, 1, 1, 1, 1]], { threshold: 10 })).toBe('FFFFF')
})

test('the bend is half the third-order difference over the first, of the row where it is largest', async () => {
  // d = 2, 1, 1: |(2 + 1)/2 − 1| / 1 = 0.5
  expect(await ran([[0, 1, 2, 4]], { threshold: 0.5 })).toBe('FFFF')
  expect(await ran([[0, 1, 2, 4]], { threshold: 0.51 })).toBe('FFFr')
  expect(await ran([[0, 1, 2, 3], [0, 1, 2, 4]], { threshold: 0.4 })).toBe('FFFF') // prettier-ignore
  expect(await ran([[0, 1, 2, 3], [0, 1, 2, 4]], { threshold: 0.51 })).toBe('FFFr') // prettier-ignore
})

test('latents in half precision are read as numbers, not as bits', async () => {
  const graph = onnx`<ir_version: 8, opset_import: ["" : 17]>
    f (float16[n,4] sample, float16[n] timestep) => (float16[n,4] out) { out = Identity(sample) }`
  const seen: Feeds[] = []
  const live = await runtime.open(
    await smash(modelOf(graph, { role: 'denoiser' }), [adaptiveCache(), spy(seen)]),
  )
  const generation = live.generation()
  for (const step of line) {
    const half = (shape: readonly number[], value: number): Feeds[string] => ({ dtype: 'float16', shape, data: new Uint16Array(shape.reduce((a, b) => a * b)).fill(halfOf(value)) }) // prettier-ignore
    await generation.run('model', { sample: half([1, 4], step - 5.5), timestep: half([1], 0) }, { step })
  }
  await live.close()
  // FFFrrrrFrrrr: the path is even.
  expect(seen.map(({ sample }) => sample?.data[0])).toEqual([-5.5, -4.5, -3.5, 1.5].map(halfOf))
})

test('another cacher of the same nodes is a conflict', () => {
  expect(plan(tinyUnet(), [adaptiveCache(), deepCache()], { sizes: false }).conflicts).not.toEqual([])
})
