// What `fuse` is made of. A fusion is one idea (layer normalization, attention): it finds its pattern everywhere in a graph,
// replaces it, and says of the places where it did not fire what stood in the way.
import type { Target } from '@damson/core'
import { nearMisses, rewrite, type Graph, type NearMiss, type Node, type Rule } from '@damson/graph'

export type FusionKind =
  'norm' | 'activation' | 'attention' | 'rotary' | 'product' | 'convolution' | 'embedding' | 'quantized'

/** One kind of fusion. */
export interface Fusion {
  /** `layer-norm`, `multi-head-attention` … */
  readonly name: string
  readonly kind: FusionKind
  /** Whether a target has a kernel for what is made, and is not slower for it. */
  readonly targets: (target: Target) => boolean
  /** Only when asked for by `absorb`: a weight would go into an operator that has no quantized form. */
  readonly absorbs: boolean
  /** Replaces every match; the same graph when there is none. The graph is prepared: constants are initializers, types known. */
  readonly apply: (graph: Graph, options: FusionOptions) => Fused
  /** Places where the pattern begins but does not match, best first. */
  readonly nearMisses: (graph: Graph, options: FusionOptions) => readonly NearMiss[]
}

export interface Fused {
  readonly graph: Graph
  /** Replacements. */
  readonly count: number
}

export interface FusionOptions {
  readonly target: Target
  /** Weights may go into operators that have no quantized form. */
  readonly absorb: boolean
  /** Whether a node lies in the place that the user gave; nodes that damson made do when those they were made of do. */
  readonly mayFuse: (node: Node) => boolean
}

/** What a fusion is besides its rules. */
export interface FusionTraits {
  readonly name: string
  readonly kind: FusionKind
  /** Default: everywhere. */
  readonly targets?: (target: Target) => boolean
  readonly absorbs?: boolean
}

/** A fusion made of rules of the graph package, applied together to a fixpoint. */
/* @__NO_SIDE_EFFECTS__ */
export function fusionOf(
  { name, kind, targets = () => true, absorbs = false }: FusionTraits,
  rules: readonly Rule[],
): Fusion {
  return {
    name,
    kind,
    targets,
    absorbs,
    apply: (graph, { mayFuse }) => {
      const { graph: fused, counts } = rewrite(graph, rules, { mayReplace: mayFuse })
      return { graph: fused, count: Object.values(counts).reduce((sum, count) => sum + count, 0) }
    },
    nearMisses: (graph, { mayFuse }) =>
      rules
        .flatMap(rule => nearMisses(graph, rule, { mayReplace: mayFuse }))
        .sort((a, b) => b.progress - a.progress),
  }
}
