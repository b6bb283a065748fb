// What the checker reports: data, with the place and what to do in the message.
import type { Node } from '../ir.ts'
import { nodeIdentity } from '../scope.ts'

/** Stable names of what can be wrong. */
export type ProblemCode =
  | 'duplicate-name' | 'shadowed-name' | 'undefined-name' | 'order' | 'missing-output' | 'outer-output'
  | 'duplicate-output' | 'initializer-type' | 'missing-opset' | 'unknown-operator' | 'deprecated-operator' | 'inputs'
  | 'outputs' | 'missing-input' | 'unknown-attribute' | 'missing-attribute' | 'attribute-type' | 'type' | 'nested-graph'
  | 'attribute-reference' | 'recursion' | 'duplicate-function' | 'function-attribute' | 'ir-version' // prettier-ignore

export interface Problem {
  readonly code: ProblemCode
  /** An error makes the model invalid; a warning may be somebody's habit (ONNX Runtime takes it). */
  readonly severity: 'error' | 'warning'
  /** Which node, why, and what to do. */
  readonly message: string
  /** Path of the body: `''` for the top graph, else as `Scope.path`; a function's name for its nodes. */
  readonly path: string
  readonly node?: Node
  /** The value, weight or attribute in question. */
  readonly name?: string
}

/** `Conv_3 (Conv) in If_0/then_branch`, for messages. */
export function placeOf(node: Node, path: string): string {
  const operator = node.domain === '' ? node.op : `${node.domain}.${node.op}`
  return `${nodeIdentity(node)} (${operator})${path === '' ? '' : ` in ${path}`}`
}
