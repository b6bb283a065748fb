// Sizes without waiting: rewrites only say which tensors there will be, so running them on the plan costs next to nothing
// and gives the bytes exactly. A step that fits cannot be run here; what it shrinks is left as it is, an upper bound.
// It is asked where it would work, though: steps before it may have left it nothing.
import { weights, type Graph } from '@damson/graph'
import type { Model } from './model.ts'
import type { PartSize, Plan } from './plan-types.ts'
import { applyRewrite } from './rewrite-step.ts'
import { stepSeed } from './seeds.ts'
import { contextOf, savedClaims, type StepAtWork } from './step-context.ts'
import type { Target } from './runtime.ts'

/** Bytes of all weights of a graph, those of nested bodies included; strings count as nothing. */
export function weightBytes(graph: Graph): number {
  return weights(graph).reduce((sum, { tensor }) => sum + tensor.byteLength, 0)
}

/** Bytes of the weights of every part, before and after a plan. Throws what a rewrite throws. */
export function planSizes(
  model: Model,
  plan: Pick<Plan, 'steps'>,
  options: { readonly target?: Target; readonly seed?: number } = {},
): readonly PartSize[] {
  const unknown = new Set<string>()
  let after = model
  for (const { id, step, claims } of plan.steps) {
    const { algorithm, params, on } = step
    const seed = stepSeed(options.seed ?? 0, id)
    const target = options.target ?? 'cpu'
    const work = { id, algorithm, params, on, claims: savedClaims(claims), seed, target, warn: () => {} }
    if (!algorithm.fit) after = applyRewrite(after, work, undefined)
    else if (algorithm.rewrite) askAgain(after, work, unknown)
  }
  return [...new Set([...model.parts.keys(), ...after.parts.keys()])].map(part => ({
    part,
    before: bytesOf(model, part),
    after: bytesOf(after, part),
    exact: !unknown.has(part),
  }))
}

/** What a step that fits would be left by those before it: nothing, or merged weights of which it claims a share, is said now. */
function askAgain(model: Model, work: StepAtWork, unknown: Set<string>): void {
  const context = contextOf(work, model)
  for (const part of context.parts) {
    context.groups(part)
    unknown.add(part)
  }
}

function bytesOf(model: Model, part: string): number {
  const graph = model.parts.get(part)?.graph
  return graph ? weightBytes(graph) : 0
}
