// What the tests of smash share: an algorithm on the unet with any hooks, a sample for it, and the error of a run.
import { DamsonError, refuse } from '@damson/graph'
import { defineAlgorithm, type Algorithm, type Defined, type Params, type Sample } from '../src/index.ts'

export const base = { version: 1, summary: 'A test.', contract: {}, params: {} } as const

/** An algorithm on the whole of the unet with the hooks given. */
export function hooked(
  hooks: Partial<Algorithm<Params, never>>,
  id = '@test/hooked',
): Defined<Params, never> {
  return defineAlgorithm<Params, never>({
    ...base,
    id,
    groups: part => (part.name === 'unet' ? [{ sites: [{ part }], changes: true }] : refuse('not the unet')),
    ...hooks,
  })
}

/** A sample whose every element is `at`. */
export function sample(at: number): Sample {
  return {
    part: 'unet',
    feeds: { sample: { dtype: 'float32', shape: [1, 4], data: new Float32Array(4).fill(at) } },
  }
}

/** The DamsonError that a run rejects with. */
export async function failure(run: Promise<unknown>): Promise<DamsonError> {
  const error: unknown = await run.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (!DamsonError.isInstance(error)) throw new Error(`expected a DamsonError, got ${String(error)}`)
  return error
}
