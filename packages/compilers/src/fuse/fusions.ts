// All fusions in the order in which they are tried: small ones first, since larger patterns are written in their operators.
import { activationFusions } from './activations/fusions.ts'
import { attentionFusions } from './attention/fusions.ts'
import type { Fusion } from './fusion.ts'
import { normFusions } from './norms/fusions.ts'
import { productFusions } from './products/fusions.ts'
import { quantizedFusions } from './quantized/fusions.ts'
import { rotaryFusions } from './rotary/fusions.ts'
import { unfusions } from './unfuse/fusions.ts'

export const fusions: readonly Fusion[] = [
  ...normFusions,
  ...activationFusions,
  ...rotaryFusions,
  ...attentionFusions,
  ...productFusions,
  ...quantizedFusions,
]

/** Kinds and names of fusions and of their opposites, as params and the command take them. */
export const fusionNames: readonly string[] = [
  ...new Set([...fusions, ...unfusions].flatMap(({ kind, name }) => [kind, name])),
]
