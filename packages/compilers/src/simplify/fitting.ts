// Answers to what simplification asks, while it can be asked: constant parts run in the runtime without optimizations, so
// that they give what the source gives; weights are compared in bands.
import type { FitContext, Params, StateValue } from '@damson/core'
import { findEqualWeights, findTransposedTwins, type Graph } from '@damson/graph'
import { evaluate } from '../evaluated-constants.ts'
import type { Asking, Question } from './loop.ts'

/** Means of a fit. */
type Means = Pick<FitContext<Params>, 'open' | 'signal' | 'warn'>

/** Goes through with the work once; the answers that it was given, in order. */
export async function answersFor(asking: Asking, given: Means): Promise<readonly StateValue[]> {
  const answers: StateValue[] = []
  const means = { ...given, warn: once(given.warn) }
  for (let step = asking.next(); step.done !== true;) {
    means.signal.throwIfAborted()
    const answer = await answerTo(step.value, means)
    answers.push(answer)
    step = asking.next(answer)
  }
  return answers
}

/** What cannot be computed is asked for again in every round. */
function once(warn: Means['warn']): Means['warn'] {
  const told = new Set<string>()
  return (code, message, details) => {
    if (!told.has(message)) warn(code, message, details)
    told.add(message)
  }
}

async function answerTo({ kind, graph }: Question, means: Means): Promise<StateValue> {
  return kind === 'run' ? ((await evaluate(graph, means)) ?? {}) : compare(graph, means)
}

async function compare(graph: Graph, { signal }: Means): Promise<StateValue> {
  const equal = await findEqualWeights(graph, { signal })
  const twins = await findTransposedTwins(graph, { signal })
  return {
    equal: Object.fromEntries(equal),
    twins: Object.fromEntries(twins.map(({ weight, twin }) => [twin.id, weight.id])),
  }
}
