import { weights } from '@damson/graph'
import { expect, test } from 'vitest'
import { pipeline } from '../test/fake-models.ts'
import { defineAlgorithm } from './define.ts'
import { plan } from './plan.ts'
import type { Place } from './algorithm.ts'

/** A step whose algorithm counts how often it is asked. */
function counting(on: Place | 'rest') {
  const asked: string[] = []
  const algorithm = defineAlgorithm({
    id: '@test/counting',
    version: 1,
    summary: 'Counts.',
    contract: {},
    params: {},
    groups: part => {
      asked.push(part.name)
      return weights(part.graph).map(weight => ({ sites: [{ weight }] }))
    },
  })
  return { asked, step: algorithm({}, on) }
}

test('an algorithm is asked once for the same step and part, and again for anything else', () => {
  const { asked, step } = counting({ parts: ['unet'] })
  const model = pipeline()
  const first = plan(model, [step])
  expect(plan(model, [step])).toEqual(first)
  expect(asked).toEqual(['unet'])
  plan(model, [step], { target: 'wasm' })
  plan(model, [step], { seed: 1 })
  plan(model, [{ ...step }])
  plan(pipeline(), [step])
  expect(asked).toHaveLength(5)
})

test('a pattern that matches nothing is said again', () => {
  const { step } = counting({ parts: ['unet'], include: ['*nowhere*'] })
  const model = pipeline()
  const { conflicts } = plan(model, [step])
  expect(conflicts.map(({ code }) => code)).toContain('no-match')
  expect(plan(model, [step]).conflicts).toEqual(conflicts)
})

test('what works on the rest is asked each time: the rest hangs on the other steps', () => {
  const { asked, step } = counting('rest')
  const model = pipeline()
  plan(model, [step])
  const once = asked.length
  plan(model, [step])
  expect(asked).toHaveLength(2 * once)
})
