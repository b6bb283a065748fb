// The levels of a U-Net. On the way up each level joins what came from below with what its own way down left: a Concat on the
// channel axis whose one input depends on the other. Cutting the deep input leaves everything below that level without use.
// Source: DeepCache (Ma 2023), where a level is called a cache branch.
import type { Node } from '@damson/graph'
import { dependsOn, type Ordered } from './between.ts'
import { exclusiveRegion } from './exclusive-region.ts'
import { isProduct } from './products.ts'

export interface SkipLevel {
  /** The Concat that joins both. */
  readonly join: Node
  /** The value from below. */
  readonly deep: string
  /** The value that the way down left. */
  readonly skip: string
  /** What need not run when `deep` comes from elsewhere. */
  readonly region: readonly Node[]
}

/** The levels from the shallowest (the region is almost the whole network) to the deepest. */
export function skipLevels(graph: Ordered, samples: ReadonlySet<string>): readonly SkipLevel[] {
  const { body } = graph
  const levels = body.nodes.flatMap((join): readonly SkipLevel[] => {
    if (join.op !== 'Concat' || join.inputs.length !== 2) return []
    const [a = '', b = ''] = join.inputs
    if (a === b || !samples.has(a) || !samples.has(b)) return []
    const [deep, skip] = dependsOn(graph, a, b) ? [a, b] : dependsOn(graph, b, a) ? [b, a] : []
    if (deep === undefined || skip === undefined) return []
    const region = exclusiveRegion(body, [deep], [skip])
    return region.filter(isProduct).length >= 2 ? [{ join, deep, skip, region }] : []
  })
  return levels.sort((a, b) => b.region.length - a.region.length)
}
