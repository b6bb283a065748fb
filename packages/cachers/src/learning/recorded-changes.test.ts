import { defineAlgorithm, modelOf, smash, type Sample } from '@damson/core'
import { onnx } from '@damson/graph'
import { createRuntime, halfOf } from '@damson/runtime'
import { afterAll, expect, test } from 'vitest'
import { recordedChanges } from './recorded-changes.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

/** The changes of `h` and of the output that are recorded for latents that are the given numbers everywhere. */
async function changesOf(numbers: readonly number[]): Promise<readonly (readonly [number, number])[]> {
  const graph = onnx`<ir_version: 8, opset_import: ["" : 17]>
    f (float16[n,4] sample) => (float16[n,4] out) { h = Identity(sample) out = Identity(h) }`
  const samples = numbers.map((number, step): Sample => {
    const data = new Uint16Array(4).fill(halfOf(number))
    const feeds = { sample: { dtype: 'float16', shape: [1, 4], data } } as const
    return { part: 'model', feeds, run: { id: 1, step, branch: 'both' } }
  })
  const found: (readonly [number, number])[] = []
  const fitted = defineAlgorithm({
    id: '@test/cachers/fitted',
    version: 1,
    summary: 'Reads changes off recorded runs.',
    contract: {},
    params: {},
    groups: part => [{ sites: [{ part }] }],
    fit: async ctx => {
      found.push(...(await recordedChanges(ctx, 'model', 'h')))
      return {}
    },
    rewrite: model => model,
  })
  await smash(modelOf(graph, { role: 'denoiser' }), [fitted()], { runtime, samples })
  return found
}

test('in half precision changes are those of the numbers, not of their bits', async () => {
  expect(await changesOf([1, 2, -1])).toEqual([
    [1, 1],
    [1.5, 1.5],
  ])
})
