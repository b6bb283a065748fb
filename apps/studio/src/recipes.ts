// What the page offers to smash with. Another quantizer or cacher is one more line here.
import type { Step } from '@damson/core'
import { periodicCache, taylorSeer } from '@damson/cachers'
import { dynamicInt8, weightOnly } from '@damson/quantizers'

export interface Quantizer {
  readonly name: string
  readonly label: string
  readonly steps: readonly Step[]
}

export interface Cacher {
  readonly name: string
  readonly label: string
  readonly step: Step
  /** The live parameter that the slider moves. */
  readonly control: string
  /** From, to, and from one value to the next. */
  readonly range: readonly [number, number, number]
  readonly start: number
}

export const quantizers: readonly Quantizer[] = [
  { name: 'none', label: 'None', steps: [] },
  { name: 'weights-8', label: 'Weights in 8 bits', steps: [weightOnly({ bits: 8 })] },
  { name: 'weights-4', label: 'Weights in 4 bits', steps: [weightOnly({ bits: 4 })] },
  { name: 'dynamic-int8', label: 'Products in 8-bit integers', steps: [dynamicInt8()] },
]

export const cachers: readonly Cacher[] = [
  { name: 'periodic', label: 'Periodic: reuse the output', step: periodicCache(), control: 'interval', range: [1, 10, 1], start: 3 },
  { name: 'taylor-seer', label: 'TaylorSeer: forecast the output', step: taylorSeer({ scope: 'output' }), control: 'interval', range: [1, 10, 1], start: 3 },
] // prettier-ignore

/** A recipe as page and worker speak of it: names of a quantizer and of a cacher, or none. */
export interface Recipe {
  readonly quantizer: string
  readonly cacher: string | undefined
}

export function quantizerOf({ quantizer }: Recipe): Quantizer {
  return found(quantizers, quantizer)
}

export function cacherOf({ cacher }: Recipe): Cacher | undefined {
  return cacher === undefined ? undefined : found(cachers, cacher)
}

function found<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const one = all.find(each => each.name === name)
  if (one) return one
  throw new Error(`Expected one of ${all.map(each => each.name).join(', ')}, got ${name}.`)
}
