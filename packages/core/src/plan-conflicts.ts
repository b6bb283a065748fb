// The second half of planning, as conflicts: cycles among hard edges, needs that fail on replay, steps given twice.
// Everything that is wrong is found at once; one cause is told once.
import type { Fact } from './facts.ts'
import type { Ground, PartClaim, Resolved } from './plan-claims.ts'
import type { OrderEdge } from './plan-edges.ts'
import type { Missing } from './plan-replay.ts'
import type { Conflict } from './plan-types.ts'
import type { SiteKey } from './site-index.ts'

/** Steps that are equal and meet: the second would do it again. */
export function duplicates(steps: readonly Resolved[]): readonly Conflict[] {
  return steps.flatMap((second, at) =>
    steps.slice(0, at).flatMap(first => {
      if (first.step.algorithm !== second.step.algorithm || !sameParams(first, second)) return []
      const part = [...first.claims.keys()].find(name => common(first, second, name).length > 0)
      const claim = part === undefined ? undefined : first.claims.get(part)
      if (part === undefined || !claim) return []
      const nodes = labels(claim, common(first, second, part))
      const message = `${first.id} is given twice with the same parameters at the same places of "${part}"${list(nodes)}. Drop one, or change its place.`
      return [{ code: 'duplicate', steps: [first.id, second.id], part, nodes, message } as const]
    }),
  )
}

function sameParams(a: Resolved, b: Resolved): boolean {
  return JSON.stringify(sorted(a.step.params)) === JSON.stringify(sorted(b.step.params))
}

function sorted(params: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))
}

function common(a: Resolved, b: Resolved, part: string): readonly SiteKey[] {
  const other = b.claims.get(part)?.keys
  return other ? [...(a.claims.get(part)?.keys ?? [])].filter(key => other.has(key)) : []
}

/** Pairs of a cycle that exclude each other, part by part; a longer cycle without such a pair as a whole. */
export function cycleConflicts(
  steps: readonly Resolved[],
  cycles: readonly (readonly number[])[],
  edges: readonly OrderEdge[],
): readonly Conflict[] {
  return cycles.flatMap(cycle => {
    const inside = edges.filter(edge => cycle.includes(edge.before) && cycle.includes(edge.after))
    const pairs = pairConflicts(steps, inside)
    return pairs.length > 0 ? pairs : [longCycle(steps, cycle, inside)]
  })
}

function pairConflicts(steps: readonly Resolved[], edges: readonly OrderEdge[]): readonly Conflict[] {
  const found = new Map<string, Conflict>()
  for (const there of edges) {
    const back = edges.filter(edge => edge.before === there.after && edge.after === there.before)
    const answer =
      back.find(edge => edge.part === there.part && edge.fact === there.fact) ??
      back.find(edge => edge.part === there.part)
    if (!answer || there.before > there.after) continue
    const key = `${there.before} ${there.after} ${there.part}`
    const same = answer.fact === there.fact
    if (!found.has(key) || same) found.set(key, pairConflict(steps, there, answer))
  }
  return [...found.values()]
}

function pairConflict(steps: readonly Resolved[], there: OrderEdge, back: OrderEdge): Conflict {
  const [a, b] = [steps[there.before], steps[there.after]]
  const claim = a?.claims.get(there.part)
  const nodes = claim ? labels(claim, there.keys) : []
  const ids = [a?.id ?? '', b?.id ?? '']
  const mutual = there.fact !== undefined && there.fact === back.fact
  const why = mutual
    ? `${ids.join(' and ')} both need ${there.fact} in "${there.part}"${list(nodes)}, and each takes it`
    : `${ids.join(' and ')} exclude each other in "${there.part}": ${there.because}, and ${back.because}`
  return {
    code: 'conflict', steps: ids, part: there.part, nodes, ...factOf(there.fact),
    message: `${why}. Give them different places, or drop one.`,
  } // prettier-ignore
}

