// Writing the branch of an If node by node: each value by the operator that makes it.
import type { Draft, Node } from '@damson/graph'

/** Adds a node of one output and names the output. */
export type AddNode = (op: string, inputs: readonly string[], attributes?: Node['attributes']) => string

/** Names that nothing in the whole graph has. */
export type Fresh = (hint: string) => string

/** Adds nodes to a branch. `hint`: what their outputs are called; the operator, where not given. */
export function nodeAdder(branch: Draft, fresh: Fresh, hint?: string): AddNode {
  return (op, inputs, attributes) => {
    const name = fresh(op)
    const output = fresh(hint ?? op)
    branch.add({ op, name, inputs, outputs: [output], ...(attributes ? { attributes } : {}) })
    return output
  }
}
