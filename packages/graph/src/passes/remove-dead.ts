// Removes what no output needs: nodes, initializers, notes on values that are gone, and functions that nobody calls.
// ONNX nodes have no side effects, so whatever leads to no output is dead. Graph inputs and opset imports stay.
import type { Body, FunctionDefinition, Graph, Node } from '../ir.ts'
import { functionKey } from '../infer/function-body.ts'
import { mapBodies, walk } from '../scope.ts'
import { nestedBodies } from '../uses.ts'
import { functionTable } from './determinism.ts'

/** The graph without dead nodes, initializers and functions, in all bodies; the same object when nothing is dead. */
export function removeDead(graph: Graph): Graph {
  const pruned = mapBodies(graph, withoutDead)
  const functions = calledFunctions(pruned)
  if (functions.length === pruned.header.functions.length) return pruned
  return pruned.with({ header: { ...pruned.header, functions } })
}

function withoutDead(body: Body): Body {
  const live = liveNames(
    body.nodes,
    body.outputs.map(output => output.name),
  )
  const nodes = body.nodes.filter(node => node.outputs.some(name => live.has(name)))
  const initializers = new Map(
    [...body.initializers].filter(([name]) => live.has(name) || body.isInput(name)),
  )
  const sparse = new Map(
    [...body.sparseInitializers].filter(([name]) => live.has(name) || body.isInput(name)),
  )
  const kept = new Set(nodes)
  const gone = new Set(body.nodes.filter(node => !kept.has(node)).flatMap(node => node.outputs))
  const types = new Map(
    [...body.types].filter(
      ([name]) => !gone.has(name) && (!body.initializers.has(name) || initializers.has(name)),
    ),
  )
  const same =
    nodes.length === body.nodes.length &&
    initializers.size === body.initializers.size &&
    sparse.size === body.sparseInitializers.size &&
    types.size === body.types.size
  return same ? body : body.with({ nodes, initializers, sparseInitializers: sparse, types })
}

/** Names that lead to one of the outputs, captures of nested bodies included. */
function liveNames(nodes: readonly Node[], outputs: readonly string[]): ReadonlySet<string> {
  const producers = new Map(nodes.flatMap(node => node.outputs.map((name): [string, Node] => [name, node])))
  const live = new Set(outputs)
  const seen = new Set<Node>()
  const open = [...outputs]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = name === '' ? undefined : producers.get(name)
    if (!node || seen.has(node)) continue
    seen.add(node)
    for (const read of [...node.inputs, ...nestedBodies(node).flatMap(({ body }) => [...body.captures()])]) {
      if (read === '') continue
      live.add(read)
      open.push(read)
    }
  }
  return live
}

/** Functions that the graph calls, directly or through others, in the order given. */
function calledFunctions(graph: Graph): readonly FunctionDefinition[] {
  const { functions } = graph.header
  const table = functionTable(functions)
  const called = new Set<FunctionDefinition>()
  const note = (node: Node): void => {
    const definition = table.get(functionKey(node, node.op))
    if (!definition || called.has(definition)) return
    called.add(definition)
    for (const each of nodesOf(definition.nodes)) note(each)
  }
  for (const { node } of walk(graph)) note(node)
  return functions.filter(each => called.has(each))
}

/** Nodes and those of their nested bodies. */
function* nodesOf(nodes: readonly Node[]): Iterable<Node> {
  for (const node of nodes) {
    yield node
    for (const { body } of nestedBodies(node)) yield* nodesOf(body.nodes)
  }
}
