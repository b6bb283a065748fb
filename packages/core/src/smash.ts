// The one verb: plan, then for every step fit, rewrite, and note what is to be replayed at run time. The model that came
// in stays as it was; what comes out carries the steps that made it.
import type { Step } from './algorithm.ts'
import type { OnEvent } from './events.ts'
import { runFit, type FitMeans } from './fit-step.ts'
import { graphHash } from './graph-hash.ts'
import type { AppliedStep, Model, Replay } from './model.ts'
import { plan, PlanError } from './plan.ts'
import type { PlannedStep } from './plan-types.ts'
import { applyRewrite } from './rewrite-step.ts'
import type { MachineTraits, Runtime, Target } from './runtime.ts'
import type { Samples } from './samples.ts'
import { stepSeed } from './seeds.ts'
import { savedClaims, type StepAtWork } from './step-context.ts'
import { throwIfAborted } from './step-errors.ts'

export interface SmashOptions {
  /** The machine it is meant for; default that of the runtime, else `cpu`. */
  readonly target?: Target
  /** Calibration samples, for steps that fit on them. */
  readonly samples?: Samples
  /** Runs graphs for steps that need it while they fit. */
  readonly runtime?: Runtime
  /** Seed of everything random; default 0. Same seed, same bytes. */
  readonly seed?: number
  readonly signal?: AbortSignal
  readonly onEvent?: OnEvent
  /** `given`: the order of the list binds, and is checked. */
  readonly order?: 'given'
  /** Where fits put large intermediate data; memory when not given. */
  readonly scratch?: NonNullable<FitMeans['scratch']>
}

/** Applies steps to a model. Throws `PlanError` with every conflict, `aborted`, or what a step throws, naming it. */
export async function smash(
  model: Model,
  steps: readonly Step[],
  options: SmashOptions = {},
): Promise<Model> {
  const { signal = new AbortController().signal, onEvent = () => {}, seed = 0 } = options
  const target = options.target ?? options.runtime?.target ?? 'cpu'
  throwIfAborted(signal)
  const machine = await machineFor(steps, options.runtime)
  const planned = plan(model, steps, {
    target,
    seed,
    sizes: false,
    ...(machine ? { machine } : {}),
    ...(options.order ? { order: options.order } : {}),
  })
  if (planned.conflicts.length > 0) throw new PlanError(planned.conflicts)
  const means: FitMeans = {
    source: model,
    samples: options.samples,
    runtime: options.runtime,
    signal,
    scratch: options.scratch,
    progress: (step, done, total) => onEvent({ type: 'progress', step, done, total }),
  }
  let made = model
  for (const [index, each] of planned.steps.entries()) {
    // Lets timers and the abort signal in between two steps.
    await Promise.resolve()
    throwIfAborted(signal)
    const count = planned.steps.length
    onEvent({ type: 'step-start', step: each.id, index, count })
    made = await runStep(made, atWork(each, target, seed, onEvent), each, means)
    onEvent({ type: 'step-end', step: each.id, index, count })
  }
  throwIfAborted(signal)
  return made
}

/** The machine at hand, where some step chooses session options for it. */
async function machineFor(
  steps: readonly Step[],
  runtime: Runtime | undefined,
): Promise<MachineTraits | undefined> {
  return steps.some(({ algorithm }) => algorithm.session !== undefined) ? runtime?.traits() : undefined
}

function atWork(
  { id, step, claims }: PlannedStep,
  target: Target,
  seed: number,
  onEvent: OnEvent,
): StepAtWork {
  return {
    id,
    algorithm: step.algorithm,
    params: step.params,
    on: step.on,
    claims: savedClaims(claims),
    seed: stepSeed(seed, id),
    target,
    warn: (code, message, details) =>
      onEvent({ type: 'warning', step: id, code, message, ...(details ? { details } : {}) }),
  }
}

async function runStep(
  model: Model,
  step: StepAtWork,
  planned: PlannedStep,
  means: FitMeans,
): Promise<Model> {
  const { state, files } = await runFit(model, step, means)
  throwIfAborted(means.signal)
  const after = applyRewrite(model, step, state)
  const applied = {
    ...appliedStep(step, planned),
    ...(step.algorithm.fit ? { fitted: hashesOf(model, step) } : {}),
  }
  const { algorithm, params } = step
  const replay: Replay = { applied, algorithm, params, state: algorithm.kept?.(state) ?? state }
  return after.with({
    ...(files.size > 0 ? { files: new Map([...after.files, ...files]) } : {}),
    applied: [...after.applied, applied],
    replays: applied.replays.length > 0 ? [...after.replays, replay] : after.replays,
  })
}

/** The graphs that the state was fitted on, by part. */
function hashesOf(model: Model, { claims }: StepAtWork): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(claims).map(part => [part, graphHash(model.part(part).graph)]))
}

function appliedStep(step: StepAtWork, { claims }: PlannedStep): AppliedStep {
  const { algorithm, id, params, on, seed } = step
  const replays: AppliedStep['replays'] = [
    ...(algorithm.session ? (['session'] as const) : []),
    ...(algorithm.wrap ? (['wrap'] as const) : []),
  ]
  const spoken = (kind: 'takes' | 'gives'): Readonly<Record<string, readonly string[]>> =>
    Object.fromEntries(claims.map(({ part, [kind]: facts }) => [part, facts]))
  return {
    id, use: algorithm.id, version: algorithm.version, params, seed, replays, claims: step.claims,
    took: spoken('takes'), gave: spoken('gives'), ...(on === undefined ? {} : { on }),
  } // prettier-ignore
}
