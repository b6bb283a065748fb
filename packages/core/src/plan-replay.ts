// The final word of planning: facts are replayed site by site in the order found, and every need must hold when its step
// comes. A fact holds at first if its probe says so, else if earlier runs recorded it, else by the table.
import type { Fact } from './facts.ts'
import type { Ground, PartClaim, Resolved } from './plan-claims.ts'
import { isRecordedAt } from './recorded-facts.ts'
import type { SiteIndex, SiteKey } from './site-index.ts'

/** A need that does not hold: who needs it, who took it, where. */
export interface Missing {
  readonly at: number
  readonly taker: number | undefined
  readonly fact: Fact
  readonly part: string
  readonly keys: readonly SiteKey[]
}

interface Held {
  readonly holds: boolean
  readonly by: number
}

/** What became of facts so far: by part and fact, then by site. */
type States = Map<string, Map<SiteKey, Held>>

function statesOf(held: States, part: string, fact: Fact): Map<SiteKey, Held> {
  const name = `${part}\n${fact}`
  const known = held.get(name) ?? new Map<SiteKey, Held>()
  held.set(name, known)
  return known
}

/** Every need that fails when steps run in this order. */
export function replay(
  ground: Ground,
  steps: readonly Resolved[],
  order: readonly number[],
): readonly Missing[] {
  const held: States = new Map()
  const missing: Missing[] = []
  for (const at of order) {
    for (const [part, claim] of steps[at]?.claims ?? []) {
      missing.push(...missingNeeds(ground, at, part, claim, held))
      for (const [fact, keys] of claim.effects.takes)
        record(statesOf(held, part, fact), keys.keys(), { holds: false, by: at })
      for (const [fact, keys] of claim.effects.gives)
        record(statesOf(held, part, fact), keys.keys(), { holds: true, by: at })
    }
  }
  return missing
}

function record(states: Map<SiteKey, Held>, keys: Iterable<SiteKey>, state: Held): void {
  for (const key of keys) states.set(key, state)
}

function missingNeeds(
  ground: Ground,
  at: number,
  part: string,
  claim: PartClaim,
  held: States,
): readonly Missing[] {
  const found: Missing[] = []
  for (const [fact, keys] of claim.effects.needs) {
    const states = statesOf(held, part, fact)
    const byTaker = new Map<number | undefined, SiteKey[]>()
    for (const [key, kind] of keys) {
      const state = states.get(key)
      // A part that was named stands for those of its sites that had the fact to begin with.
      const holds =
        state?.holds ??
        (kind === 'spread'
          ? !wasTaken(ground, claim.index, fact, key)
          : holdsAtFirst(ground, claim.index, fact, key))
      if (holds) continue
      const list = byTaker.get(state?.by)
      if (list) list.push(key)
      else byTaker.set(state?.by, [key])
    }
    for (const [taker, where] of byTaker) found.push({ at, taker, fact, part, keys: where })
  }
  return found
}

/** Whether a fact holds at a site of the model as it is given. */
function holdsAtFirst(ground: Ground, index: SiteIndex, fact: Fact, key: SiteKey): boolean {
  const info = ground.facts.get(fact)
  const site = index.siteOf(key)
  const probed = info?.probe?.(site, index.part, ground.model)
  return probed ?? isRecordedAt(ground.model, fact, index.part.name, site) ?? info?.initially ?? false
}

/** Whether an earlier run took a fact that the graph does not show. */
function wasTaken(ground: Ground, index: SiteIndex, fact: Fact, key: SiteKey): boolean {
  const site = index.siteOf(key)
  const probed = ground.facts.get(fact)?.probe?.(site, index.part, ground.model)
  return probed === undefined && isRecordedAt(ground.model, fact, index.part.name, site) === false
}
