// From edges to an order: hard edges bind, soft ones are taken one by one unless they close a cycle, and list order
// breaks the ties that are left.
import type { OrderEdge } from './plan-edges.ts'

export interface Ordered {
  /** Positions in the list given, in the order to run. */
  readonly order: readonly number[]
  readonly kept: readonly OrderEdge[]
  readonly dropped: readonly OrderEdge[]
  /** Groups of steps of which each has to come before the others: no order exists. */
  readonly cycles: readonly (readonly number[])[]
}

/** Orders `count` steps. With cycles among hard edges it still gives an order, so that the rest can be checked too. */
export function orderSteps(count: number, hard: readonly OrderEdge[], soft: readonly OrderEdge[]): Ordered {
  const cycles = hardCycles(count, hard)
  const cycleOf = new Map(cycles.flatMap(cycle => cycle.map(at => [at, cycle] as const)))
  const inCycle = (edge: OrderEdge): boolean => {
    const cycle = cycleOf.get(edge.before)
    return cycle !== undefined && cycle === cycleOf.get(edge.after)
  }
  const before = Array.from({ length: count }, () => new Set<number>())
  // Inside a cycle the list decides.
  for (const edge of hard) {
    if (!inCycle(edge) || edge.before < edge.after) before[edge.after]?.add(edge.before)
  }
  const dropped: OrderEdge[] = []
  const kept: OrderEdge[] = []
  const forwardFirst = [...soft].sort((a, b) => Number(a.before > a.after) - Number(b.before > b.after))
  for (const edge of forwardFirst) {
    if (reaches(before, edge.before, edge.after)) dropped.push(edge)
    else {
      kept.push(edge)
      before[edge.after]?.add(edge.before)
    }
  }
  return { order: topological(before), kept: [...hard, ...kept], dropped, cycles }
}

/** Strongly connected components of two or more steps, by mutual reachability: there are few steps. */
function hardCycles(count: number, hard: readonly OrderEdge[]): readonly (readonly number[])[] {
  const before = Array.from({ length: count }, () => new Set<number>())
  for (const edge of hard) before[edge.after]?.add(edge.before)
  const cycles: number[][] = []
  const seen = new Set<number>()
  for (let at = 0; at < count; at++) {
    if (seen.has(at)) continue
    const members = [at]
    for (let other = at + 1; other < count; other++) {
      if (reaches(before, at, other) && reaches(before, other, at)) members.push(other)
    }
    for (const member of members) seen.add(member)
    if (members.length > 1) cycles.push(members)
  }
  return cycles
}

/** True when `to` has to come before `from`, over any number of edges. */
function reaches(before: readonly ReadonlySet<number>[], from: number, to: number): boolean {
  const seen = new Set([from])
  const queue = [from]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const each of before[next] ?? []) {
      if (each === to) return true
      if (seen.has(each)) continue
      seen.add(each)
      queue.push(each)
    }
  }
  return false
}

function topological(before: readonly ReadonlySet<number>[]): readonly number[] {
  const order: number[] = []
  const left = new Set(before.keys())
  while (left.size > 0) {
    const next = [...left].find(at => [...(before[at] ?? [])].every(each => !left.has(each)))
    if (next === undefined) throw new Error('the steps left over form a cycle')
    left.delete(next)
    order.push(next)
  }
  return order
}
