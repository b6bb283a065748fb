// What a budget means, and the options that keep it.
import { DamsonError, formatBytes, type Model, type Quantity } from '@damson/core'
import { weights } from '@damson/graph'
import type { BitOption } from './bit-choices.ts'
import type { Priced } from './bit-costs.ts'
import { chooseWithin } from './knapsack.ts'

/** The option of each weight, in the order of the weights. */
export type Chosen = readonly BitOption[]

/** Options whose bytes keep the budget and whose noise is least, over the weights of all parts together. */
export function leastNoise(
  priced: readonly Priced[],
  model: Model,
  budget: Quantity<'bits' | 'bytes' | 'decibels'>,
): Chosen {
  const limit = byteLimit(priced, model, budget)
  const items = priced.map(({ options, noise }) =>
    options.map(({ bytes }, at) => ({ weight: bytes, cost: noise[at] ?? 0 })),
  )
  const places = chooseWithin(items, limit)
  if (places) return placed(priced, places)
  const least = priced.reduce((sum, { options }) => sum + (options[0]?.bytes ?? 0), 0)
  throw new DamsonError(
    'budget',
    `Expected a budget that the smallest choices keep: they take ${formatBytes(least)}, and ${formatBytes(Math.max(0, limit))} are left for them. ` +
      'Raise the budget, or allow smaller choices.',
    { details: { least, limit } },
  )
}

/** Options whose noise stays within a limit and whose costs (bytes, milliseconds) are least; undefined when no options are that quiet. */
export function leastCost(
  priced: readonly Priced[],
  costs: readonly (readonly number[])[],
  limit: number,
): Chosen | undefined {
  const items = priced.map(({ options, noise }, item) =>
    options.map((_, at) => ({ weight: noise[at] ?? 0, cost: costs[item]?.[at] ?? 0 })),
  )
  const places = chooseWithin(items, limit)
  return places && placed(priced, places)
}

function placed(priced: readonly Priced[], places: readonly number[]): Chosen {
  return priced.flatMap(({ options }, item) => options[places[item] ?? 0] ?? [])
}

/** Bytes that the weights may take: so many bits each, or what other constants of their parts leave of a total. */
function byteLimit(
  priced: readonly Priced[],
  model: Model,
  { value, unit }: Quantity<'bits' | 'bytes' | 'decibels'>,
): number {
  if (unit === 'bits') return (value / 8) * priced.reduce((sum, { elements }) => sum + elements, 0)
  const mine = new Set(priced.map(({ part, id }) => `${part}\n${id}`))
  const parts = new Set(priced.map(({ part }) => part))
  const others = [...parts].flatMap(part =>
    weights(model.part(part).graph).filter(({ id }) => !mine.has(`${part}\n${id}`)),
  )
  return value - others.reduce((sum, { tensor }) => sum + tensor.byteLength, 0)
}
