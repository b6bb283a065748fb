// Who has to come before whom, and why. Hard edges follow from facts at common sites. Soft ones are wishes: a step that
// fits comes after whatever changes the graph upstream of its sites, so that it learns on what will really run.
import type { Fact } from './facts.ts'
import type { PartClaim, Resolved } from './plan-claims.ts'
import type { Spread } from './effects.ts'
import { wholePart, type SiteKey } from './site-index.ts'

/** `before` and `after` are positions in the list of steps. */
export interface OrderEdge {
  readonly before: number
  readonly after: number
  readonly part: string
  /** As a sentence, without and with the place. */
  readonly reason: string
  readonly because: string
  readonly fact?: Fact
  readonly kind: 'gives' | 'takes' | 'fits'
  /** Where the two steps meet. */
  readonly keys: readonly SiteKey[]
}

type Pair = (
  a: Resolved,
  b: Resolved,
  part: string,
  mine: PartClaim,
  other: PartClaim,
) => readonly OrderEdge[]

/** A before B, where their sites meet, if A gives what B needs or B takes what A needs. */
export function hardEdges(steps: readonly Resolved[]): readonly OrderEdge[] {
  return pairwise(steps, (a, b, part, mine, other) => [
    ...edgesBy(mine.effects.gives, other.effects.needs).map(([fact, keys]) =>
      edge(a, b, part, 'gives', keys, `${a.id} gives ${fact}, which ${b.id} needs`, mine, fact),
    ),
    ...edgesBy(mine.effects.needs, other.effects.takes).map(([fact, keys]) =>
      edge(a, b, part, 'takes', keys, `${b.id} takes ${fact}, which ${a.id} needs`, mine, fact),
    ),
  ])
}

/** A before B if B fits and A changes something upstream of B's sites, or at them. */
export function softEdges(steps: readonly Resolved[]): readonly OrderEdge[] {
  const upstream = new Map<PartClaim, ReadonlySet<number>>()
  const above = (claim: PartClaim): ReadonlySet<number> => {
    const known = upstream.get(claim) ?? claim.index.upstream(nodesOf(claim, claim.keys))
    upstream.set(claim, known)
    return known
  }
  return pairwise(steps, (a, b, part, mine, other) => {
    if (!b.step.algorithm.fit || mine.effects.moves.size === 0) return []
    const reach = above(other)
    const keys = [...mine.effects.moves].filter(key => mine.index.nodesAt(key).some(node => reach.has(node)))
    const reason = `${b.id} fits on what ${a.id} changes upstream of it`
    return keys.length === 0 ? [] : [edge(a, b, part, 'fits', keys, reason, mine)]
  })
}

function nodesOf({ index }: PartClaim, keys: Iterable<SiteKey>): readonly number[] {
  return [...keys].flatMap(key => index.nodesAt(key))
}

function pairwise(steps: readonly Resolved[], pair: Pair): readonly OrderEdge[] {
  return steps.flatMap(a =>
    steps.flatMap(b => {
      if (a === b) return []
      return [...a.claims].flatMap(([part, mine]) => {
        const other = b.claims.get(part)
        return other ? pair(a, b, part, mine, other) : []
      })
    }),
  )
}

function edgesBy(
  mine: ReadonlyMap<Fact, Spread>,
  other: ReadonlyMap<Fact, Spread>,
): readonly (readonly [Fact, readonly SiteKey[]])[] {
  return [...mine].flatMap(([fact, keys]) => {
    const theirs = other.get(fact)
    const common = theirs ? [...keys.keys()].filter(key => theirs.has(key)) : []
    return common.length > 0 ? [[fact, common] as const] : []
  })
}

function edge(
  a: Resolved,
  b: Resolved,
  part: string,
  kind: OrderEdge['kind'],
  keys: readonly SiteKey[],
  reason: string,
  { index }: PartClaim,
  fact?: Fact,
): OrderEdge {
  const at = keys[0] === wholePart ? part : `${part}: ${sample(keys.map(key => index.label(key)))}`
  return {
    before: a.at,
    after: b.at,
    part,
    kind,
    keys,
    reason,
    because: `${reason} (${at})`,
    ...(fact ? { fact } : {}),
  }
}

function sample(labels: readonly string[]): string {
  const names = [...new Set(labels)]
  const rest = names.length > 2 ? ` and ${names.length - 2} more` : ''
  return names.slice(0, 2).join(', ') + rest
}
