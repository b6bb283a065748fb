// What a step says of a part, fact by fact: the keys where it needs, takes and gives. Implications are spelled out here,
// so that the rest of planning compares sets and knows nothing of facts.
import { DamsonError } from '@damson/graph'
import type { AnyAlgorithm, Group, Site } from './algorithm.ts'
import { implied, implying, type Fact, type FactInfo, type FactTable } from './facts.ts'
import { wholePart, type SiteIndex, type SiteKey } from './site-index.ts'

/** Keys, each with whether it is meant itself (`direct`) or stands for a whole part that was named. */
export type Spread = ReadonlyMap<SiteKey, 'direct' | 'spread'>

export interface Effects {
  readonly needs: ReadonlyMap<Fact, Spread>
  readonly takes: ReadonlyMap<Fact, Spread>
  readonly gives: ReadonlyMap<Fact, Spread>
  /** Where the graph changes: keys of groups that take, give or change. Empty when nothing is rewritten. */
  readonly moves: ReadonlySet<SiteKey>
}

type Collected = Map<Fact, Map<SiteKey, 'direct' | 'spread'>>

/** The effects of the groups of one step in one part. An algorithm that rewrites needs `graph:open`, said or not. */
export function effectsOf(
  table: FactTable,
  index: SiteIndex,
  groups: readonly Group[],
  algorithm: AnyAlgorithm,
): Effects {
  const needs: Collected = new Map()
  const takes: Collected = new Map()
  const gives: Collected = new Map()
  const moves = new Set<SiteKey>()
  const note = (into: Collected, group: Group, names: readonly Fact[] = []): void => {
    for (const fact of names) collect(into, fact, spread(index, group, factInfo(table, algorithm, fact)))
  }
  if (algorithm.rewrite) collect(needs, 'graph:open', [[wholePart, 'direct']])
  for (const group of groups) {
    note(needs, group, group.needs)
    note(takes, group, group.takes)
    note(gives, group, group.gives)
    const quiet = group.changes !== true && !group.takes?.length && !group.gives?.length
    if (algorithm.rewrite && !quiet) for (const site of group.sites) moves.add(index.keyOf(site) ?? wholePart)
  }
  return {
    needs,
    takes: closed(takes, fact => implying(table, fact)),
    gives: closed(gives, fact => implied(table, fact)),
    moves,
  }
}

function collect(into: Collected, fact: Fact, keys: Iterable<readonly [SiteKey, 'direct' | 'spread']>): void {
  const known = into.get(fact) ?? new Map<SiteKey, 'direct' | 'spread'>()
  into.set(fact, known)
  for (const [key, kind] of keys) if (kind === 'direct' || !known.has(key)) known.set(key, kind)
}

/** Facts together with what goes or comes along with them. */
function closed(collected: Collected, others: (fact: Fact) => readonly Fact[]): Collected {
  const all: Collected = new Map()
  for (const [fact, keys] of collected) for (const each of others(fact)) collect(all, each, keys)
  return all
}

/** Throws `invalid-group` where a group speaks of a fact that nobody defines or that cannot hold at any of its sites. */
export function checkGroup(table: FactTable, algorithm: AnyAlgorithm, group: Group): void {
  for (const fact of [...(group.needs ?? []), ...(group.takes ?? []), ...(group.gives ?? [])]) {
    const info = factInfo(table, algorithm, fact)
    const { scope } = info
    const fits =
      scope === 'part' ||
      scope === 'run' ||
      group.sites.some(site => 'part' in site || isOfScope(site, scope))
    if (!fits && group.sites.length > 0) throw misplaced(algorithm, group, fact, info)
  }
}

function factInfo(table: FactTable, algorithm: AnyAlgorithm, fact: Fact): FactInfo {
  const info = table.get(fact)
  if (info) return info
  throw new DamsonError(
    'invalid-group',
    `${algorithm.id} speaks of the fact "${fact}", which nobody defines.`,
  )
}

/**
 * The keys at which a group speaks of a fact. Facts of a part or a run hold at the part, whatever sites the group names.
 * Facts of weights or nodes hold at the group's sites of that kind; a part site stands for all of them.
 */
function* spread(
  index: SiteIndex,
  { sites }: Group,
  { scope }: FactInfo,
): Iterable<readonly [SiteKey, 'direct' | 'spread']> {
  if (scope === 'part' || scope === 'run') return yield [wholePart, 'direct']
  for (const site of sites) {
    if ('part' in site) for (const key of index.keys(scope)) yield [key, 'spread']
    else if (isOfScope(site, scope)) yield [index.keyOf(site) ?? wholePart, 'direct']
  }
}

function isOfScope(site: Site, scope: 'weight' | 'node'): boolean {
  return scope === 'weight' ? 'weight' in site : 'node' in site
}

/** True when a site lies in a set of sites; the part as a whole meets everything in it. */
export function meets(keys: ReadonlySet<SiteKey>, key: SiteKey): boolean {
  return keys.has(key) || keys.has(wholePart) || (key === wholePart && keys.size > 0)
}

function misplaced(algorithm: AnyAlgorithm, group: Group, fact: Fact, info: FactInfo): DamsonError {
  const kind = group.sites[0] === undefined ? 'no sites' : 'node' in group.sites[0] ? 'nodes' : 'weights'
  return new DamsonError(
    'invalid-group',
    `${algorithm.id} speaks of "${fact}" in a group of ${kind}, but that fact holds at ${info.scope}s. ` +
      `Name ${info.scope} sites in that group, or the part.`,
  )
}
