// Constants that shape arithmetic alone does not give (masks, tables of angles, Range, Where) are computed by ONNX Runtime while
// an algorithm fits, and put in by its rewrite. What one round folds may make more constant, so there are several.
import { DamsonError, type FitContext, type Params } from '@damson/core'
import {
  chooseBranches,
  constantRegions,
  foldShapes,
  foldValues,
  memoryTensor,
  removeDead,
  stringTensor,
  type FoldedValues,
  type Graph,
  type Tensor,
} from '@damson/graph'

/** Results of the rounds in their order, each by path of the body and name of the value. */
export type Rounds = readonly Readonly<Record<string, Readonly<Record<string, Tensor>>>>[]

type Fit = Pick<FitContext<Params>, 'open' | 'signal' | 'warn'>

/** A graph with all that shapes alone decide folded: sizes, and branches whose condition is constant. */
function shaped(graph: Graph, limitBytes: number): Graph {
  let before: Graph
  let folded = graph
  do {
    before = folded
    folded = chooseBranches(foldShapes(before, { limitBytes }))
  } while (folded !== before)
  return folded
}

/** What ONNX Runtime gives for the constants of a graph. Without a runtime none, and a warning. */
export async function evaluateConstants(graph: Graph, limitBytes: number, fit: Fit): Promise<Rounds> {
  const rounds: Rounds[number][] = []
  let folded = shaped(graph, limitBytes)
  for (;;) {
    const regions = constantRegions(folded, { limitBytes })
    if (regions.length === 0) return rounds
    const round: Record<string, Record<string, Tensor>> = {}
    for (const { path, graph: region } of regions) {
      fit.signal.throwIfAborted()
      const values = await evaluate(region, fit)
      if (values) round[path] = values
    }
    const next = applyRound(folded, round, limitBytes)
    if (next === folded) return rounds
    rounds.push(round)
    folded = next
  }
}

/** The graph with what was evaluated put in, and everything that follows from it. */
export function foldEvaluated(graph: Graph, rounds: Rounds, limitBytes: number): Graph {
  return rounds.reduce((folded, round) => applyRound(folded, round, limitBytes), shaped(graph, limitBytes))
}

function applyRound(graph: Graph, round: Rounds[number], limitBytes: number): Graph {
  const values: FoldedValues = new Map(
    Object.entries(round).map(([path, tensors]) => [path, new Map(Object.entries(tensors))]),
  )
  const folded = foldValues(graph, values)
  return folded === graph ? graph : shaped(folded, limitBytes)
}

/**
 * Outputs of a graph without inputs, run without optimizations. Where it cannot be run, those of its parts that can; undefined,
 * and a warning, where none can.
 */
export async function evaluate(region: Graph, fit: Fit): Promise<Record<string, Tensor> | undefined> {
  try {
    return await outputsOf(region, fit)
  } catch (error) {
    fit.signal.throwIfAborted()
    if (!DamsonError.isInstance(error)) throw error
    const missing = error.code === 'missing-runtime'
    if (!missing && region.outputs.length > 1) return evaluateHalves(region, fit)
    const why = missing ? 'there is no runtime: pass { runtime }' : error.message
    fit.warn(missing ? 'no-runtime' : 'not-folded', `Constants stay computed at run time, ${why}`, {})
    return undefined
  }
}

/** An operator without a kernel stands in the way of those that need it only. */
async function evaluateHalves(region: Graph, fit: Fit): Promise<Record<string, Tensor> | undefined> {
  const { outputs } = region
  const half = outputs.length >> 1
  const first = await evaluate(removeDead(region.with({ outputs: outputs.slice(0, half) })), fit)
  const second = await evaluate(removeDead(region.with({ outputs: outputs.slice(half) })), fit)
  return first || second ? { ...first, ...second } : undefined
}

async function outputsOf(region: Graph, fit: Fit): Promise<Record<string, Tensor>> {
  const live = await fit.open(region, { graphOptimizationLevel: 'disabled' })
  try {
    const outputs = Object.entries(await live.run('main', {}))
    return Object.fromEntries(
      outputs.map(([name, { dtype, shape, data }]) => [
        name,
        dtype === 'string' ? stringTensor(shape, data) : memoryTensor(dtype, shape, data),
      ]),
    )
  } finally {
    await live.close()
  }
}
