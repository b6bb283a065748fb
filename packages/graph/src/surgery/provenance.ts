// Provenance: which original nodes and weights something came from, and what a selection of originals means for a graph
// that was rewritten since.
import { refuse, type Refusal } from '../error.ts'
import { nodeIdentity, walk, type Visit } from '../scope.ts'
import { weights, type Weight } from '../weights.ts'
import type { Body } from '../ir.ts'

/** Origins of what is made from several nodes or weights: those of all, each once, in order. */
export function originsOf(...sources: readonly { readonly origins: readonly string[] }[]): readonly string[] {
  return [...new Set(sources.flatMap(({ origins }) => origins))]
}

/** `in` when all origins are selected, `partial` when some are, `out` when none is or there are none. */
export function claimOf(
  origins: readonly string[],
  selected: (origin: string) => boolean,
): 'in' | 'out' | 'partial' {
  const count = origins.filter(selected).length
  if (count === 0) return 'out'
  return count === origins.length ? 'in' : 'partial'
}

export interface Claims {
  readonly nodes: readonly Visit[]
  readonly weights: readonly Weight[]
  /** A refusal for each node and weight of which only some origins are selected, naming it and what is left over. */
  readonly partial: readonly Refusal[]
}

/**
 * The nodes and weights of a graph, in all bodies, that stand for a selection of original ones. What was merged from
 * several counts only when all of them are selected; nodes without origins (casts, Q/DQ, If) never do.
 */
export function claims(graph: Body, selected: (origin: string) => boolean): Claims {
  const partial: Refusal[] = []
  const isClaimed = (name: string, kind: 'node' | 'weight', origins: readonly string[]): boolean => {
    const claim = claimOf(origins, selected)
    if (claim === 'partial') {
      const rest = origins.filter(origin => !selected(origin)).join(', ')
      const reason = `the ${kind} was merged from ${origins.length} original ones, and the selection lacks ${rest}`
      partial.push(refuse(reason, name))
    }
    return claim === 'in'
  }
  return {
    nodes: [...walk(graph)].filter(({ node }) => isClaimed(nodeIdentity(node), 'node', node.origins)),
    weights: weights(graph).filter(({ id, origins }) => isClaimed(id, 'weight', origins)),
    partial,
  }
}
