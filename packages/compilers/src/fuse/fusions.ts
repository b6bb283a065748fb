// All fusions in the order in which they are tried: small ones first, since larger patterns are written in their operators.
import { activationFusions } from './activations/fusions.ts'
import { attentionFusions } from './attention/fusions.ts'
import type { Fusion } from './fusion.ts'
import { normFusions } from './norms/fusions.ts'
import { rotaryFusions } from './rotary/fusions.ts'

export const fusions: readonly Fusion[] = [
  ...normFusions,
  ...activationFusions,
  ...rotaryFusions,
  ...attentionFusions,
]

/** Kinds and names of fusions, as params and the command take them. */
export const fusionNames: readonly string[] = [...new Set(fusions.flatMap(({ kind, name }) => [kind, name]))]
