// The first half of planning: where each step works, and what it says there. Places are resolved, groups asked for and
// cut down to the place, and what cannot be honoured becomes a conflict.
import { DamsonError, isRefusal, nodeIdentity, type Refusal } from '@damson/graph'
import type { AnyAlgorithm, Context, Group, Site, Step } from './algorithm.ts'
import { checkGroup, effectsOf, meets, type Effects } from './effects.ts'
import type { FactTable } from './facts.ts'
import type { Model, Part } from './model.ts'
import type { Params } from './params.ts'
import { noMatch, noSite, partialMatch, refusedPart, unknownPart } from './place-conflicts.ts'
import { PlaceMatcher, placeOf, wantsRest } from './place.ts'
import type { Conflict } from './plan-types.ts'
import { rememberedGroups } from './remembered-groups.ts'
import type { Target } from './runtime.ts'
import { stepSeed } from './seeds.ts'
import { SiteIndex, type SiteKey } from './site-index.ts'

/** What planning reads: the model with its sites numbered, the facts, the target. Shared by all plans of one call. */
export interface Ground {
  readonly model: Model
  readonly facts: FactTable
  readonly target: Target
  readonly seed: number
  index(part: string): SiteIndex
}

/** A step with an id and everything it claims. */
export interface Resolved {
  readonly id: string
  readonly step: Step
  /** Position in the list given. */
  readonly at: number
  readonly claims: ReadonlyMap<string, PartClaim>
  readonly conflicts: readonly Conflict[]
}

/** The claim of one step on one part. */
export interface PartClaim {
  readonly index: SiteIndex
  readonly groups: readonly Group[]
  readonly keys: ReadonlySet<SiteKey>
  /** Those inside the place; the others are only reached by groups that neither take nor give. */
  readonly inside: ReadonlySet<SiteKey>
  readonly effects: Effects
}

export function groundOf(model: Model, facts: FactTable, target: Target, seed = 0): Ground {
  const made = new Map<string, SiteIndex>()
  const index = (name: string): SiteIndex => {
    const known = made.get(name) ?? new SiteIndex(model.part(name))
    made.set(name, known)
    return known
  }
  return { model, facts, target, seed, index }
}

/** Ids in list order: the n-th of its like is `id#n`, counting steps already applied to the model. */
export function stepIds(model: Model, steps: readonly Step[]): readonly string[] {
  const seen = new Map<string, number>()
  for (const { use } of model.applied) seen.set(use, (seen.get(use) ?? 0) + 1)
  return steps.map(({ algorithm: { id } }) => {
    const count = (seen.get(id) ?? 0) + 1
    seen.set(id, count)
    return count === 1 ? id : `${id}#${count}`
  })
}

/** Claims of all steps; those placed on the rest come after all others. Order of the result is that of the list. */
export function resolveSteps(ground: Ground, steps: readonly Step[]): readonly Resolved[] {
  const ids = stepIds(ground.model, steps)
  const resolve = (step: Step, at: number, others: readonly Resolved[]): Resolved =>
    resolveStep(ground, step, ids[at] ?? step.algorithm.id, at, others)
  const placed = new Map<number, Resolved>()
  steps.forEach((step, at) => !wantsRest(step) && placed.set(at, resolve(step, at, [])))
  const others = [...placed.values()]
  return steps.map((step, at) => placed.get(at) ?? resolve(step, at, others))
}

export interface Asked {
  readonly part: string
  readonly refusal?: Refusal
  readonly claim?: PartClaim
  readonly partial: readonly SiteKey[]
}

