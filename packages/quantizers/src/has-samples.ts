// Whether a fit has anything to learn from, for algorithms that do without as well.
import { DamsonError, type FitContext, type Params } from '@damson/core'

/** True when samples of a part were given. */
export async function hasSamples<P extends Params>(ctx: FitContext<P>, part: string): Promise<boolean> {
  try {
    for await (const sample of ctx.samples(part)) return sample.part === part
    return false
  } catch (error) {
    if (DamsonError.isInstance(error, 'missing-samples')) return false
    throw error
  }
}
