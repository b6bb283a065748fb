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
  const merged = new Merge(warnings)
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
    } else if (answer) merged.add(applied.id, answer)
  }
  return { options: merged.options, warnings }
}

const byKey = new Set(['config', 'freeDimensionOverrides'])

/** Options so far, and who set them. */
class Merge {
  options: SessionOptions = {}
  readonly #owners = new Map<string, string>()
  readonly #warnings: SmashEvent[]

  constructor(warnings: SmashEvent[]) {
    this.#warnings = warnings
  }

  add(step: string, wanted: SessionOptions): void {
    const entries = Object.entries(wanted).filter(([, value]) => value !== undefined)
    for (const [name, value] of entries) {
      const old: unknown = Object.entries(this.options).find(([key]) => key === name)?.[1]
      if (byKey.has(name))
        for (const [key, each] of Object.entries(value))
          this.#own(step, `${name}.${key}`, entryOf(old, key), each)
      else this.#own(step, name, old, value)
    }
    const { config, freeDimensionOverrides, ...others } = wanted
    this.options = {
      ...this.options,
      ...others,
      ...(config ? { config: { ...this.options.config, ...config } } : {}),
      ...(freeDimensionOverrides
        ? { freeDimensionOverrides: { ...this.options.freeDimensionOverrides, ...freeDimensionOverrides } }
        : {}),
    }
  }

  #own(step: string, name: string, old: unknown, value: unknown): void {
    const owner = this.#owners.get(name)
    this.#owners.set(name, step)
    if (owner === undefined || JSON.stringify(old) === JSON.stringify(value)) return
    const message = `${owner} wants ${name} = ${JSON.stringify(old)}, ${step} wants ${JSON.stringify(value)}, which counts.`
    this.#warnings.push({
      type: 'warning',
      step,
      code: 'session-conflict',
      message,
      details: { option: name, steps: [owner, step] },
    })
  }
}

function entryOf(record: unknown, key: string): unknown {
  return typeof record === 'object' && record !== null
    ? Object.entries(record).find(([name]) => name === key)?.[1]
    : undefined
}

function atWork({ applied, algorithm, params }: Replay, target: Target, onEvent: OnWarning): StepAtWork {
  const { id, claims, seed } = applied
  const on = checkPlace(applied.use, applied.on)
  return {
    id, algorithm, params, on, claims, seed, target,
    warn: (code, message, details) => onEvent({ type: 'warning', step: id, code, message, ...(details ? { details } : {}) }),
  } // prettier-ignore
}
