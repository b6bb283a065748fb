// Random recipes over everything the planner knows: each ends in a plan whose needs all hold, or in conflicts that name
// their steps, say why, and carry a recipe that works.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { awq, cacher, fuse, gptq, half, hotLora, hqq, mergeLora, periodic, portable, staticInt8, weightOnly } from '../test/fake-algorithms.ts' // prettier-ignore
import { pipeline } from '../test/fake-models.ts'
import {
  makeStep,
  plan,
  planJson,
  smash,
  type Place,
  type Plan,
  type PlanOptions,
  type Step,
} from './index.ts'

const model = pipeline()
const algorithms = [
  awq,
  cacher,
  fuse,
  gptq,
  half,
  hotLora,
  hqq,
  mergeLora,
  periodic,
  portable,
  staticInt8,
  weightOnly,
]
const globs = fc.array(
  fc.constantFrom('/down*', '/up*', '*to_q*', 'op:MatMul', 'op:Add', 'q0.weight', '*nothing*'),
  { minLength: 1, maxLength: 2 },
)
const place: fc.Arbitrary<Place | 'rest' | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant('rest' as const),
  fc.record(
    { parts: fc.subarray(['unet', 'text_encoder', 'vae_decoder', 'nowhere'], { minLength: 1, maxLength: 2 }), include: globs, exclude: globs, rest: fc.constant(true as const) },
    { requiredKeys: [] },
  ),
) // prettier-ignore
const step = fc
  .tuple(fc.constantFrom(...algorithms), place)
  .map(([{ algorithm }, on]) => makeStep(algorithm, {}, on))
const recipe = fc.array(step, { maxLength: 5 })
const order = fc.constantFrom<PlanOptions>({}, { order: 'given' })

/** The edges of a plan all point forward. */
function expectOrdered(made: Plan): void {
  const at = new Map(made.steps.map(({ id }, index) => [id, index]))
  for (const { before, after } of made.edges)
    expect(at.get(before) ?? Infinity).toBeLessThan(at.get(after) ?? -Infinity)
}

function expectConflicts(steps: readonly Step[], made: Plan, options: PlanOptions): void {
  const ids = made.steps.map(({ id }) => id)
  for (const { steps: concerned, message, part, suggestion } of made.conflicts) {
    expect(concerned.length).toBeGreaterThan(0)
    for (const id of concerned) expect(ids).toContain(id)
    expect(message.length).toBeGreaterThan(20)
    if (part !== undefined && part !== 'nowhere') expect(model.parts.has(part)).toBe(true)
    if (!suggestion) continue
    expect(plan(model, suggestion.steps, { ...options, sizes: false }).conflicts).toEqual([])
    expect(suggestion.steps.length).toBeLessThanOrEqual(steps.length)
  }
}

test('every recipe ends in a plan or in a complete refusal', () => {
  fc.assert(
    fc.property(recipe, order, (steps, options) => {
      const made = plan(model, steps, { ...options, sizes: false })
      expect(new Set(made.steps.map(planned => planned.step))).toEqual(new Set(steps))
      expect(made.steps).toHaveLength(steps.length)
      if (made.conflicts.length > 0) return expectConflicts(steps, made, options)
      if (!options.order) expectOrdered(made)
      // What was found is an order that holds: given as it stands, it is accepted.
      const inOrder = made.steps.map(planned => planned.step)
      expect(plan(model, inOrder, { order: 'given', sizes: false }).conflicts).toEqual([])
    }),
    { numRuns: 120, seed: 5 },
  )
})

test('planning is deterministic', () => {
  fc.assert(
    fc.property(recipe, steps => {
      expect(planJson(plan(pipeline(), steps))).toEqual(planJson(plan(model, steps)))
    }),
    { numRuns: 30, seed: 6 },
  )
})

test('the order of the list changes ties only: conflicts stay the same', () => {
  const kinds = (made: Plan): readonly string[] =>
    made.conflicts.map(({ code, part, fact }) => `${code} ${part} ${fact}`).sort()
  const distinct = fc.uniqueArray(step, { maxLength: 4, selector: each => each.algorithm.id })
  fc.assert(
    fc.property(distinct, steps => {
      const there = plan(model, steps, { sizes: false })
      const back = plan(model, [...steps].reverse(), { sizes: false })
      expect(new Set(kinds(back).map(kind => kind.split(' ')[0]))).toEqual(
        new Set(kinds(there).map(kind => kind.split(' ')[0])),
      )
    }),
    { numRuns: 80, seed: 7 },
  )
})

test('what was planned without conflict is smashed', async () => {
  await fc.assert(
    fc.asyncProperty(recipe, async steps => {
      const made = plan(model, steps)
      if (made.conflicts.length > 0) return
      const smashed = await smash(model, steps)
      expect(smashed.applied.map(({ id }) => id)).toEqual(made.steps.map(({ id }) => id))
    }),
    { numRuns: 60, seed: 8 },
  )
})
