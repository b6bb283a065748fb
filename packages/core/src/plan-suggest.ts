// The nearest recipe that works. Every conflict has a few obvious ways out (put one step on the rest, split a part by
// module, leave a part or a step out); they are tried in that order, by planning again.
import type { Place, Step } from './algorithm.ts'
import { nearest } from './near.ts'
import { placeOf, wantsRest } from './place.ts'
import { stepIds, type Ground } from './plan-claims.ts'
import { modulesIn } from './plan-modules.ts'
import type { Conflict } from './plan-types.ts'
import { formatStep } from './step-text.ts'

type Evaluate = (steps: readonly Step[], order?: 'given') => readonly Conflict[]

/** Planning is a few milliseconds; more tries than this would not be. */
const mostTries = 60

/** The conflicts with a suggestion each, where one is found. */
export function withSuggestions(
  ground: Ground,
  steps: readonly Step[],
  conflicts: readonly Conflict[],
  evaluate: Evaluate,
  order?: 'given',
): readonly Conflict[] {
  const tries = { left: mostTries }
  return conflicts.map(conflict => {
    const found = repair(ground, steps, conflict, conflicts, evaluate, tries, order)
    if (!found || found.length === 0) return conflict
    const among = steps.map(step => step.algorithm)
    const text = found.map(step => formatStep(step, among)).join(', ')
    return { ...conflict, suggestion: { text, steps: found } }
  })
}

function repair(
  ground: Ground,
  steps: readonly Step[],
  conflict: Conflict,
  all: readonly Conflict[],
  evaluate: Evaluate,
  tries: { left: number },
  order?: 'given',
): readonly Step[] | undefined {
  const better: { readonly steps: readonly Step[]; readonly left: readonly Conflict[] }[] = []
  for (const candidate of waysOut(ground, steps, conflict)) {
    if (tries.left-- <= 0) return undefined
    const left = evaluate(candidate, order)
    if (left.length === 0) return candidate
    if (left.length < all.length) better.push({ steps: candidate, left })
  }
  for (const { steps: changed, left } of better) {
    const next = left[0]
    const found = next && repair(ground, changed, next, left, evaluate, tries, order)
    if (found) return found
  }
  return undefined
}

/** Changed recipes, the smallest change first. */
function* waysOut(ground: Ground, steps: readonly Step[], conflict: Conflict): Iterable<readonly Step[]> {
  const ids = stepIds(ground.model, steps)
  const concerned = conflict.steps.map(id => ids.indexOf(id)).filter(at => at >= 0)
  const [first] = concerned
  if (first === undefined) return
  if (conflict.code === 'order') yield swapped(steps, concerned)
  if (conflict.code === 'unknown-part') yield* withKnownPart(ground, steps, first, conflict)
  if (conflict.part !== undefined) yield* withoutPart(steps, first, conflict.part, conflict.code)
  if (conflict.code === 'no-match')
    yield change(steps, first, ({ include: _i, exclude: _e, ...place }) => place)
  if (concerned.length > 1 && conflict.code !== 'duplicate') {
    yield* onRest(steps, concerned)
    yield* splitByModule(ground, steps, concerned, conflict.part)
  }
  for (const at of [...concerned].reverse()) yield steps.filter((_, each) => each !== at)
}

function swapped(steps: readonly Step[], [before, after]: readonly number[]): readonly Step[] {
  const moved = before === undefined ? undefined : steps[before]
  if (!moved || after === undefined) return steps
  const others = steps.filter(step => step !== moved)
  const at = others.indexOf(steps[after] ?? moved)
  return [...others.slice(0, at), moved, ...others.slice(at)]
}

function* withKnownPart(
  { model }: Ground,
  steps: readonly Step[],
  at: number,
  { part }: Conflict,
): Iterable<readonly Step[]> {
  const known = part === undefined ? undefined : nearest(part, model.parts.keys())
  if (known === undefined) return
  yield change(steps, at, place => ({
    ...place,
    parts: (place.parts ?? []).map(each => (each === part ? known : each)),
  }))
}

function* withoutPart(
  steps: readonly Step[],
  at: number,
  part: string,
  code: Conflict['code'],
): Iterable<readonly Step[]> {
  const step = steps[at]
  const parts = (step && placeOf(step).parts) ?? []
  const explicit = code === 'refused' || code === 'unknown-part' || code === 'missing-fact'
  if (explicit && parts.length > 1)
    yield change(steps, at, place => ({ ...place, parts: parts.filter(each => each !== part) }))
}

function* onRest(steps: readonly Step[], concerned: readonly number[]): Iterable<readonly Step[]> {
  for (const at of [...concerned].reverse()) {
    const step = steps[at]
    if (step && !wantsRest(step)) yield change(steps, at, place => ({ ...place, rest: true }))
  }
}

/** One step keeps some modules of the part, the other takes the rest: `hqq@unet#/down_blocks*, weight-only@rest`. */
function* splitByModule(
  ground: Ground,
  steps: readonly Step[],
  concerned: readonly number[],
  part: string | undefined,
): Iterable<readonly Step[]> {
  const [a, b] = concerned
  const [one, other] = [steps[a ?? -1], steps[b ?? -1]]
  if (part === undefined || a === undefined || b === undefined || !one || !other || wantsRest(one)) return
  if (placeOf(one).include !== undefined) return
  for (const glob of modulesIn(ground.index(part)).slice(0, 3)) {
    const split = change(steps, a, place => ({ ...place, parts: [part], include: [glob] }))
    yield change(split, b, place => ({ ...place, rest: true }))
  }
}

function change(steps: readonly Step[], at: number, edit: (place: Place) => Place): readonly Step[] {
  return steps.map((step, each) => {
    if (each !== at) return step
    const place = edit(placeOf(step))
    const keys = Object.keys(place)
    const on = keys.length === 0 ? undefined : keys.length === 1 && place.rest === true ? 'rest' : place
    return { ...step, on }
  })
}
