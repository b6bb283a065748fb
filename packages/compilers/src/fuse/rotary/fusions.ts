// Rotary embeddings, in the order in which they are tried.
import type { Node } from '@damson/graph'
import type { Fusion, FusionOptions } from '../fusion.ts'
import { isMiss, type Miss } from '../seek/miss.ts'
import { soughtFusion } from '../seek/sought.ts'
import type { View } from '../seek/view.ts'
import { buildRotary } from './build.ts'
import { planRotary, type RotaryPlan } from './plan.ts'
import { rotationAt } from './rotation.ts'

/** Rotations of queries and keys by angles of their positions. */
const rotaryEmbedding: Fusion = soughtFusion<RotaryPlan>({
  name: 'rotary-embedding',
  kind: 'rotary',
  begins: beginsRotation,
  plan: planOf,
  build: buildRotary,
})

export const rotaryFusions: readonly Fusion[] = [rotaryEmbedding]

/** An Add of two products, as every rotation has one. */
function beginsRotation(view: View, { op, domain, inputs }: Node): boolean {
  return op === 'Add' && domain === '' && inputs.every(input => view.producer(input)?.op === 'Mul')
}

function planOf(view: View, add: Node, { target }: FusionOptions): RotaryPlan | Miss {
  const rotation = rotationAt(view, add)
  return isMiss(rotation) ? rotation : planRotary(view, rotation, target)
}
