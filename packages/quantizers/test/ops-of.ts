// The operators of a graph and of its bodies, in order.
import { walk, type Graph } from '@damson/graph'

export const opsOf = (graph: Graph): readonly string[] => [...walk(graph)].map(({ node }) => node.op)
