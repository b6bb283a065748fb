// Declared facts against the graph: what a group needs was there, what it takes is gone, what it gives has come, and no
// other fact changed at any site. A site is followed through the rewrite by its origins.
import {
  factTable,
  implied,
  implying,
  isFact,
  plan,
  smash,
  type Fact,
  type FactInfo,
  type FactTable,
  type Group,
  type Model,
  type Part,
  type Sample,
  type Site,
} from '@damson/core'
import { walk, weights } from '@damson/graph'
import { feedsFor } from '@damson/runtime'
import { tinyModels } from '../tiny-models.ts'
import { smashed } from './smashed.ts'
import type { Check, Subject } from './subject.ts'

/** What holds at an original site: fact to value, or undefined where no probe tells. */
type Held = ReadonlyMap<string, boolean | undefined>

const factsAreTrue: Check = {
  name: 'declared facts are what the graphs show',
  run: async subject => {
    const problems: string[] = []
    for (const [name, before, after] of await everyModel(subject)) {
      for (const part of before.parts.values()) {
        const found = partProblems(subject, before, after, part)
        problems.push(...found.map(problem => `"${name}", part "${part.name}": ${problem}`))
      }
    }
    return [...new Set(problems)].slice(0, 12)
  },
}

/**
 * The models of the cases, and every tiny model that the algorithm accepts: authors do not think of the recurrence whose
 * weights are decoded, and that stays plain.
 */
async function everyModel(subject: Subject): Promise<readonly (readonly [string, Model, Model])[]> {
  const { cases, defined, runtime } = subject
  const found: (readonly [string, Model, Model])[] = []
  for (const [name, make] of Object.entries(cases.accepts)) {
    const before = await make()
    found.push([name, before, await smashed(subject, before)])
  }
  for (const [name, make] of Object.entries(tinyModels)) {
    const before = make()
    const target = cases.target ?? 'cpu'
    const steps = [defined(cases.params ?? {})]
    if (plan(before, steps, { target, sizes: false }).conflicts.length > 0) continue
    const samples = (part: string): readonly Sample[] =>
      [0, 1].map(step => ({
        part,
        feeds: feedsFor(before.part(part).graph, { seed: step }),
        run: { id: 0, step, branch: 'both' },
      }))
    const after = await smash(before, steps, {
      target,
      runtime,
      seed: 7,
      ...(cases.samples ? { samples } : {}),
    })
    found.push([`tiny ${name}`, before, after])
  }
  return found
}

function partProblems(subject: Subject, before: Model, after: Model, part: Part): readonly string[] {
  const { algorithm } = subject.defined
  const table = factTable([algorithm])
  const groups = groupsIn(subject, after, part)
  return [...table].flatMap(([fact, info]) => {
    if (!info.probe || !isFact(fact)) return []
    const was = holds(before, part, info)
    const is = holds(after, after.part(part.name), info)
    return factProblems(fact, info, groups, { was, is }, table)
  })
}

/** The groups on the original part; none where the step did not work. */
function groupsIn({ defined, cases }: Subject, after: Model, part: Part): readonly Group[] {
  const worked = after.applied.some(step => step.claims[part.name] !== undefined)
  if (!worked) return []
  const step = defined(cases.params ?? {})
  const groups = defined.algorithm.groups(part, {
    params: step.params, target: cases.target ?? 'cpu', seed: 7, step: defined.algorithm.id, parts: [], ports: [],
    selects: () => true, groups: () => [], warn: () => {},
  }) // prettier-ignore
  return 'refused' in groups ? [] : groups
}

/** Where a fact holds, by origin. What several sites came from one origin holds where it holds at all of them. */
function holds(model: Model, part: Part, info: FactInfo): Held {
  const held = new Map<string, boolean | undefined>()
  for (const [names, site] of sitesOf(part, info)) {
    const value = info.probe?.(site, part, model)
    for (const name of names) {
      const old = held.get(name)
      held.set(name, value === undefined ? old : old === undefined ? value : old && value)
    }
  }
  return held
}

function sitesOf(part: Part, { scope }: FactInfo): readonly (readonly [readonly string[], Site])[] {
  if (scope === 'weight') return weights(part.graph).map(weight => [weight.origins, { weight }])
  if (scope === 'node')
    return [...walk(part.graph)].map(({ node, scope: at }) => [node.origins, { node, path: at.path }])
  return [[['part'], { part }]]
}

function factProblems(
  fact: Fact,
  info: FactInfo,
  groups: readonly Group[],
  { was, is }: { was: Held; is: Held },
  table: FactTable,
): readonly string[] {
  const named = (all: (group: Group) => readonly Fact[]): ReadonlySet<string> =>
    new Set(groups.filter(group => all(group).includes(fact)).flatMap(group => originsIn(group, info, was)))
  const needs = named(group => group.needs ?? [])
  const takes = named(group => (group.takes ?? []).flatMap(each => implying(table, each)))
  const gives = named(group => (group.gives ?? []).flatMap(each => implied(table, each)))
  return [...was.keys()].flatMap(origin => {
    const [old, now] = [was.get(origin), is.get(origin)]
    if (needs.has(origin) && old === false) return [`needs "${fact}" at "${origin}", where it does not hold`]
    if (takes.has(origin) && now === true && old === true)
      return [`takes "${fact}" at "${origin}", where it still holds`]
    if (gives.has(origin) && now === false) return [`gives "${fact}" at "${origin}", where it does not hold`]
    if (old === true && now === false && !takes.has(origin))
      return [`ends "${fact}" at "${origin}" without saying so (takes)`]
    if (old === false && now === true && !gives.has(origin))
      return [`brings "${fact}" at "${origin}" without saying so (gives)`]
    return []
  })
}

function originsIn(group: Group, { scope }: FactInfo, all: Held): readonly string[] {
  if (scope === 'part' || scope === 'run' || group.sites.some(site => 'part' in site)) return [...all.keys()]
  return group.sites.flatMap(site =>
    'weight' in site ? site.weight.origins : 'node' in site ? site.node.origins : [],
  )
}

/** All checks of facts. */
export const factChecks: readonly Check[] = [factsAreTrue]
