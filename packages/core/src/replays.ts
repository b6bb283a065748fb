// What a runtime asks of a smashed model: the middlewares to put around its runs, and the options for its sessions. Both
// are made anew from what was saved, so a model that was loaded behaves like the one that was smashed.
import { DamsonError, isRefusal } from '@damson/graph'
import type { SmashEvent } from './events.ts'
import type { Generation, Middleware } from './middleware.ts'
import type { Model, Replay } from './model.ts'
import { checkPlace } from './define.ts'
import { resolveParams } from './param-check.ts'
import type { Params } from './params.ts'
import type { MachineTraits, SessionOptions, Target } from './runtime.ts'
import { SessionMerge, type Disagreement } from './session-merge.ts'
import { contextOf, type StepAtWork } from './step-context.ts'
import { inStep } from './step-errors.ts'

/** A middleware of one step on one part. The first of the list is outermost. */
export interface AttachedMiddleware {
  readonly stepId: string
  readonly part: string
  readonly middleware: Middleware
}

type OnWarning = (event: Extract<SmashEvent, { readonly type: 'warning' }>) => void

/**
 * The middlewares of a model, in the order of its plan. Open each once per generation; `controls` of the generation are
 * checked then (`invalid-control`) and reach the step as its parameters.
 * @experimental
 */
export function middlewares(
  model: Model,
  target: Target = 'cpu',
  onEvent: OnWarning = () => {},
): readonly AttachedMiddleware[] {
  return model.replays
    .filter(({ algorithm }) => algorithm.wrap !== undefined)
    .flatMap(replay =>
      Object.keys(replay.applied.claims).map(part => ({
        stepId: replay.applied.id,
        part,
        middleware: (generation: Generation) =>
          openMiddleware(model, replay, part, target, generation, onEvent),
      })),
    )
}

function openMiddleware(
  model: Model,
  replay: Replay,
  part: string,
  target: Target,
  generation: Generation,
  onEvent: OnWarning,
): ReturnType<Middleware> {
  const { algorithm, applied, state } = replay
  const params = controlled(replay, generation.controls?.[applied.id])
  const context = contextOf({ ...atWork(replay, target, onEvent), params }, model, [part])
  const opened = inStep(applied.id, () => algorithm.wrap?.(context, state)(generation))
  if (opened?.part === part) return opened
  throw new DamsonError(
    'invalid-middleware',
    `${applied.id}: expected "wrap" to act on the part it was called for, "${part}" (ctx.parts[0]), got "${opened?.part}".`,
  )
}

/** Throws `invalid-control` for a step that is not there, or a parameter that may not change while a model runs. */
export function checkControls(model: Model, controls: NonNullable<Generation['controls']>): void {
  for (const [step, values] of Object.entries(controls)) {
    const replay = model.replays.find(({ applied }) => applied.id === step)
    if (replay) controlled(replay, values)
    else throw invalidControl(step, `the model has no such step at run time; it has ${idsOf(model)}`)
  }
}

function controlled(
  replay: Replay,
  controls: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const { algorithm, applied, params } = replay
  const declared: Params = algorithm.params
  const fixed = Object.keys(controls).find(name => declared[name]?.live !== true)
  if (fixed === undefined) return resolveParams(algorithm, { ...params, ...controls })
  const live = Object.keys(declared).filter(name => declared[name]?.live === true)
  throw invalidControl(
    applied.id,
    `"${fixed}" cannot be changed while the model runs; ${live.length > 0 ? `${live.join(', ')} can` : 'nothing can'}`,
  )
}

function idsOf(model: Model): string {
  return model.replays.map(({ applied }) => applied.id).join(', ') || 'none'
}

function invalidControl(step: string, why: string): DamsonError {
  return new DamsonError('invalid-control', `Controls for ${step}: ${why}.`, { details: { step } })
}

/** Session options of a part, merged over all steps in the order of the plan. */
export interface MergedSession {
  readonly options: SessionOptions
  /** Steps that declined on this machine, and options on which two steps do not agree (the later one counts). */
  readonly warnings: readonly Extract<SmashEvent, { readonly type: 'warning' }>[]
}

/** The options that the steps of a model want for the sessions of one part on one machine. @experimental */
export function sessionOptions(
  model: Model,
  part: string,
  machine: MachineTraits,
  target: Target = 'cpu',
): MergedSession {
  const warnings: Extract<SmashEvent, { readonly type: 'warning' }>[] = []
  const merged = new SessionMerge()
  for (const replay of model.replays) {
    const { algorithm, applied, state } = replay
    if (!algorithm.session || applied.claims[part] === undefined) continue
    const context = contextOf(
      atWork(replay, target, event => warnings.push(event)),
      model,
      [part],
    )
    const answer = inStep(applied.id, () =>
      algorithm.session?.({ ...context, part: model.part(part), machine }, state),
    )
    if (isRefusal(answer)) {
      const message = `${applied.id} does nothing for "${part}" on this machine: ${answer.refused}.`
      warnings.push({
        type: 'warning',
        step: applied.id,
        code: 'session-declined',
        message,
        details: { part, refusal: answer },
      })
    } else if (answer) {
      const disagreements = merged.add(applied.id, answer)
      warnings.push(...disagreements.map(disagreementWarning))
    }
  }
  return { options: merged.options, warnings }
}

function disagreementWarning({ option, steps, values }: Disagreement): MergedSession['warnings'][number] {
  const [owner, step] = steps
  const message = `${owner} wants ${option} = ${values[0]}, ${step} wants ${values[1]}, which counts.`
  return { type: 'warning', step, code: 'session-conflict', message, details: { option, steps } }
}

function atWork({ applied, algorithm, params }: Replay, target: Target, onEvent: OnWarning): StepAtWork {
  const { id, claims, seed } = applied
  const on = checkPlace(applied.use, applied.on)
  return {
    id, algorithm, params, on, claims, seed, target,
    warn: (code, message, details) => onEvent({ type: 'warning', step: id, code, message, ...(details ? { details } : {}) }),
  } // prettier-ignore
}
