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

/**
 * The budget counts constants; nodes and names that make the file larger than `even` are taken off it, in two more tries at most.
 * Where the smallest choices do not fit beside them, the file is larger, and its size says so.
 */
export async function allottedAs(even: Model, source: Model, options: SmashOptions): Promise<Model> {
  const size = await fileBytes(even)
  const within = (budget: number): Promise<Model> =>
    smash(source, [autoBits({ convs: true, budget: bytes(budget) })], options)
  let budget = weights(even.part('model').graph).reduce((sum, { tensor }) => sum + tensor.byteLength, 0)
  let made = await within(budget).catch((cause: unknown) => within((budget += shortage(cause))))
  for (let tries = 2; tries > 0; tries--) {
    const excess = (await fileBytes(made)) - size
    if (excess <= (mostGrown - 1) * size) break
    try {
      made = await within((budget -= excess))
    } catch (cause) {
      if (shortage(cause) > 0) break
    }
  }
  return made
}

/** Bytes by which a budget is too small for anything; throws what is no such error. */
function shortage(cause: unknown): number {
  if (!DamsonError.isInstance(cause) || cause.code !== 'budget') throw cause
  return Number(cause.details.least) - Number(cause.details.limit)
}
