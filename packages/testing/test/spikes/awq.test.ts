// AWQ as a spike: what it codes, what it touches beyond its place, and who has to wait for whom.
import { load, plan, smash, type Model, type Sample } from '@damson/core'
import { weights } from '@damson/graph'

import { createRuntime, feedsFor, sqnr } from '@damson/runtime'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect } from 'vitest'
import { expectSameOutputs, runOnce } from '../../src/same-outputs.ts'
import { decoded, floats, nearest, outputError } from './nearest.ts'
import { awq, foldsOf, scaledRows, type Fold } from './awq.ts'

// ── What it proves ────────────────────────────────────────────────────────────────────────────────────────────────────

const runtime = createRuntime()
afterAll(() => runtime.close())

const dims = { batch_size: 2, sequence_length: 12, past_sequence_length: 4 }
const sampled = (model: Model, seeds: readonly number[]): readonly Sample[] =>
  seeds.map(seed => ({ part: 'model', feeds: feedsFor(model.part('model').graph, { dims, seed }) }))
const at = (...include: string[]) => ({ include })

describe.each(['fixtures/llama-tiny-ts/model.onnx', 'fixtures/llama-tiny-dynamo/model.onnx'])(
  '%s',
  fixture => {
    zooTest(fixture, 'scaling alone changes the norms and the matrices, and no output', async file => {
      const model = await load(file)
      const samples = sampled(model, [1, 2])
      const made = await smash(model, [awq({ code: false })], { samples, runtime })
      const before = foldsOf(model.part('model'))
      const after = new Map(weights(made.part('model').graph).map(each => [each.name, each]))
      // Two layers with a norm before attention and one before the perceptron, and the norm before the head.
      expect(before).toHaveLength(5)
      for (const { gain, readers } of before) {
        for (const { name, tensor, origins } of [gain, ...readers]) {
          expect(after.get(name)?.tensor.key).not.toBe(tensor.key)
          expect(after.get(name)?.origins).toEqual(origins)
        }
      }
      const [sample] = sampled(model, [9])
      await expectSameOutputs(runtime, made, model, { feeds: sample?.feeds ?? {}, atol: 2e-5, rtol: 1e-5 })
    })

    zooTest(fixture, 'coded after scaling is closer than coded as it was', async file => {
      const model = await load(file)
      const samples = sampled(model, [1, 2, 3])
      const place = at(...['q', 'k', 'v', 'gate', 'up'].map(name => `*${name}_proj*`))
      const made = await smash(model, [awq({}, place)], { samples, runtime })
      const rounded = await smash(model, [nearest({}, place)])
      expect(codedNames(made)).toEqual(codedNames(rounded))
      expect(codedNames(made)).toHaveLength(10)
      const folds = foldsOf(model.part('model')).slice(0, 4)
      const grams = await gramsOf(model, folds.map(({ value }) => value), samples) // prettier-ignore
      const ratios = await Promise.all(folds.map(async fold => {
      const gram = grams.get(fold.value)?.gram ?? new Float64Array()
      const [ours, theirs] = [await foldError(fold, made, gram), await foldError(fold, rounded, gram)]
      return ours / theirs
    })) // prettier-ignore
      // No scale at all (α = 0) is among those tried, so no fold gets worse; float32 rounds a little.
      for (const ratio of ratios) expect(ratio).toBeLessThan(1.001)
      expect(Math.min(...ratios)).toBeLessThan(0.98)
    })

    zooTest(
      fixture,
      'on one matrix it leaves its neighbours to others, and goes before whoever codes those',
      async file => {
        const model = await load(file)
        const [q, k] = [at('*layers.0*q_proj*'), at('*layers.0*k_proj*')]
        const steps = [nearest({}, k), awq({}, q)]
        const planned = plan(model, steps)
        expect(planned.conflicts).toEqual([])
        expect(planned.steps.map(({ id }) => id)).toEqual([
          '@test/quantizers/awq',
          '@test/quantizers/nearest',
        ])
        expect(planned.edges.map(({ because }) => because).join()).toMatch(
          /nearest takes weight:float, which .*awq needs/,
        )
        const made = await smash(model, steps, { samples: sampled(model, [1]), runtime })
        const [fold] = foldsOf(model.part('model'))
        const [query, key, value] = fold?.readers ?? []
        expect(codedNames(made)).toEqual([query?.name, key?.name])
        const { initializers } = made.part('model').graph
        expect(initializers.get(`${query?.name}_Q4`)?.origins).toEqual(query?.origins)
        expect(initializers.get(value?.name ?? '')?.tensor.key).not.toBe(value?.tensor.key)
        const [sample] = sampled(model, [9])
        const want = await runOnce(runtime, model, sample?.feeds ?? {})
        expect(sqnr(await runOnce(runtime, made, sample?.feeds ?? {}), want)).toBeGreaterThan(10)
      },
    )

    zooTest(fixture, 'two that code one matrix are a conflict that names both and a way out', async file => {
      const model = await load(file)
      const [conflict, ...others] = plan(model, [
        nearest({}, at('*q_proj*')),
        awq({}, at('*q_proj*')),
      ]).conflicts
      expect(others).toEqual([])
      expect(conflict).toMatchObject({ code: 'conflict', part: 'model' })
      expect(conflict?.steps.toSorted()).toEqual(['@test/quantizers/awq', '@test/quantizers/nearest'])
      expect(plan(model, conflict?.suggestion?.steps ?? []).conflicts).toEqual([])
    })
  },
)

function codedNames(model: Model): readonly string[] {
  const { nodes } = model.part('model').graph
  return nodes
    .filter(({ op }) => op === 'MatMulNBits')
    .map(({ inputs }) => (inputs[1] ?? '').replace(/_Q4$/, ''))
}

function gramsOf(model: Model, values: readonly string[], samples: readonly Sample[]) {
  const feeds = { async *[Symbol.asyncIterator]() { for (const sample of samples) yield sample.feeds } } // prettier-ignore
  return runtime.statistics(model.part('model').graph, values.map(value => ({ value, kind: 'gram' })), feeds) // prettier-ignore
}

/** ‖X(W − Ŵ/s)‖² over the matrices of a fold, with s read off the gain that the model has now. */
async function foldError({ gain, readers }: Fold, model: Model, gram: Float64Array): Promise<number> {
  const now = model.part('model').graph.initializers.get(gain.name)
  const [before, after] = [await floats(gain.tensor), now ? await floats(now.tensor) : new Float64Array()]
  const inverse = after.map((g, k) => g / (before[k] ?? 1))
  const coded = await decoded(model, readers, 32)
  let total = 0
  for (const { name, tensor } of readers) {
    const back = scaledRows(coded.get(name) ?? new Float32Array(), inverse)
    total += outputError(await floats(tensor), back, gram, tensor.shape)
  }
  return total
}
