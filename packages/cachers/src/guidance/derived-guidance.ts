// The unconditional branch of guidance made from the conditional one of the same step. Between full steps their difference is
// that of the last full step, its low and its high frequencies weighed apart:
//   û = c + w_low·L(Δ) + w_high·H(Δ),    Δ = u_last − c_last,    H = Δ − L(Δ)
// Source: CFG-Cache of FasterCache (Lv 2024).
import type { Call, Feeds, Outputs, Run } from '@damson/core'
import { numbersOf } from '../gating/combined-tensors.ts'
import { sameSizes, sizesByName, type Sizes } from '../gating/fed-values.ts'
import { conditionalFeeds, halfOutputs, rowsOfBoth, stackedOutputs } from './both-halves.ts'
import { derivedOutputs, splitResidual, type Residual } from './guidance-residual.ts'

export interface GuidanceRules {
  /** Outputs that are caches of gates: there is nothing to derive of them. */
  readonly caches: ReadonlySet<string>
  /** Whether both branches run, given the step at which they last did. */
  isFull(call: Call, feeds: Feeds, last: number): boolean
  /** w_low and w_high at a step that derives. */
  weights(call: Call, feeds: Feeds): readonly [number, number]
}

export interface DerivedGuidance {
  /** True while both branches run: nothing inside may be reused then. */
  isFull(): boolean
  /** Around a run with its gates; `gates` puts them around a run. */
  around(next: Run, gates: (next: Run) => Run): Run
}

interface Known {
  readonly step: number
  readonly sizes: Sizes
  readonly outputs: Outputs
}

/** One generation. Sequential branches come conditional first; where they do not, both always run. */
export function deriveGuidance(rules: GuidanceRules): DerivedGuidance {
  let residual: Residual | undefined
  let conditional: Known | undefined
  let inputs: ReadonlySet<string> | undefined
  let full = false
  const mustRun = (call: Call, feeds: Feeds): boolean =>
    residual === undefined ||
    !sameSizes(residual.sizes, sizesByName(feeds)) ||
    rules.isFull(call, feeds, residual.step)
  const derive = (outputs: Outputs, call: Call, feeds: Feeds): Outputs =>
    residual ? derivedOutputs(outputs, residual, rules.weights(call, feeds)) : outputs
  const remember = (feeds: Feeds, call: Call, without: Outputs, withText: Outputs): void => {
    const splits = splitResidual(without, withText, feeds, rules.caches)
    residual = { splits, step: call.step, sizes: sizesByName(feeds) }
  }
  const one = async (gated: Run, feeds: Feeds, call: Call): Promise<Outputs> => {
    const sizes = sizesByName(feeds)
    const before = conditional?.step === call.step && sameSizes(conditional.sizes, sizes) ? conditional : undefined // prettier-ignore
    full = mustRun(call, feeds)
    if (call.branch === 'uncond' && before && !full) return derive(before.outputs, call, feeds)
    full ||= call.branch === 'uncond'
    const outputs = await gated(feeds, call)
    if (call.branch === 'cond') conditional = { step: call.step, sizes, outputs }
    else if (before) remember(feeds, call, outputs, before.outputs)
    return outputs
  }
  const both = async (
    next: Run,
    gates: (next: Run) => Run,
    feeds: Feeds,
    call: Call,
    rows: number,
  ): Promise<Outputs> => {
    const half = conditionalFeeds(feeds, rows)
    // Steps further out keep what is of both branches, so of one half they get it to keep themselves.
    const alone: Call = { ...call, branch: 'cond', rows: call.rows / 2, keeps: {} }
    // What they feed for both branches at later calls cannot be taken apart: then both run.
    const fed = [...Object.keys(feeds), ...Object.keys(call.takes ?? {})]
    const isOwn = fed.every(name => inputs?.has(name))
    full = !isOwn || mustRun(alone, half)
    if (!full) {
      const outputs = await gates(next)(half, alone)
      return stackedOutputs(derive(outputs, alone, half), outputs)
    }
    const whole = await next(feeds, call)
    const withText = halfOutputs(whole, rows, 1)
    // All gates are open; they see the conditional half, so that it can go on alone. Sizes that they keep cannot be halved.
    const halves = [...rules.caches].every(name => !whole[name] || numbersOf(whole[name]))
    if (halves) await gates(async () => withText)(half, alone)
    remember(half, alone, halfOutputs(whole, rows, 0), withText)
    return whole
  }
  return {
    isFull: () => full,
    around: (next, gates) => {
      const gated = gates(next)
      return async (feeds, call) => {
        inputs ??= new Set(Object.keys(feeds))
        if (call.branch !== 'both') return one(gated, feeds, call)
        const rows = rowsOfBoth(feeds)
        full = false
        return rows === undefined ? gated(feeds, call) : both(next, gates, feeds, call, rows)
      }
    },
  }
}
