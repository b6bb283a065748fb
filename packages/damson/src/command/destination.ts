// Where a smash writes and as what: a file, a folder of the model's own layout, or variants side by side in a
// transformers.js folder, which is what presets are for.
import { asSessionsFolder, DamsonError, isRefusal, type Model } from '@damson/core'
import { pathIn } from './places.ts'
import type { Wanted } from './wanted.ts'

export interface Destination {
  /** The model arranged as it is to be written. */
  readonly model: Model
  readonly wanted: readonly [Wanted, ...Wanted[]]
}

export interface DestinationOptions {
  readonly out: string
  /** Variant to write in a transformers.js folder, instead of the preset's. */
  readonly variant?: string
}

/** Throws `invalid-output` where several results, or a variant, have no place. */
export async function destinationOf(
  path: string,
  model: Model,
  wanted: readonly [Wanted, ...Wanted[]],
  { out, variant }: DestinationOptions,
  cwd: string,
): Promise<Destination> {
  const [first, ...more] = wanted
  const names = wanted.map(({ name = '' }) => name).join(', ')
  if (variant !== undefined) {
    if (more.length > 0) throw invalidOutput(`Expected one preset with --variant ${variant}, got ${names}.`)
    return { model, wanted: [{ ...first, variant }] }
  }
  if (first.variant === undefined) return { model, wanted }
  if (out.endsWith('.onnx')) {
    if (more.length > 0)
      throw invalidOutput(`Expected a folder to write the variants ${names} into, got the file "${out}".`)
    return { model, wanted: [withoutVariant(first)] }
  }
  const arranged = asSessionsFolder(model)
  if (isRefusal(arranged)) {
    if (more.length === 0) return { model, wanted: [withoutVariant(first)] }
    throw invalidOutput(
      `Variants (${names}) stand side by side in transformers.js folders only, but this model ${arranged.refused}. ` +
        'Write each into a folder of its own.',
    )
  }
  if (model.layout !== 'file') return { model: arranged, wanted }
  const { siblingsOf } = await import('./siblings.node.ts')
  return { model: arranged.with({ files: await siblingsOf(pathIn(cwd, path)) }), wanted }
}

function withoutVariant({ variant: _variant, ...wanted }: Wanted): Wanted {
  return wanted
}

function invalidOutput(message: string): DamsonError {
  return new DamsonError('invalid-output', message)
}