function resolveStep(
  ground: Ground,
  step: Step,
  id: string,
  at: number,
  others: readonly Resolved[],
): Resolved {
  const place = placeOf(step)
  const named = place.parts ?? [...ground.model.parts.keys()]
  const known = named.filter(part => ground.model.parts.has(part))
  const matcher = new PlaceMatcher(place)
  const asked = known.map(part => askPart(ground, step, id, ground.index(part), matcher, others))
  if (matcher.restricts) for (const part of known) touchAll(ground.index(part), matcher)
  const claims = new Map(asked.flatMap(({ part, claim }) => (claim ? [[part, claim] as const] : [])))
  const conflicts = [
    ...named.filter(part => !known.includes(part)).map(part => unknownPart(ground, id, part)),
    ...asked.flatMap(each => (each.partial.length > 0 ? [partialMatch(ground, id, each)] : [])),
    ...(place.parts ? asked.flatMap(each => refusedPart(id, each)) : []),
    ...matcher.unmatched().map(pattern => noMatch(ground, id, known, pattern)),
  ]
  const empty = claims.size === 0 && conflicts.length === 0 ? [noSite(step, id, asked)] : []
  return { id, step, at, claims, conflicts: [...conflicts, ...empty] }
}

/** What an algorithm says to one part, when nothing else is planned. */
export function askStep(ground: Ground, step: Step, part: string): Pick<Asked, 'claim' | 'refusal'> {
  const matcher = new PlaceMatcher(placeOf(step))
  return askPart(ground, step, step.algorithm.id, ground.index(part), matcher, [])
}

/** Lets every glob see every name, also of sites that the algorithm did not offer: only then "matches nothing" is true. */
function touchAll(index: SiteIndex, matcher: PlaceMatcher): void {
  if (matcher.unmatched().length === 0) return
  for (const { node, scope } of index.nodes) matcher.match({ node, path: scope.path })
  for (const weight of index.weights) matcher.match({ weight })
}

function askPart(
  ground: Ground,
  step: Step,
  id: string,
  index: SiteIndex,
  matcher: PlaceMatcher,
  others: readonly Resolved[],
): Asked {
  const { part } = index
  const taken = wantsRest(step) ? claimedByOthers(step.algorithm, part.name, others) : undefined
  const selects = (site: Site): boolean => {
    const match = matcher.match(site)
    const key = index.keyOf(site)
    if (match === 'no' || key === undefined) return false
    return taken === undefined || !meets(taken, key)
  }
  const ask = (): readonly Group[] | Refusal =>
    callGroups(step.algorithm, part, planContext(ground, step, id, selects))
  const { target, seed } = ground
  // What "the rest" is hangs on the other steps too.
  const groups = wantsRest(step) ? ask() : rememberedGroups(part, step, `${target} ${seed} ${id}`, ask)
  if (isRefusal(groups)) return { part: part.name, refusal: groups, partial: [] }
  for (const group of groups) {
    checkGroup(ground.facts, step.algorithm, group)
    for (const site of group.sites) if (index.keyOf(site) === undefined) throw foreignSite(id, part, site)
  }
  const { kept, cut, partial } = cutGroups(groups, selects, site => matcher.match(site) === 'partial')
  if (kept.length === 0) return { part: part.name, partial: [] }
  const keysOf = (list: readonly Group[]): ReadonlySet<SiteKey> =>
    new Set(list.flatMap(group => group.sites.flatMap(site => index.keyOf(site) ?? [])))
  const [keys, inside] = [keysOf(kept), keysOf(cut)]
  const effects = effectsOf(ground.facts, index, kept, step.algorithm)
  const split = partial.flatMap(site => index.keyOf(site) ?? [])
  return {
    part: part.name,
    claim: { index, groups: kept, keys, inside, effects },
    partial: [...new Set(split)],
  }
}

/**
 * Groups cut down to a place. A group that neither takes nor gives may reach beyond it (what AWQ folds its scales into),
 * as long as another group keeps inside; where no group takes or gives, all are cut.
 */