function longCycle(
  steps: readonly Resolved[],
  cycle: readonly number[],
  edges: readonly OrderEdge[],
): Conflict {
  const first = edges[0]
  const claim = first && steps[first.before]?.claims.get(first.part)
  const reasons = [...new Set(edges.map(edge => edge.because))]
  return {
    code: 'cycle',
    steps: cycle.map(at => steps[at]?.id ?? ''),
    nodes: first && claim ? labels(claim, first.keys) : [],
    ...(first ? { part: first.part } : {}),
    ...factOf(first?.fact),
    message: `Each of these steps has to come before the next: ${reasons.join('; ')}. Give them different places, or drop one.`,
  }
}

/** Needs that fail, except where their pair of steps is in conflict already. */
export function missingConflicts(
  ground: Ground,
  steps: readonly Resolved[],
  missing: readonly Missing[],
  known: readonly Conflict[],
  given?: { readonly order: readonly number[]; readonly edges: readonly OrderEdge[] },
): readonly Conflict[] {
  const told = (a: string, b: string): boolean =>
    known.some(({ steps: ids }) => ids.length > 1 && ids.includes(a) && ids.includes(b))
  return missing.flatMap(each => {
    const step = steps[each.at]
    const taker = each.taker === undefined ? undefined : steps[each.taker]
    if (!step || (taker && told(step.id, taker.id))) return []
    const wrong = given && wrongOrder(each, given.order, given.edges)
    return [wrong ? orderConflict(steps, each, wrong) : missingConflict(ground, step, taker, each)]
  })
}

/** The edge that the given order breaks: the taker should have come later, or a giver earlier. */
function wrongOrder(
  missing: Missing,
  order: readonly number[],
  edges: readonly OrderEdge[],
): OrderEdge | undefined {
  const place = (at: number): number => order.indexOf(at)
  return edges.find(edge => {
    const concerns =
      edge.part === missing.part && edge.fact === missing.fact && place(edge.before) > place(edge.after)
    return (
      concerns &&
      (edge.kind === 'takes'
        ? edge.before === missing.at && edge.after === missing.taker
        : edge.after === missing.at)
    )
  })
}

function orderConflict(steps: readonly Resolved[], missing: Missing, edge: OrderEdge): Conflict {
  const [before, after] = [steps[edge.before]?.id ?? '', steps[edge.after]?.id ?? '']
  const claim = steps[missing.at]?.claims.get(missing.part)
  return {
    code: 'order', steps: [before, after], part: missing.part, fact: missing.fact,
    nodes: claim ? labels(claim, missing.keys) : [],
    message: `The given order has ${after} before ${before}, but it has to be the other way round: ${edge.because}.`,
  } // prettier-ignore
}

function missingConflict(
  ground: Ground,
  step: Resolved,
  taker: Resolved | undefined,
  missing: Missing,
): Conflict {
  const claim = step.claims.get(missing.part)
  const nodes = claim ? labels(claim, missing.keys) : []
  const sentence = ground.facts.get(missing.fact)?.sentence ?? ''
  const why = taker ? `but ${taker.id} takes it first` : 'but it does not hold there, and no step gives it'
  return {
    code: 'missing-fact',
    steps: taker ? [step.id, taker.id] : [step.id],
    part: missing.part,
    fact: missing.fact,
    nodes,
    message: `${step.id} needs ${missing.fact} (${sentence}) in "${missing.part}"${list(nodes)}, ${why}.`,
  }
}

function labels({ index }: PartClaim, keys: readonly SiteKey[]): readonly string[] {
  return [...new Set(keys.filter(key => key !== 'part').map(key => index.label(key)))].slice(0, 5)
}

function list(nodes: readonly string[]): string {
  return nodes.length === 0 ? '' : ` (${nodes.join(', ')}${nodes.length === 5 ? ' …' : ''})`
}

function factOf(fact: Fact | undefined): { readonly fact?: Fact } {
  return fact === undefined ? {} : { fact }
}
