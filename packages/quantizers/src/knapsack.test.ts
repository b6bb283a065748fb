import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chooseWithin, type Choice } from './knapsack.ts'

type Items = readonly (readonly Choice[])[]

/** Every combination. */
function naive(items: Items, limit: number): number | undefined {
  let best: number | undefined
  const visit = (at: number, weight: number, cost: number): void => {
    const choices = items[at]
    if (!choices) {
      if (weight <= limit && cost < (best ?? Infinity)) best = cost
      return
    }
    for (const choice of choices) visit(at + 1, weight + choice.weight, cost + choice.cost)
  }
  visit(0, 0, 0)
  return best
}

const total = (items: Items, places: readonly number[], what: keyof Choice): number =>
  places.reduce((sum, place, item) => sum + (items[item]?.[place]?.[what] ?? NaN), 0)

const choice = fc.record({ weight: fc.integer({ min: 1, max: 60 }), cost: fc.integer({ min: 0, max: 60 }) })
const items = fc.array(fc.array(choice, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })

test('equals the best of all combinations', () => {
  fc.assert(
    fc.property(items, fc.integer({ min: 0, max: 250 }), (given, limit) => {
      const places = chooseWithin(given, limit)
      const best = naive(given, limit)
      if (!places) return best === undefined
      return total(given, places, 'weight') <= limit && total(given, places, 'cost') === best
    }),
    { numRuns: 2000, seed: 1 },
  )
})

test('room for everything takes the cheapest of each, the lightest where several are', () => {
  expect(
    chooseWithin(
      [
        [
          { weight: 9, cost: 1 },
          { weight: 4, cost: 1 },
        ],
        [
          { weight: 1, cost: 5 },
          { weight: 8, cost: 0 },
        ],
      ],
      100,
    ),
  ).toEqual([1, 1])
})

test('hundreds of items of many sizes', () => {
  // Noise falls by a factor of 16 for two bits, sizes and sensitivities differ by orders of magnitude.
  const many = Array.from({ length: 300 }, (_, item) => {
    const size = 1000 + ((item * 7919) % 50021)
    const sensitivity = Math.exp(((item * 104729) % 1000) / 120)
    return [2.5, 3, 4.25, 4.5, 5, 8.25].map(bits => ({
      weight: Math.round(size * bits),
      cost: sensitivity * 4 ** -bits,
    }))
  })
  const limit = 4.5 * many.reduce((sum, [first]) => sum + (first?.weight ?? 0) / 2.5, 0)
  const places = chooseWithin(many, limit) ?? []
  expect(total(many, places, 'weight')).toBeLessThanOrEqual(limit)
  // At any price of a bit the relaxed problem bounds the optimum from below; the best such bound is almost met.
  const bound = Math.max(
    ...Array.from({ length: 400 }, (_, at) => {
      const price = 1e-9 * 1.06 ** at
      const least = many.map(choices => Math.min(...choices.map(({ weight, cost }) => cost + price * weight)))
      return least.reduce((a, b) => a + b, 0) - price * limit
    }),
  )
  expect(total(many, places, 'cost') / bound).toBeLessThan(1.002)
})
