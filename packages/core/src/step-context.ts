// What a hook sees of its step. Between planning and the hook other steps have rewritten the graph, so groups are asked
// for again and restricted, by origins, to what the plan claimed.
import { DamsonError, isRefusal } from '@damson/graph'
import type { AnyAlgorithm, Context, Group, Place, Site } from './algorithm.ts'
import type { Model, Part } from './model.ts'
import type { Params } from './params.ts'
import { callGroups, cutGroup, reachingGroups } from './plan-claims.ts'
import { claimNames } from './recorded-facts.ts'
import type { Claim } from './plan-types.ts'
import type { Target } from './runtime.ts'

/** A step at the moment one of its hooks is called. */
export interface StepAtWork {
  readonly id: string
  readonly algorithm: AnyAlgorithm
  readonly params: Readonly<Record<string, unknown>>
  readonly on: Place | 'rest' | undefined
  /** Part name to the names of what it claimed there (`claimNames`). */
  readonly claims: Readonly<Record<string, readonly string[]>>
  readonly seed: number
  readonly target: Target
  warn(code: string, message: string, details?: Readonly<Record<string, unknown>>): void
}

/** Claims of a plan as they are saved. */
export function savedClaims(claims: readonly Claim[]): Readonly<Record<string, readonly string[]>> {
  const names = ({ weights, nodes, beyond, whole }: Claim): readonly string[] => [
    ...(whole ? ['part'] : []),
    ...weights.map(name => `weight:${name}`),
    ...nodes.map(name => `node:${name}`),
    ...beyond.map(name => `beyond:${name}`),
  ]
  return Object.fromEntries(claims.map(claim => [claim.part, names(claim)]))
}

/** The context of a hook. `parts` narrows it to some of the parts the step works in. */
export function contextOf(
  step: StepAtWork,
  model: Model,
  parts: readonly string[] = Object.keys(step.claims),
): Context<Params> {
  const known = claimedNames(step)
  const selects = (site: Site): boolean => parts.some(part => isIn(step, part, known(part), site))
  const context: Context<Params> = {
    params: step.params,
    target: step.target,
    seed: step.seed,
    step: step.id,
    parts,
    ports: model.ports.filter(port => port.step === step.id && parts.includes(port.part)),
    selects,
    groups: which => {
      const part = typeof which === 'string' ? model.part(which) : which
      return parts.includes(part.name) ? claimedGroups(step, part, known(part.name), context) : []
    },
    warn: (code, message, details) => step.warn(code, message, details),
  }
  return context
}

/** What a step claimed in a part, as a set that is made once. */
function claimedNames({ claims }: StepAtWork): (part: string) => ReadonlySet<string> {
  const made = new Map<string, ReadonlySet<string>>()
  return part => {
    const known = made.get(part) ?? new Set(claims[part])
    made.set(part, known)
    return known
  }
}

function claimedGroups(
  step: StepAtWork,
  part: Part,
  claimed: ReadonlySet<string>,
  context: Context<Params>,
): readonly Group[] {
  const selects = (site: Site): boolean => isIn(step, part.name, claimed, site)
  const groups = callGroups(step.algorithm, part, { ...context, selects, groups: () => [] })
  if (isRefusal(groups)) {
    const at = groups.at === undefined ? '' : ` (at ${groups.at})`
    throw new DamsonError(
      'refused-later',
      `${step.id} accepted "${part.name}" when it was planned, but refuses the graph as it is now: ${groups.refused}${at}. ` +
        'An earlier step changed it: give the two steps different places.',
      { details: { step: step.id, part: part.name, refusal: groups } },
    )
  }
  const reaching = reachingGroups(groups)
  const isReached = (site: Site): boolean => isWithin(step, claimed, site)
  return groups.flatMap(group => cutGroup(group, reaching.includes(group) ? isReached : selects))
}

/** True for what the plan claimed or reached; what was merged of several is touched as soon as one of them was. */
function isWithin(step: StepAtWork, claimed: ReadonlySet<string>, site: Site): boolean {
  const names = claimNames(site)
  return (
    names.some(name => claimed.has(name) || claimed.has(`beyond:${name}`)) || (isNew(site) && isOpen(step))
  )
}

/**
 * True for what the plan claimed. What was merged of claimed and unclaimed origins lies across the border of the place and is
 * refused, by name; where the place has no border, the step had no use for some of the origins: it is left alone, and said.
 */
function isIn(step: StepAtWork, part: string, claimed: ReadonlySet<string>, site: Site): boolean {
  const names = claimNames(site)
  const inside = names.filter(name => claimed.has(name))
  if (inside.length === names.length) return true
  if (inside.length === 0) return isNew(site) && isOpen(step)
  const merged = mergedOf(part, site, names, inside)
  if (!isOpen(step)) throw new DamsonError('partial-match', `${step.id}: ${merged} Widen its place, or keep the step that merged them away from there.`, { details: { step: step.id, part, inside } }) // prettier-ignore
  if (!told.has(step)) step.warn('partial-match', `${merged} It is left alone, and so are others like it.`)
  told.add(step)
  return false
}

/** Made by damson since: claimed by whoever took everything the part offers. */
function isNew(site: Site): boolean {
  if ('part' in site) return false
  return ('weight' in site ? site.weight.origins : site.node.origins).length === 0
}

function isOpen({ on }: StepAtWork): boolean {
  return on === undefined || (on !== 'rest' && !on.include && !on.exclude && !on.rest)
}

/** Steps that have said that something is left alone: there is one for every layer. */
const told = new WeakSet<StepAtWork>()

function mergedOf(part: string, site: Site, names: readonly string[], inside: readonly string[]): string {
  const outside = names.filter(name => !inside.includes(name))
  const what = 'weight' in site ? site.weight.name : 'node' in site ? site.node.name : part
  return `"${what}" in "${part}" was merged from places inside (${inside.join(', ')}) and outside (${outside.join(', ')}) of what the step claims.`
}
