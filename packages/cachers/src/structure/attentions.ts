// Attention, wherever it stands: the fused operators, or a Softmax between two products of computed values.
import type { Body, Node } from '@damson/graph'
import { isProduct, opName, type IsFixed } from './products.ts'

export interface Attention {
  /** The fused operator, or the Softmax. */
  readonly node: Node
  /** The weighted sum of the values, heads not yet joined. */
  readonly output: string
  /** What the keys come from: cross-attention reads them from another source than its queries. */
  readonly keys: string
}

/** Fused attention and the input that holds the keys. Source: the operators' schemas. */
const fused: Readonly<Record<string, number>> = {
  Attention: 1,
  'com.microsoft.Attention': 0,
  'com.microsoft.QAttention': 0,
  'com.microsoft.PackedAttention': 0,
  'com.microsoft.MultiHeadAttention': 1,
  'com.microsoft.PackedMultiHeadAttention': 1,
  'com.microsoft.GroupQueryAttention': 1,
  'com.microsoft.DecoderMaskedMultiHeadAttention': 1,
}

/** True for a fused attention, and for the Softmax of one in plain operators. */
export function isAttention(node: Node): boolean {
  return node.op === 'Softmax' || Object.hasOwn(fused, opName(node))
}

/** The attentions of a body in order. A Softmax with no product of computed values on both sides is none. */
export function attentions(body: Body, isFixed: IsFixed): readonly Attention[] {
  return body.nodes.flatMap((node): readonly Attention[] => {
    const keySlot = fused[opName(node)]
    if (keySlot !== undefined) {
      const keys = node.inputs[keySlot] || node.inputs[0]
      const output = node.outputs[0]
      return keys !== undefined && output !== undefined ? [{ node, output, keys }] : []
    }
    if (node.op !== 'Softmax') return []
    const scores = productBefore(body, node.inputs[0] ?? '', isFixed)
    const values = productAfter(body, node.outputs[0] ?? '', isFixed)
    const output = values?.outputs[0]
    const keys = scores?.inputs[1]
    return output !== undefined && keys !== undefined ? [{ node, output, keys }] : []
  })
}

/** How far scaling, masks, casts and their shape arithmetic may lie between a Softmax and its products. */
const reach = 12

function productBefore(body: Body, name: string, isFixed: IsFixed, left = reach): Node | undefined {
  const node = body.producer(name)
  if (!node || left === 0 || isFixed(name)) return undefined
  if (isProduct(node)) return node.inputs.slice(0, 2).some(isFixed) ? undefined : node
  for (const input of node.inputs) {
    const found = productBefore(body, input, isFixed, left - 1)
    if (found) return found
  }
  return undefined
}

function productAfter(body: Body, name: string, isFixed: IsFixed, left = reach): Node | undefined {
  if (left === 0) return undefined
  for (const { node } of body.users(name)) {
    if (isProduct(node)) {
      if (!node.inputs.slice(0, 2).some(isFixed)) return node
      continue
    }
    const found = node.outputs.map(output => productAfter(body, output, isFixed, left - 1)).find(Boolean)
    if (found) return found
  }
  return undefined
}
