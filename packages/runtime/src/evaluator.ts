// Evaluates graphs without inputs: what constant folding asks of a runtime.
import type { Runtime } from '@damson/core'
import { memoryTensor, stringTensor, type Graph, type Tensor } from '@damson/graph'
import { mainPart } from './live/opening.ts'

/** For `foldConstants(graph, { evaluate: evaluator(runtime) })`: runs a graph that has no inputs and gives its outputs. */
export function evaluator(runtime: Runtime): (graph: Graph) => Promise<ReadonlyMap<string, Tensor>> {
  return async graph => {
    const live = await runtime.open(graph, { session: { graphOptimizationLevel: 'disabled' } })
    try {
      const outputs = Object.entries(await live.run(mainPart, {}))
      return new Map(
        outputs.map(([name, { dtype, shape, data }]) => [
          name,
          dtype === 'string' ? stringTensor(shape, data) : memoryTensor(dtype, shape, data),
        ]),
      )
    } finally {
      await live.close()
    }
  }
}
