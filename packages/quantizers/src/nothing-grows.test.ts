// Every quantizer, weight by weight: what is coded makes the file smaller by itself, and what is not coded is named in a
// warning with the reason.
import { explain, plan, smash, type Model, type Sample, type Step } from '@damson/core'
import { graphToBytes, weights, type Weight } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { tinyModels } from '@damson/testing'
import { requireZoo } from '@damson/zoo'
import { afterAll, describe, expect, test } from 'vitest'
import { readModel } from '../test/read-model.ts'
import {
  autoBits, awq, bnb4, dynamicInt8, float8, gptq, half, hqq, llmInt8, scaleEstimation, weightOnly,
} from './index.ts' // prettier-ignore

const runtime = createRuntime()
afterAll(() => runtime.close())

type Recipe = (on: { readonly include?: readonly string[] }) => Step

const withoutSamples: Readonly<Record<string, Recipe>> = {
  'weightOnly in 4 bits': on => weightOnly({ convs: true }, on),
  'weightOnly in 2 bits, blocks of 16': on => weightOnly({ bits: 2, blockSize: 16 }, on),
  'weightOnly in 8 bits, qdq': on => weightOnly({ bits: 8, format: 'qdq', convs: true }, on),
  hqq: on => hqq({ iterations: 2 }, on),
  bnb4: on => bnb4({}, on),
  float8: on => float8({}, on),
  dynamicInt8: on => dynamicInt8({}, on),
}
const withSamples: Readonly<Record<string, Recipe>> = {
  gptq: on => gptq({}, on),
  awq: on => awq({ grid: 2 }, on),
  scaleEstimation: on => scaleEstimation({}, on),
  llmInt8: on => llmInt8({}, on),
  autoBits: on => autoBits({}, on),
}

const exported = ['fixtures/llama-tiny-ts/model.onnx', 'fixtures/resnet-tiny-ts/model.onnx']
const models: readonly (readonly [string, () => Promise<Model>])[] = [
  ...Object.entries(tinyModels).map(([name, make]) => [`tiny ${name}`, async () => make()] as const),
  ...exported.map(path => [path, () => readModel(requireZoo(path))] as const),
]

interface Made {
  readonly bytes: number
  /** True for a weight that a warning names. */
  readonly names: (id: string) => boolean
}

async function made(model: Model, step: Step): Promise<Made> {
  let said = ''
  const samples = (part: string): readonly Sample[] => [{ part, feeds: feedsFor(model.part(part).graph) }]
  const smashed = await smash(model, [step], {
    runtime,
    samples,
    onEvent: event => {
      if (event.type === 'warning' && event.code === 'left-alone')
        said += JSON.stringify(event.details?.['reasons'])
    },
  })
  const bytes = (await graphToBytes(smashed.part('model').graph)).length
  return { bytes, names: id => said.includes(JSON.stringify(id)) }
}

/** Float matrices and more that some node reads. */
const matrices = ({ graph }: { readonly graph: Parameters<typeof weights>[0] }): readonly Weight[] =>
  weights(graph).filter(
    ({ tensor, uses }) => tensor.dtype === 'float32' && tensor.shape.length > 1 && uses.length > 0,
  )

function claimedBy(model: Model, step: Step): ReadonlySet<string> {
  const { steps } = plan(model, [step], { sizes: false })
  return new Set(steps.flatMap(({ claims }) => claims.flatMap(claim => claim.weights)))
}

describe.each(models)('%s', (title, load) => {
  test.each(Object.entries(withoutSamples))('%s: each weight alone makes it smaller', async (_, recipe) => {
    const model = await load()
    const part = model.part('model')
    if (!explain(model, { algorithms: [recipe({}).algorithm] })[0]?.accepts) return
    const before = (await graphToBytes(part.graph)).length
    const all = recipe({})
    const { bytes, names } = await made(model, all)
    expect(bytes).toBeLessThan(before)
    const claimed = claimedBy(model, all)
    for (const { id, origins } of matrices(part)) {
      const coded = origins.some(origin => claimed.has(origin))
      expect(coded || names(id), `${id} is neither coded nor named`).toBe(true)
      if (coded) expect((await made(model, recipe({ include: [id] }))).bytes, id).toBeLessThan(before)
    }
  })

  test('steps that learn, and half: all of it is smaller, what is left is named', async () => {
    const model = await load()
    const part = model.part('model')
    const before = (await graphToBytes(part.graph)).length
    const recipes = exported.some(path => path === title) ? { gptq: withSamples['gptq'] } : withSamples
    for (const [name, recipe] of Object.entries(recipes)) {
      if (!recipe || !explain(model, { algorithms: [recipe({}).algorithm] })[0]?.accepts) continue
      const { bytes, names } = await made(model, recipe({}))
      expect(bytes, name).toBeLessThan(before)
      const claimed = claimedBy(model, recipe({}))
      const silent = matrices(part).filter(({ id, origins }) => !origins.some(each => claimed.has(each)) && !names(id))
      expect(silent.map(({ id }) => id), name).toEqual([])
    }
    if (!explain(model, { algorithms: [half] })[0]?.accepts) return
    for (const compute of ['half', 'float32'] as const)
      expect((await made(model, half({ guard: 'weights', compute }))).bytes, compute).toBeLessThan(before)
  }) // prettier-ignore
})
