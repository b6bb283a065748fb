import { describe, expect, test } from 'vitest'
import { hqq, weightOnly } from '../test/fake-algorithms.ts'
import { defineAlgorithm, formatRecipe, int, parseRecipe, recipeSchema } from './index.ts'

const algorithms = [hqq, weightOnly]
const grown = defineAlgorithm({
  id: '@test/grown', version: 3, summary: 'Was called otherwise before.', contract: {}, groups: () => [],
  params: { bits: int({ min: 1, max: 8, default: 4, doc: 'bits' }) },
  upgrade: (old, from) => ({ params: from === 1 ? { bits: old.params['width'] } : old.params }),
}) // prettier-ignore

test('a recipe is resolved: full ids, versions, every parameter', () => {
  const steps = parseRecipe(
    '{"version":1,"steps":[{"use":"hqq","params":{"bits":8},"on":{"parts":["unet"]}},{"use":"weight-only","on":"rest"}]}',
    algorithms,
  )
  expect(formatRecipe(steps)).toEqual({
    version: 1,
    steps: [
      {
        use: '@test/quantizers/hqq',
        version: 1,
        params: { bits: 8, blockSize: 64 },
        on: { parts: ['unet'] },
      },
      { use: '@test/quantizers/weight-only', version: 1, params: { bits: 4 }, on: 'rest' },
    ],
  })
  expect(formatRecipe(parseRecipe(formatRecipe(steps), algorithms))).toEqual(formatRecipe(steps))
})

describe('what is not understood is an error', () => {
  test.each([
    ['[]', /expected \{ "version": 1/],
    ['{"steps":[]}', /expected version 1, got undefined/],
    ['{"version":2,"steps":[]}', /a newer damson wrote it/],
    ['{"version":1,"steps":{}}', /to be a list/],
    ['{"version":1,"steps":[],"seed":1}', /unknown key "seed"/],
    ['{"version":1,"steps":[{"use":"hqq","place":{}}]}', /unknown key "place"/],
    ['{"version":1,"steps":[{"use":"hqq","params":[]}]}', /"params" .*to be an object/],
    ['{"version":1,"steps":[{"use":"hqq","on":{"part":"unet"}}]}', /the key "part"/],
    ['{"version":1,"steps":[{"use":"hqq","params":{"bits":3}}]}', /"bits" expects one of 2, 4, 8, got 3/],
    ['{"version":1,"steps":[{"use":"hqq","version":2}]}', /version 2 of @test\/quantizers\/hqq, installed is version 1\. Update/],
    ['{"version":1,"steps":[{"use":"hqq","version":0}]}', /expected a version/],
    ['{"version":1', /Expected a recipe as JSON/],
  ])('%s', (recipe, message) => expect(() => parseRecipe(recipe, algorithms)).toThrow(message)) // prettier-ignore
})

test('an older version goes through upgrade', () => {
  const read = (version: number, params: object) =>
    parseRecipe({ version: 1, steps: [{ use: 'grown', version, params }] }, [grown])
  expect(read(1, { width: 2 })[0]?.params).toEqual({ bits: 2 })
  expect(read(2, { bits: 3 })[0]?.params).toEqual({ bits: 3 })
})

test('JSON Schema: what users may write, with docs and defaults', () => {
  const schema = recipeSchema(algorithms)
  expect(schema).toMatchObject({ properties: { version: { const: 1 } }, additionalProperties: false })
  const [first] = Object(schema['properties']).steps.items.oneOf
  expect(first).toEqual({
    description: 'Codes the weights of MatMul.',
    type: 'object',
    required: ['use'],
    additionalProperties: false,
    properties: {
      use: { enum: ['@test/quantizers/hqq', 'quantizers/hqq', 'hqq'] },
      version: { type: 'integer', minimum: 1, maximum: 1 },
      params: {
        type: 'object',
        additionalProperties: false,
        properties: {
          bits: { description: 'bits a weight', default: 4, enum: [2, 4, 8] },
          blockSize: {
            description: 'weights a scale',
            default: 64,
            type: 'integer',
            minimum: 16,
            maximum: 256,
          },
        },
      },
      on: { anyOf: [{ const: 'rest' }, { $ref: '#/$defs/place' }] },
    },
  })
})
