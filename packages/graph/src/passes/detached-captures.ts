// ONNX Runtime (1.30, 1.31) carries a Q/DQ pair on through operators that only move elements, to whatever reads them; where
// an If or a Loop reads them from inside, it writes past the end of that node's inputs and ends the process. A copy of the
// value, which nothing optimizes away, stands between the two.
import { Draft } from '../draft.ts'
import { renameCaptures } from '../order.ts'
import type { Body, Graph, Node } from '../ir.ts'
import { mapBodies } from '../scope.ts'
import { nestedBodies } from '../uses.ts'

/** Operators through which ONNX Runtime carries Q/DQ pairs, and those that it takes away before. */
const carriers = new Set(['Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Slice', 'MaxPool', 'Identity'])

/**
 * The graph where no nested body captures a moved value of a DequantizeLinear: it captures a copy. The same object when
 * there is none.
 */
export function detachCaptures(graph: Graph): Graph {
  return mapBodies(graph, (body, scope) => {
    const captured = body.nodes.flatMap(node => capturedCodes(body, node).map(name => ({ node, name })))
    if (captured.length === 0) return body
    const draft = new Draft(body, scope)
    const copies = new Map<string, string>()
    for (const { name } of captured) if (!copies.has(name)) copies.set(name, copyOf(draft, name))
    for (const node of new Set(captured.map(each => each.node)))
      draft.replace(node, renameCaptures(node, copies))
    return draft.finish()
  })
}

/** Names that bodies of a node capture and that ONNX Runtime would put a pair behind. */
function capturedCodes(body: Body, node: Node): readonly string[] {
  const names = new Set(nestedBodies(node).flatMap(nested => [...nested.body.captures()]))
  return [...names].filter(name => isCarried(body, name))
}

function isCarried(body: Body, name: string): boolean {
  let at = body.producer(name)
  if (!at || !carriers.has(at.op) || at.domain !== '') return false
  while (at && at.domain === '' && carriers.has(at.op)) at = body.producer(at.inputs[0] ?? '')
  return at?.op === 'DequantizeLinear'
}

/** Of one input, since ONNX Runtime takes away Identity and operators that add nothing, but no Concat. */
function copyOf(draft: Draft, name: string): string {
  const type = draft.typeOf(name)
  const copy = draft.fresh(`${name}_copy`)
  draft.add({
    op: 'Concat',
    inputs: [name],
    outputs: [copy],
    attributes: new Map([['axis', { type: 'int', value: 0n }]]),
  })
  if (type) draft.setType(copy, type)
  return copy
}
