// What `autoBits` makes of a model in a file no larger than another one.
import { bytes, smash, type Model, type SmashOptions } from '@damson/core'
import { DamsonError, graphToBytes, weights } from '@damson/graph'
import { autoBits } from 'damson'

/** A file that is larger than this is not of the same size (issue of the quantizers). */
export const mostGrown = 1.03

/** Size of the model as one file. */
export async function fileBytes(model: Model): Promise<number> {
  return (await graphToBytes(model.part('model').graph)).length
}

/** Of a file that may be filled, this share is enough. */
const filled = 0.99
const mostTries = 5

/**
 * The budget counts constants, and nodes and names take room too: it starts with all that the file may hold. What is too much is
 * taken off it, and where that was more than needed, half of it given back. Where the smallest choices do not fit, the file is
 * larger, and its size says so.
 */
export async function allottedAs(even: Model, source: Model, options: SmashOptions): Promise<Model> {
  const most = mostGrown * (await fileBytes(even))
  const within = (budget: number): Promise<Model> =>
    smash(source, [autoBits({ convs: true, budget: bytes(budget) })], options)
  const constants = weights(even.part('model').graph).reduce((sum, { tensor }) => sum + tensor.byteLength, 0)
  let budget = constants + most - most / mostGrown
  let made = await within(budget).catch((cause: unknown) => within((budget += shortage(cause))))
  let kept: Model | undefined
  let [low, high] = [0, Infinity]
  for (let tries = 1; tries < mostTries; tries++) {
    const size = await fileBytes(made)
    if (size > most) high = budget
    else [low, kept] = [budget, made]
    if (size <= most && (size >= filled * most || high === Infinity)) break
    budget = kept ? (low + high) / 2 : budget - (size - most)
    try {
      made = await within(budget)
    } catch (cause) {
      if (shortage(cause) > 0) break
    }
  }
  if (kept && (await fileBytes(made)) > most) return kept
  return made
}

/** Bytes by which a budget is too small for anything; throws what is no such error. */
function shortage(cause: unknown): number {
  if (!DamsonError.isInstance(cause) || cause.code !== 'budget') throw cause
  return Number(cause.details.least) - Number(cause.details.limit)
}
