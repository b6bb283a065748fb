// Which nodes go when an operator takes the place of several. Nodes between its inputs and its output must have no other
// users; those that only measure them are users too, unless what they measure served the nodes that go.
import type { Body, Node } from '@damson/graph'
import { isMeasure } from './view.ts'

/** The nodes that nobody needs any more when `end` is made otherwise: of `passed`, those that lead only there. */
export function absorbedBy(body: Body, passed: readonly Node[], end: Node): ReadonlySet<Node> {
  const gone = new Set([end])
  // Users stand behind producers, so one round from the back suffices.
  const order = new Map(body.nodes.map((node, at) => [node, at] as const))
  const backwards = [...new Set(passed)].sort((a, b) => (order.get(b) ?? 0) - (order.get(a) ?? 0))
  for (const node of backwards) if (isUnneeded(body, node, gone)) gone.add(node)
  return gone
}

/** True when every use of a node's outputs ends in nodes that go. */
function isUnneeded(body: Body, node: Node, gone: ReadonlySet<Node>): boolean {
  return node.outputs.every(output => {
    if (output === '') return true
    if (body.isOutput(output)) return false
    return body
      .users(output)
      .every(use => use.input !== undefined && (gone.has(use.node) || measuresFor(body, use.node, gone)))
  })
}

const maxSizeNodes = 100

/** True when what measures a value, and all that is reckoned with it, serves only nodes that go. */
function measuresFor(body: Body, measure: Node, gone: ReadonlySet<Node>): boolean {
  if (!isMeasure(measure)) return false
  const seen = new Set([measure])
  for (const node of seen) {
    if (seen.size > maxSizeNodes) return false
    for (const output of node.outputs) {
      if (body.isOutput(output)) return false
      for (const use of body.users(output)) {
        if (use.input === undefined) return false
        if (!gone.has(use.node)) seen.add(use.node)
      }
    }
  }
  return true
}
