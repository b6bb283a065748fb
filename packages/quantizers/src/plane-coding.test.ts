import { bits as bitBudget, modelOf, smash } from '@damson/core'
import { memoryTensor, onnx, weights } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { runOnce, seededNormal, sqnr } from '@damson/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { autoBits } from './algorithms/auto-bits.ts'
import { evenBlock, planeBytes, planeValues, type PlaneBits, type PlaneSpec } from './plane-coding.ts'

const widths = [2, 3, 4, 5, 6, 8] as const satisfies readonly PlaneBits[]
const [K, N] = [45, 48]
const weight = memoryTensor('float32', [N, 5, 3, 3], seededNormal(3, K * N, 0.1))
const specOf = (bits: PlaneBits, symmetric: boolean): PlaneSpec => ({
  K,
  N,
  layout: 'NK',
  bits,
  blockSize: evenBlock(K, 16),
  symmetric,
})

/** A convolution with the weight, and the same with other numbers in it. */
const conv = (w = weight) =>
  modelOf(onnx`
    <ir_version: 8, opset_import: ["" : 17]> conv (float[n,5,8,8] x) => (float[n,48,6,6] y) <float[48,5,3,3] w = ${w}> { y = Conv(x, w) }`)

describe('codes of any width', () => {
  const runtime = createRuntime()
  afterAll(() => runtime.close())

  test('blocks divide the row, and are as near to what was asked for as they can be', () => {
    expect([
      evenBlock(45, 16),
      evenBlock(9, 32),
      evenBlock(576, 32),
      evenBlock(7, 2),
      evenBlock(1, 16),
    ]).toEqual([15, 9, 32, 1, 1])
  })

  test.each(widths.flatMap(bits => [true, false].map(symmetric => ({ bits, symmetric }))))(
    'what a session decodes is what was meant: %o',
    async ({ bits, symmetric }) => {
      const spec = specOf(bits, symmetric)
      const choice = `${bits}/16${symmetric ? '/symmetric' : ''}`
      const step = autoBits({ choices: [choice], budget: bitBudget(32), convs: true, solver: 'mse' })
      const coded = await smash(conv(), [step])
      const feeds = feedsFor(conv().part('model').graph, { seed: 1 })
      const meant = conv(memoryTensor('float32', [N, 5, 3, 3], await planeValues(weight, spec)))
      const [got, want] = [
        await runOnce(runtime, coded, feeds, 'model'),
        await runOnce(runtime, meant, feeds, 'model'),
      ]
      expect(sqnr(got, want)).toBeGreaterThan(110)
      const size = weights(coded.part('model').graph)
        .filter(({ name }) => name.startsWith('w_'))
        .reduce((sum, { tensor }) => sum + tensor.byteLength, 0)
      expect(size).toBe(planeBytes(spec))
    },
  )

  test('each bit more is worth about 6 dB, and no zero points cost a little', async () => {
    const decibels = async (bits: PlaneBits, symmetric: boolean): Promise<number> => {
      const values = new Float32Array((await weight.read()).slice().buffer)
      const made = await planeValues(weight, specOf(bits, symmetric))
      const noise = values.reduce((sum, value, at) => sum + (value - (made[at] ?? 0)) ** 2, 0)
      return -10 * Math.log10(noise / values.reduce((sum, value) => sum + value * value, 0))
    }
    const each = await Promise.all(widths.map(bits => decibels(bits, false)))
    for (const [at, bits] of widths.entries()) {
      if (at === 0) continue
      const step = ((each[at] ?? 0) - (each[at - 1] ?? 0)) / (bits - (widths[at - 1] ?? 0))
      expect(step).toBeGreaterThan(4.5)
      expect(step).toBeLessThan(8.5)
      expect(await decibels(bits, true)).toBeLessThan((each[at] ?? 0) + 0.5)
    }
  })
})
