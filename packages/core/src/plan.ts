// Planning: steps in, an order with its reasons out, or everything that stands against one. Pure and fast; it never
// throws for conflicts, so a plan can be shown, compared and repaired. `smash` is where conflicts become an error.
import { DamsonError } from '@damson/graph'
import type { AnyAlgorithm, Step } from './algorithm.ts'
import { algorithmOf } from './define.ts'
import { factTable } from './facts.ts'
import type { Model } from './model.ts'
import { groundOf, resolveSteps, type Ground, type PartClaim, type Resolved } from './plan-claims.ts'
import { cycleConflicts, duplicates, missingConflicts } from './plan-conflicts.ts'
import { hardEdges, softEdges, type OrderEdge } from './plan-edges.ts'
import { orderSteps } from './plan-order.ts'
import { replay } from './plan-replay.ts'
import { sessionConflicts } from './plan-session.ts'
import { planSizes } from './plan-sizes.ts'
import { withSuggestions } from './plan-suggest.ts'
import type { Claim, Conflict, Edge, Plan, PlannedStep } from './plan-types.ts'
import { claimNames, originsOf } from './recorded-facts.ts'
import type { MachineTraits, Target } from './runtime.ts'

export interface PlanOptions {
  /** The machine it is meant for; default `cpu`. */
  readonly target?: Target
  /** Further algorithms, for the facts they define. Those of the steps are known anyway. */
  readonly algorithms?: readonly (AnyAlgorithm | { readonly algorithm: AnyAlgorithm })[]
  /** `given`: the list order binds, and is checked. */
  readonly order?: 'given'
  readonly seed?: number
  /** Apply the rewrites to find sizes; default true. Rewrites are instant, since the tensors they make are computed later. */
  readonly sizes?: boolean
  /** The machine that session options are asked for; without it, one of which nothing is known. */
  readonly machine?: MachineTraits
}

/** The planner's answer: conflicts in it are data. Throws only for what an algorithm itself gets wrong. */
export function plan(model: Model, steps: readonly Step[], options: PlanOptions = {}): Plan {
  const algorithms = [...(options.algorithms ?? []).map(algorithmOf), ...steps.map(step => step.algorithm)]
  const ground = groundOf(model, factTable(algorithms), options.target ?? 'cpu', options.seed)
  const planSteps = planner(ground, options.machine)
  const found = planSteps(steps, options.order)
  if (found.conflicts.length > 0) {
    const evaluate = (changed: readonly Step[], order = options.order): readonly Conflict[] =>
      planSteps(changed, order).conflicts
    return { ...found, conflicts: withSuggestions(ground, steps, found.conflicts, evaluate, options.order) }
  }
  return options.sizes === false ? found : withSizes(ground, found)
}

/** Rewriting for the sizes also shows what no declaration can: a step that an earlier one leaves nothing to work on. */
function withSizes({ model, target, seed }: Ground, found: Plan): Plan {
  try {
    return { ...found, sizes: planSizes(model, found, { target, seed }) }
  } catch (error) {
    if (!DamsonError.isInstance(error, 'refused-later') && !DamsonError.isInstance(error, 'partial-match'))
      throw error
    const { step, part } = error.details
    const code = error.code === 'partial-match' ? 'partial-match' : 'refused'
    const where = typeof part === 'string' ? { part } : {}
    return {
      ...found,
      conflicts: [{ code, steps: [String(step)], ...where, nodes: [], message: error.message }],
    }
  }
}

type Planner = (steps: readonly Step[], binding?: 'given') => Plan

function planner(ground: Ground, machine: MachineTraits | undefined): Planner {
  return (steps, binding) => {
    const resolved = resolveSteps(ground, steps)
    const hard = hardEdges(resolved)
    const { order, kept, dropped, conflicts } =
      binding === 'given' ? givenOrder(ground, resolved, hard) : foundOrder(ground, resolved, hard)
    const planned = order.flatMap(at => (resolved[at] ? [plannedStep(resolved[at])] : []))
    const sessions = sessionConflicts(ground, planned, machine)
    return {
      steps: planned,
      edges: sentences(resolved, kept),
      dropped: sentences(resolved, dropped),
      conflicts: [...resolved.flatMap(each => each.conflicts), ...conflicts, ...sessions],
    }
  }
}

