// Fusing a graph, and what that touches: the graph is prepared, every fusion is applied in turn, and the nodes that were not
// there before tell by their origins which ones they replaced.
import type { Group, Site, Target } from '@damson/core'
import { pruneOpsets, removeDead, type Graph, type NearMiss, type Node } from '@damson/graph'
import type { Fusion, FusionOptions } from './fusion.ts'
import { fusions } from './fusions.ts'
import { prepare } from './prepare.ts'
import { unfusions } from './unfuse/fusions.ts'
import { replacedSites } from './replaced-sites.ts'
import { trace, type Traced } from './traced.ts'

export interface FuseOptions {
  readonly target: Target
  /** Kinds and names; `all`: those that the target has kernels for. One that is named is tried whatever the target. */
  readonly rules: 'all' | readonly string[]
  readonly absorb: boolean
  /** `unfuse`: the opposite, contrib operators into standard ones. Default `fuse`. */
  readonly direction?: 'fuse' | 'unfuse'
}

/** A graph after fusing. */
export interface FusedGraph {
  readonly graph: Graph
  /** Replacements by fusion, zeros left out. */
  readonly counts: Readonly<Record<string, number>>
  /** One for each replacement, on the graph as it was. */
  readonly groups: readonly Group[]
}

/** Fusions that apply, in their order. */
export function chosenFusions({ target, rules, absorb, direction }: FuseOptions): readonly Fusion[] {
  return (direction === 'unfuse' ? unfusions : fusions).filter(({ name, kind, targets, absorbs }) => {
    if (rules !== 'all' && rules.includes(name)) return absorb || !absorbs
    return (rules === 'all' || rules.includes(kind)) && targets(target) && (absorb || !absorbs)
  })
}

/** Fuses what `selects` lets it, everything unless it is given. A graph in which nothing is found is returned as it is. */
export function fuseGraph(graph: Graph, options: FuseOptions, selects?: (site: Site) => boolean): FusedGraph {
  if (selects) return applied(graph, options, selects)
  const memory = everywhere.get(graph) ?? new Map<string, FusedGraph>()
  everywhere.set(graph, memory)
  const key = JSON.stringify(options)
  const known = memory.get(key) ?? applied(graph, options, () => true)
  memory.set(key, known)
  return known
}

/** Memory of a pure function of an immutable graph: planning asks several times. */
const everywhere = new WeakMap<Graph, Map<string, FusedGraph>>()

function applied(graph: Graph, options: FuseOptions, selects: (site: Site) => boolean): FusedGraph {
  const traced = tracedOf(graph)
  const ready = prepare(traced.graph)
  const settings = settingsOf(traced, options, selects)
  const counts: Record<string, number> = {}
  let fused = ready
  for (const fusion of chosenFusions(options)) {
    const result = fusion.apply(fused, settings)
    fused = result.graph
    if (result.count > 0) counts[fusion.name] = result.count
  }
  if (Object.keys(counts).length === 0) return { graph, counts, groups: [] }
  const clean = pruneOpsets(removeDead(fused))
  return { graph: traced.named(clean), counts, groups: replacedSites(traced, ready, clean) }
}

/** What stood in the way of each fusion that applies, best first, after everything that could be fused was. */
export function missesOf(
  graph: Graph,
  options: FuseOptions,
  only: (fusion: Fusion) => boolean,
): ReadonlyMap<Fusion, readonly NearMiss[]> {
  const traced = tracedOf(graph)
  const settings = settingsOf(traced, options, () => true)
  const found = new Map<Fusion, readonly NearMiss[]>()
  let fused = prepare(traced.graph)
  for (const fusion of chosenFusions(options)) {
    fused = fusion.apply(fused, settings).graph
    if (only(fusion)) found.set(fusion, fusion.nearMisses(fused, settings))
  }
  return found
}

function settingsOf(
  traced: Traced,
  { target, absorb }: FuseOptions,
  selects: (site: Site) => boolean,
): FusionOptions {
  const mayFuse = (node: Node): boolean =>
    node.origins.every(mark => {
      const site = traced.site(mark)
      return !site || selects(site)
    })
  return { target, absorb, mayFuse }
}

/** Memory of a pure function of an immutable graph. */
const traces = new WeakMap<Graph, Traced>()

function tracedOf(graph: Graph): Traced {
  const known = traces.get(graph) ?? trace(graph)
  traces.set(graph, known)
  return known
}
