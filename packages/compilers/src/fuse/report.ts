// Why a fusion fired or did not: counts, and the places where each rule came nearest, with what stood in the way.
import type { Graph, NearMiss } from '@damson/graph'
import { fuseGraph, chosenFusions, missesOf, type FuseOptions } from './fuse-graph.ts'
import type { Fusion, FusionKind } from './fusion.ts'
import { fusions } from './fusions.ts'
import { unfusions } from './unfuse/fusions.ts'

/** What one fusion did to a graph, or would do. */
export interface FusionReport {
  readonly fusion: string
  readonly kind: FusionKind
  /** Replacements. */
  readonly count: number
  /** Why it was not tried: the target has no use for it, or it wants `absorb`. */
  readonly skipped?: string
  /** The best near-miss of each of its rules after everything before it was fused. */
  readonly nearest: readonly NearMiss[]
}

/** Fusions of the kinds and names, in the order in which they are tried, on a graph. Nothing is changed. */
export function fusionReport(graph: Graph, options: FuseOptions): readonly FusionReport[] {
  const { rules, direction, target } = options
  const isWanted = ({ name, kind }: Fusion): boolean =>
    rules === 'all' || rules.includes(name) || rules.includes(kind)
  const everything: FuseOptions = { ...options, rules: 'all' }
  const { counts } = fuseGraph(graph, everything)
  const misses = missesOf(graph, everything, isWanted)
  const chosen = new Set(chosenFusions(everything))
  return (direction === 'unfuse' ? unfusions : fusions).filter(isWanted).map(fusion => ({
    fusion: fusion.name,
    kind: fusion.kind,
    count: counts[fusion.name] ?? 0,
    ...(chosen.has(fusion) ? {} : { skipped: whySkipped(fusion, target) }),
    nearest: bestOfEach(misses.get(fusion) ?? []),
  }))
}

function whySkipped({ absorbs }: Fusion, target: string): string {
  return absorbs ? 'wants absorb' : `brings nothing on ${target}; named in rules it is tried`
}

/** They come best first. */
function bestOfEach(misses: readonly NearMiss[]): readonly NearMiss[] {
  return misses.filter(({ rule }, at) => misses.findIndex(other => other.rule === rule) === at)
}