interface Found {
  readonly order: readonly number[]
  readonly kept: readonly OrderEdge[]
  readonly dropped: readonly OrderEdge[]
  readonly conflicts: readonly Conflict[]
}

function foundOrder(ground: Ground, resolved: readonly Resolved[], hard: readonly OrderEdge[]): Found {
  const { order, kept, dropped, cycles } = orderSteps(resolved.length, hard, softEdges(resolved))
  const twice = duplicates(resolved)
  const cyclic = cycleConflicts(resolved, cycles, hard).filter(each => !covers(twice, each))
  const known = [...twice, ...cyclic]
  const missing = missingConflicts(ground, resolved, replay(ground, resolved, order), known)
  // Of a pair in conflict only the direction that the order shows is a reason for it.
  const honoured = kept.filter(edge => order.indexOf(edge.before) < order.indexOf(edge.after))
  return { order, kept: honoured, dropped, conflicts: [...known, ...missing] }
}

/** The list order, checked by replay alone: a fact may be taken and given back on the way. */
function givenOrder(ground: Ground, resolved: readonly Resolved[], hard: readonly OrderEdge[]): Found {
  const order = resolved.map((_, at) => at)
  const [kept, dropped] = split(softEdges(resolved), edge => edge.before < edge.after)
  const twice = duplicates(resolved)
  const failed = replay(ground, resolved, order)
  const mutual = cycleConflicts(resolved, orderSteps(resolved.length, hard, []).cycles, hard)
  const broken = mutual.filter(({ steps: ids, part }) =>
    failed.some(each => each.part === part && ids.includes(resolved[each.at]?.id ?? '')),
  )
  const known = [...twice, ...broken.filter(each => !covers(twice, each))]
  const missing = missingConflicts(ground, resolved, failed, known, { order, edges: hard })
  const inOrder = hard.filter(edge => edge.before < edge.after)
  return { order, kept: [...inOrder, ...kept], dropped, conflicts: [...known, ...missing] }
}

function covers(known: readonly Conflict[], conflict: Conflict): boolean {
  return known.some(each => conflict.steps.every(id => each.steps.includes(id)))
}

function split<T>(items: readonly T[], test: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(test), items.filter(item => !test(item))]
}

function plannedStep({ id, step, claims }: Resolved): PlannedStep {
  return { id, step, claims: [...claims].map(([part, claim]) => claimData(part, claim)) }
}

function claimData(part: string, { index, keys, inside, effects }: PartClaim): Claim {
  const sites = [...inside].map(key => index.siteOf(key))
  const beyond = [...keys].filter(key => !inside.has(key)).map(key => index.siteOf(key))
  const weights = sites.flatMap(site => ('weight' in site ? [site.weight] : []))
  const origins = (kind: 'weight' | 'node'): readonly string[] => [
    ...new Set(sites.flatMap(site => (kind in site && !('part' in site) ? originsOf(site) : []))),
  ]
  return {
    part,
    weights: origins('weight'),
    nodes: origins('node'),
    beyond: [...new Set(beyond.flatMap(claimNames))],
    whole: sites.some(site => 'part' in site),
    bytes: weights.reduce((sum, weight) => sum + weight.tensor.byteLength, 0),
    takes: [...effects.takes.keys()],
    gives: [...effects.gives.keys()],
  }
}

function sentences(resolved: readonly Resolved[], edges: readonly OrderEdge[]): readonly Edge[] {
  const id = (at: number): string => resolved[at]?.id ?? ''
  return edges.map(({ before, after, part, reason, because }) => ({
    ...{ before: id(before), after: id(after) },
    ...{ part, reason, because },
  }))
}

/** What `smash` throws when a plan has conflicts. `code` is `plan`. */
export class PlanError extends DamsonError {
  readonly conflicts: readonly Conflict[]

  constructor(conflicts: readonly Conflict[]) {
    const lines = conflicts.map(({ message, suggestion }) =>
      suggestion ? `- ${message} Try: ${suggestion.text}` : `- ${message}`,
    )
    super('plan', `These steps cannot be planned together:\n${lines.join('\n')}`, { details: { conflicts } })
    this.name = 'PlanError'
    this.conflicts = conflicts
  }
}
