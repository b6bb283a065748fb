// The algorithms that a page can offer: those that need neither samples nor a runtime.
import { algorithmOf, type AnyAlgorithm } from '@damson/core'
import { dynamicInt8, weightOnly } from '@damson/quantizers'

export const algorithms: readonly AnyAlgorithm[] = [weightOnly, dynamicInt8].map(algorithmOf)

/** The algorithm of an id. */
export function algorithmById(id: string): AnyAlgorithm {
  const found = algorithms.find(algorithm => algorithm.id === id)
  if (found) return found
  throw new Error(`Expected one of ${algorithms.map(each => each.id).join(', ')}, got ${id}.`)
}
