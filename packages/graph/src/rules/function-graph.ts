// A model-local function seen as a graph and back, so that what works on graphs works on functions.
import { Graph, type FunctionDefinition, type Header } from '../ir.ts'

/** The function's nodes as a graph with its own operator sets; inputs and outputs have no types but those noted. */
export function graphOfFunction(definition: FunctionDefinition, header: Header): Graph {
  const { name, inputs, outputs, nodes, types, opsets } = definition
  const info = (each: string): { name: string } => types.get(each) ?? { name: each }
  return new Graph({
    name,
    inputs: inputs.map(info),
    outputs: outputs.map(info),
    initializers: new Map(),
    nodes,
    types,
    header: { irVersion: header.irVersion, opsets, functions: [] },
  })
}

/** The function with the nodes, types and operator sets of the graph that was made of it. */
export function functionOfGraph(definition: FunctionDefinition, graph: Graph): FunctionDefinition {
  return { ...definition, nodes: graph.nodes, types: graph.types, opsets: graph.header.opsets }
}
