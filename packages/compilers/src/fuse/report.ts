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

/**
 * Fusions of the kinds and names, in the order in which they are tried, on a graph. Nothing is changed. One that is named is
 * tried whatever the target, and all its near-misses are told; of others only those where more than the beginning matched.
 */
export function fusionReport(graph: Graph, options: FuseOptions): readonly FusionReport[] {
  const { rules, direction, target } = options
  const all = direction === 'unfuse' ? unfusions : fusions
  const isNamed = ({ name }: Fusion): boolean => rules !== 'all' && rules.includes(name)
  const isWanted = (fusion: Fusion): boolean =>
    rules === 'all' || isNamed(fusion) || rules.includes(fusion.kind)
  const kinds = all.map(({ kind }) => kind)
  const everything: FuseOptions = { ...options, rules: rules === 'all' ? rules : [...rules, ...kinds] }
  const { counts } = fuseGraph(graph, everything)
  const misses = missesOf(graph, everything, isWanted)
  const chosen = new Set(chosenFusions(everything))
  return all.filter(isWanted).map(fusion => ({
    fusion: fusion.name,
    kind: fusion.kind,
    count: counts[fusion.name] ?? 0,
    ...(chosen.has(fusion) ? {} : { skipped: whySkipped(fusion, target) }),
    nearest: bestOfEach(misses.get(fusion) ?? []).filter(
      ({ progress }) => isNamed(fusion) || progress >= leastProgress(fusion),
    ),
  }))
}

/** More than the node that a pattern begins with, and what goes into it. */
function leastProgress({ kind }: Fusion): number {
  return kind === 'attention' || kind === 'rotary' ? 2 : 4
}

function whySkipped({ name, absorbs }: Fusion, target: string): string {
  return absorbs
    ? 'not tried: its weights would lie where no quantizer finds them (absorb=true tries it)'
    : `not tried: nothing gained on ${target} (rules=${name} tries it)`
}

/** They come best first. */
function bestOfEach(misses: readonly NearMiss[]): readonly NearMiss[] {
  return misses.filter(({ rule }, at) => misses.findIndex(other => other.rule === rule) === at)
}
