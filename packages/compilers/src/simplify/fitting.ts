// Answers to what simplification asks, while it can be asked: constant parts run in the runtime without optimizations, so
// that they give what the source gives; weights are compared in bands.
import type { FitContext, Params, StateValue, TensorData } from '@damson/core'
import {
  findEqualWeights,
  findTransposedTwins,
  memoryTensor,
  stringTensor,
  type Graph,
  type Tensor,
} from '@damson/graph'
import type { Asking, Question } from './loop.ts'

/** Means of a fit. */
type Means = Pick<FitContext<Params>, 'open' | 'signal'>

/** Goes through with the work once; the answers that it was given, in order. */
export async function answersFor(asking: Asking, means: Means): Promise<readonly StateValue[]> {
  const answers: StateValue[] = []
  for (let step = asking.next(); step.done !== true;) {
    means.signal.throwIfAborted()
    const answer = await answerTo(step.value, means)
    answers.push(answer)
    step = asking.next(answer)
  }
  return answers
}

async function answerTo({ kind, graph }: Question, means: Means): Promise<StateValue> {
  return kind === 'run' ? run(graph, means) : compare(graph, means)
}

async function run(graph: Graph, { open }: Means): Promise<StateValue> {
  const live = await open(graph, { graphOptimizationLevel: 'disabled' })
  const outputs = await live.run('main', {})
  await live.close()
  return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, tensorFrom(output)]))
}

function tensorFrom({ dtype, shape, data }: TensorData): Tensor {
  return dtype === 'string' ? stringTensor(shape, data) : memoryTensor(dtype, shape, data)
}

async function compare(graph: Graph, { signal }: Means): Promise<StateValue> {
  const equal = await findEqualWeights(graph, { signal })
  const twins = await findTransposedTwins(graph, { signal })
  return {
    equal: Object.fromEntries(equal),
    twins: Object.fromEntries(twins.map(({ weight, twin }) => [twin.id, weight.id])),
  }
}
