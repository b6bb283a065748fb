// Steps that choose session options are asked for them while planning, so that two that disagree are told before anything is
// fitted. What a step chooses only once it was fitted, or on a machine that is not at hand, shows when a model is opened.
import { isRefusal } from '@damson/graph'
import type { Ground } from './plan-claims.ts'
import type { Conflict, PlannedStep } from './plan-types.ts'
import type { MachineTraits, SessionOptions } from './runtime.ts'
import { SessionMerge, type Disagreement } from './session-merge.ts'
import { contextOf, savedClaims } from './step-context.ts'
import { stepSeed } from './seeds.ts'

/** A machine of which nothing is known. */
const anyMachine: MachineTraits = { platform: '', arch: '', cores: 1, ort: '', features: [] }

/** Every option of a part that two steps set differently. */
export function sessionConflicts(
  ground: Ground,
  steps: readonly PlannedStep[],
  machine: MachineTraits = anyMachine,
): readonly Conflict[] {
  const choosing = steps.filter(({ step: { algorithm } }) => algorithm.session && !algorithm.fit)
  const parts = new Set(choosing.flatMap(({ claims }) => claims.map(({ part }) => part)))
  return [...parts].flatMap(part => {
    const merged = new SessionMerge()
    return choosing.flatMap(each => {
      const wanted = wantedBy(ground, each, part, machine)
      return wanted ? merged.add(each.id, wanted).map(found => conflictOf(found, part)) : []
    })
  })
}

/** Undefined where the step does not work, or declines on this machine. */
function wantedBy(
  { model, target, seed }: Ground,
  { id, step: { algorithm, params, on }, claims }: PlannedStep,
  part: string,
  machine: MachineTraits,
): SessionOptions | undefined {
  if (!claims.some(claim => claim.part === part)) return undefined
  const work = { id, algorithm, params, on, claims: savedClaims(claims), seed: stepSeed(seed, id), target }
  const context = contextOf({ ...work, warn: () => {} }, model, [part])
  const answer = algorithm.session?.({ ...context, part: model.part(part), machine }, undefined)
  return isRefusal(answer) ? undefined : answer
}

function conflictOf({ option, steps, values }: Disagreement, part: string): Conflict {
  const message =
    `${steps[0]} wants ${option} = ${values[0]} for the session of "${part}", ${steps[1]} wants ${values[1]}. ` +
    'Give both the same, or drop one.'
  return { code: 'session', steps, part, nodes: [], message }
}
