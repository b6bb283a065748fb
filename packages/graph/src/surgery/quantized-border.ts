// Where a gate cuts a graph in Q/DQ form. ONNX Runtime fuses DequantizeLinear → node → QuantizeLinear into one integer
// kernel only inside one body, so a DequantizeLinear stays with the node it feeds and a QuantizeLinear with the node it
// follows: the cut lies between the two, and what crosses it is the quantized tensor, a quarter of the size.
import type { Body, Node } from '../ir.ts'
import type { Draft } from '../draft.ts'
import { boundaryOf } from './region.ts'

/**
 * The region with the Q/DQ of its border on the right side of it. Edits the draft where a DequantizeLinear feeds nodes on
 * both sides: each side gets its own. Pairs whose scale is computed stay where they are, since the scale may depend on
 * the region. Order of the nodes does not matter.
 */
export function withQuantizedBorder(draft: Draft, nodes: readonly Node[]): readonly Node[] {
  const body = draft.finish()
  const region = new Set(nodes)
  const { inputs, outputs } = boundaryOf(body, region)
  for (const name of outputs) {
    for (const { node, input } of body.users(name)) {
      if (input === 0 && isCodec(body, node, 'QuantizeLinear')) region.add(node)
    }
  }
  for (const name of [...inputs, ...outputs]) {
    const node = body.producer(name)
    if (node && isCodec(body, node, 'DequantizeLinear')) settleDequantize(draft, body, node, region)
  }
  for (const node of nodes) {
    const follows = body.producer(node.inputs[0] ?? '')
    if (follows && !region.has(follows) && isCodec(body, node, 'QuantizeLinear')) region.delete(node)
  }
  for (const node of region) if (isCodec(body, node, 'QuantizeLinear')) noteType(draft, body, node)
  return [...region].map(node => draft.current(node))
}

/** A DequantizeLinear goes to the side of its users; with users on both sides, each side has one. */
function settleDequantize(draft: Draft, body: Body, node: Node, region: Set<Node>): void {
  const [name = ''] = node.outputs
  const users = body.users(name).map(use => use.node)
  const inside = users.filter(user => region.has(user))
  const isOutside = body.isOutput(name) || inside.length < users.length
  if (inside.length === 0) region.delete(node)
  else if (!isOutside) region.add(node)
  else {
    region.delete(node)
    const current = new Set(inside.map(user => draft.current(user)))
    const output = draft.fresh(name)
    const label = node.name === '' ? '' : draft.fresh(node.name)
    region.add(draft.insert({ ...node, name: label, outputs: [output] }))
    draft.redirect(name, output, use => current.has(use.node))
  }
}

/** The type of what a QuantizeLinear makes, where nothing says it: that of its zero point, and the shape of its input. */
function noteType(draft: Draft, body: Body, node: Node): void {
  const [input = '', , zeroPoint = ''] = node.inputs
  const [output = ''] = node.outputs
  const type = body.typeOf(input)
  const zero = body.typeOf(zeroPoint)
  const dtype = zero?.kind === 'tensor' ? zero.dtype : zeroPoint === '' ? 'uint8' : undefined
  if (!dtype || type?.kind !== 'tensor' || body.typeOf(output)) return
  draft.setType(output, { kind: 'tensor', dtype, ...(type.shape ? { shape: type.shape } : {}) })
}

function isCodec(body: Body, node: Node, op: 'QuantizeLinear' | 'DequantizeLinear'): boolean {
  if (node.op !== op || (node.domain !== '' && node.domain !== 'com.microsoft')) return false
  // A value of an outer body cannot depend on this one.
  const isFixed = (name: string): boolean =>
    name === '' || body.tensor(name) !== undefined || body.captures().has(name)
  return node.inputs.slice(1).every(isFixed)
}