function cutGroups(
  groups: readonly Group[],
  selects: (site: Site) => boolean,
  isPartial: (site: Site) => boolean,
): { readonly kept: readonly Group[]; readonly cut: readonly Group[]; readonly partial: readonly Site[] } {
  const reaching = reachingGroups(groups)
  const cut = groups.filter(group => !reaching.includes(group)).flatMap(group => cutGroup(group, selects))
  const partial = cut.flatMap(group => group.sites.filter(isPartial))
  return { kept: cut.length === 0 ? [] : [...cut, ...reaching], cut, partial }
}

/** Groups that may reach beyond a place: those that neither take nor give, beside others that do. */
export function reachingGroups(groups: readonly Group[]): readonly Group[] {
  const acts = ({ takes = [], gives = [] }: Group): boolean => takes.length + gives.length > 0
  return groups.some(acts) ? groups.filter(group => !acts(group)) : []
}

/**
 * A group cut to the sites that pass; none when a whole kind of its sites is gone, since a group of weights and nodes
 * means nothing without the nodes. A weight that was named itself brings the nodes that it feeds.
 */
export function cutGroup(group: Group, passes: (site: Site) => boolean): readonly Group[] {
  const sites = group.sites.filter(passes)
  if (sites.length === group.sites.length) return sites.length > 0 ? [group] : []
  if (sites.length === 0) return []
  const kinds = (list: readonly Site[]): number => new Set(list.map(kindOf)).size
  const whole = kinds(sites) === kinds(group.sites) ? sites : withFed(group, sites)
  return kinds(whole) === kinds(group.sites) ? [{ ...group, sites: whole }] : []
}

/** The sites of a group that pass, with those of its nodes that read one of them. */
function withFed({ sites: all }: Group, passing: readonly Site[]): readonly Site[] {
  const fed = new Set(
    passing.flatMap(site => ('weight' in site ? site.weight.uses.map(use => use.node) : [])),
  )
  const passes = new Set(passing)
  return all.filter(site => passes.has(site) || ('node' in site && fed.has(site.node)))
}

function kindOf(site: Site): 'part' | 'node' | 'weight' {
  return 'part' in site ? 'part' : 'node' in site ? 'node' : 'weight'
}

/** Where other steps take a fact that this algorithm takes too; everything they claim when it takes none. */
function claimedByOthers(
  { contract }: AnyAlgorithm,
  part: string,
  others: readonly Resolved[],
): ReadonlySet<SiteKey> {
  const own = contract.takes ?? []
  const shares = ({ takes = [] }: Group): boolean =>
    own.length === 0 || takes.some(fact => own.includes(fact))
  const claims = others.flatMap(other => other.claims.get(part) ?? [])
  const keys = claims.flatMap(({ index, groups }) =>
    groups.filter(shares).flatMap(group => group.sites.flatMap(site => index.keyOf(site) ?? [])),
  )
  return new Set(keys)
}

/** Calls `groups`, adding step and part to whatever it throws. */
export function callGroups(
  algorithm: AnyAlgorithm,
  part: Part,
  context: Context<Params>,
): readonly Group[] | Refusal {
  try {
    return algorithm.groups(part, context)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new DamsonError(
      'step-failed',
      `${algorithm.id} failed to say where it works in "${part.name}": ${why}`,
      {
        cause,
        details: { step: context.step, part: part.name },
      },
    )
  }
}

function planContext(
  ground: Ground,
  step: Step,
  id: string,
  selects: (site: Site) => boolean,
): Context<Params> {
  return {
    params: step.params,
    target: ground.target,
    seed: stepSeed(ground.seed, id),
    step: id,
    parts: [],
    ports: [],
    selects,
    groups: () => [],
    warn: () => {},
  }
}

function foreignSite(id: string, part: Part, site: Site): DamsonError {
  const name = 'node' in site ? nodeIdentity(site.node) : 'weight' in site ? site.weight.name : site.part.name
  return new DamsonError(
    'invalid-group',
    `${id} names "${name}", which is not in the part "${part.name}" it was asked about.`,
  )
}
