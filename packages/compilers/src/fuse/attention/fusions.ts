// Attentions, in the order in which they are tried.
import type { Node } from '@damson/graph'
import type { Fusion, FusionOptions } from '../fusion.ts'
import { isMiss, type Miss } from '../seek/miss.ts'
import { soughtFusion } from '../seek/sought.ts'
import type { View } from '../seek/view.ts'
import { describe } from './describe.ts'
import { planFor } from './operators.ts'
import { settle, type AttentionPlan } from './settle.ts'

/** Attention around a Softmax, in all spellings that exporters have for it. */
const attention: Fusion = soughtFusion<AttentionPlan>({
  name: 'attention',
  kind: 'attention',
  begins: (_, { op, domain }) => op === 'Softmax' && domain === '',
  plan: planOf,
  build: settle,
})

export const attentionFusions: readonly Fusion[] = [attention]

function planOf(view: View, softmax: Node, { target }: FusionOptions): AttentionPlan | Miss {
  const found = describe(view, softmax)
  return isMiss(found) ? found : planFor(view, found, target)
}
