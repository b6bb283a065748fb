import { defineAlgorithm, type AnyAlgorithm, type Model } from '@damson/core'
import { Draft, memoryTensor, residentArray, weights, type Weight } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { afterAll, expect, test } from 'vitest'
import { tinyMlp } from '../tiny-models.ts'
import { pairCases, type PairGround } from './pair-cases.ts'
import { PairPricer } from './pair-prices.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const mlp = tinyMlp()
const ground: PairGround = {
  name: 'mlp',
  model: mlp.with({ parts: new Map([...mlp.parts, ['twin', { ...mlp.part('model'), name: 'twin' }]]) }),
  part: 'model',
  other: 'twin',
  head: 'up_*',
  feeds: (part, seed) => [feedsFor(mlp.part(part === 'twin' ? 'model' : part).graph, { seed })],
}

const found = ({ weights: all }: { weights: readonly Weight[] }, name: string): Weight | undefined =>
  all.find(each => each.name === name)

/** Multiplies one weight, by a factor that may depend on the model that it is given. */
function scaling(id: string, name: string, factor: (model: Model, part: string) => number): AnyAlgorithm {
  return defineAlgorithm({
    id: `@test/${id}`, version: 1, summary: 'Scales a weight.', params: {}, contract: { changes: true },
    groups: part => {
      const weight = found({ weights: weights(part.graph) }, name)
      return weight ? [{ sites: [{ weight }, ...weight.uses.map(({ node }) => ({ node }))], changes: true }] : []
    },
    rewrite: (model, ctx) =>
      ctx.parts.reduce((made, part) => {
        const { graph } = made.part(part)
        const weight = found({ weights: weights(graph) }, name)
        if (!weight) return made
        const by = factor(made, part)
        const before = residentArray(weight.tensor)
        if (!(before instanceof Float32Array)) throw new Error('Expected fp32.')
        const numbers = before.map(x => x * by)
        const draft = new Draft(graph)
        draft.setInitializer(name, memoryTensor('float32', weight.tensor.shape, numbers), { origins: weight.origins })
        return made.withGraph(part, graph.with({ initializers: draft.finish().initializers }))
      }, model),
  }).algorithm
} // prettier-ignore

const first = (model: Model, part: string): number => {
  const weight = found({ weights: weights(model.part(part).graph) }, 'up')
  return weight ? Number(residentArray(weight.tensor)?.[0]) : Number.NaN
}
const honest = scaling('honest', 'up', () => 1.01)
const other = scaling('other', 'down', () => 0.98)
/** Takes what the first step left for something else than it is. */
const spoiling = scaling('spoiling', 'down', (model, part) =>
  first(model, part) === first(ground.model, part) ? 0.98 : 0.5,
)
const taking: AnyAlgorithm = { ...honest, id: '@test/taking', contract: { needs: ['op:plain'], takes: ['op:plain'] },
  groups: part => [{ sites: part.graph.nodes.map(node => ({ node })), needs: ['op:plain'], takes: ['op:plain'] }] } // prettier-ignore

async function worst(a: AnyAlgorithm, b: AnyAlgorithm, placement: string): Promise<number | 'refused'> {
  const pair = pairCases([ground], [a, b]).find(
    each => each.steps[0].algorithm === a && each.steps[1].algorithm === b && each.placement === placement,
  )
  if (!pair) throw new Error('Expected the pair among the cases.')
  const { prices } = await new PairPricer(runtime).price(pair)
  return prices ? Math.max(...prices.map(({ share }) => share)) : 'refused'
}

test('errors that add up stay within the bound, wherever the two stand', async () => {
  for (const placement of ['one part', 'disjoint parts', 'disjoint nodes']) {
    const share = await worst(honest, other, placement)
    expect(share, placement).toBeGreaterThan(0)
    expect(share, placement).toBeLessThan(1)
  }
})

test('a step that spoils what the other left is beyond it', async () => {
  expect(await worst(honest, spoiling, 'one part')).toBeGreaterThan(1)
  // Apart, there is nothing to spoil.
  expect(await worst(honest, spoiling, 'disjoint parts')).toBeLessThan(1)
})

test('a pair in conflict has no price, but the plan that says why', async () => {
  const again: AnyAlgorithm = { ...taking, id: '@test/again' }
  expect(await worst(taking, again, 'one part')).toBe('refused')
})
