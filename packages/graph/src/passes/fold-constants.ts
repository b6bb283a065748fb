// Whatever depends on constants only is computed once, by an evaluator that the caller brings (ONNX Runtime, usually):
// this package knows no runtime. Random operators never, and only where every result is small.
import { byteLengthOf } from '../dtype.ts'
import { concreteShape } from '../infer/fact.ts'
import { inferTypes } from '../infer/infer.ts'
import type { Graph, Initializer, Node } from '../ir.ts'
import type { Tensor } from '../tensor.ts'
import { nestedBodies } from '../uses.ts'
import { functionTable, isDeterministic } from './determinism.ts'
import { defaultLimitBytes, foldShapes, type FoldShapesOptions } from './fold-shapes.ts'
import { removeDead } from './remove-dead.ts'

/** Runs a graph without inputs and returns its outputs by name. */
export type Evaluate = (graph: Graph) => Promise<ReadonlyMap<string, Tensor>>

export interface FoldOptions extends FoldShapesOptions {
  readonly evaluate: Evaluate
}

/** Operators whose constant results would undo what a quantizer did. */
const coded: ReadonlySet<string> = new Set(['QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear'])

/** The graph with constant expressions of the top body replaced by initializers; the same object when there are none. */
export async function foldConstants(
  graph: Graph,
  { evaluate, limitBytes = defaultLimitBytes }: FoldOptions,
): Promise<Graph> {
  const shaped = foldShapes(graph, { limitBytes })
  const { nodes, origins } = constantNodes(shaped, limitBytes)
  if (nodes.length === 0) return shaped
  const chosen = new Set(nodes)
  const made = nodes.flatMap(node => node.outputs).filter(name => name !== '')
  const wanted = made.filter(name => shaped.users(name).some(use => !chosen.has(use.node)))
  if (wanted.length === 0) return shaped
  const results = await evaluate(regionOf(shaped, nodes, wanted))
  const initializers = new Map<string, Initializer>(shaped.initializers)
  for (const name of wanted) {
    const tensor = results.get(name)
    if (!tensor) return shaped
    initializers.set(name, { name, tensor, origins: [...(origins.get(name) ?? [])] })
  }
  const types = new Map([...shaped.types].filter(([name]) => !made.includes(name)))
  return removeDead(
    shaped.with({ nodes: shaped.nodes.filter(node => !chosen.has(node)), initializers, types }),
  )
}

interface ConstantRegion {
  readonly nodes: readonly Node[]
  /** Constants by name, with the original weights that each came from. */
  readonly origins: ReadonlyMap<string, ReadonlySet<string>>
}

/** Nodes that depend on constants only and whose results are all small, in order. */
function constantNodes(graph: Graph, limitBytes: number): ConstantRegion {
  const typed = inferTypes(graph)
  const functions = functionTable(graph.header.functions)
  const origins = new Map<string, ReadonlySet<string>>()
  for (const [name, initializer] of graph.initializers)
    // From IR 4 on a caller may feed an input in place of its initializer.
    if (graph.header.irVersion < 4 || !graph.isInput(name)) origins.set(name, new Set(initializer.origins))
  const nodes: Node[] = []
  for (const node of graph.nodes) {
    const constant = node.op === 'Constant' && node.domain === ''
    const captured = nestedBodies(node).flatMap(({ body }) => [...body.captures()])
    const reads = [...node.inputs, ...captured].filter(name => name !== '')
    const foldable =
      reads.every(name => origins.has(name)) &&
      !coded.has(node.op) &&
      isDeterministic(node, functions) &&
      node.outputs.every(name => name === '' || (!graph.isOutput(name) && isSmall(typed, name, limitBytes)))
    if (!constant && !foldable) continue
    if (!constant) nodes.push(node)
    const own = new Set(reads.flatMap(name => [...(origins.get(name) ?? [])]))
    for (const name of node.outputs) origins.set(name, own)
  }
  return { nodes, origins }
}

function isSmall(graph: Graph, name: string, limitBytes: number): boolean {
  const type = graph.typeOf(name)
  const shape = type?.kind === 'tensor' ? concreteShape(type.shape) : undefined
  const dtype = type?.kind === 'tensor' ? type.dtype : undefined
  return (
    shape !== undefined &&
    dtype !== undefined &&
    dtype !== 'string' &&
    byteLengthOf(dtype, shape) <= limitBytes
  )
}

/** The nodes as a graph without inputs, with the constants that they read. */
function regionOf(graph: Graph, nodes: readonly Node[], wanted: readonly string[]): Graph {
  const constants = graph.nodes.filter(node => node.op === 'Constant' && node.domain === '')
  const region = graph.with({
    inputs: [],
    outputs: wanted.map(name => ({ name })),
    nodes: [...constants, ...nodes],
    types: new Map(),
  })
  return removeDead(region)
}
