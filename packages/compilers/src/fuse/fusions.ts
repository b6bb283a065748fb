// All fusions in the order in which they are tried: small ones first, since larger patterns are written in their operators.
import { attentionFusions } from './attention/fusions.ts'
import type { Fusion } from './fusion.ts'
import { rotaryFusions } from './rotary/fusions.ts'

export const fusions: readonly Fusion[] = [...rotaryFusions, ...attentionFusions]
