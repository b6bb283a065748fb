// LSTM and Attention have integer twins in com.microsoft that take a whole layer: DynamicQuantizeLSTM, which codes its inputs
// itself, and QAttention, which is given codes. Contracts: ContribOperators.md of ONNX Runtime.
import { intOf, weights, type Draft, type Graph, type Node, type Weight } from '@damson/graph'
import { quantize } from './int8-activations.ts'
import type { Int8Names } from './int8-operators.ts'

/**
 * DynamicQuantizeLSTM(X, W, R, B, sequence_lens, h0, c0, P, W_scale, W_zp, R_scale, R_zp) with W as [D, K, 4h] and R as
 * [D, h, 4h]. Called for each of the two weights; the second call completes the node.
 */
export function emitLstm(
  draft: Draft,
  consumer: Node,
  slot: 1 | 2,
  { codes, scales, zeroPoints }: Int8Names,
): void {
  const node = draft.current(consumer)
  const inputs = Array.from({ length: 12 }, (_, at) => node.inputs[at] ?? '')
  inputs[slot] = codes
  inputs.splice(slot === 1 ? 8 : 10, 2, scales, zeroPoints)
  const attributes = new Map([...node.attributes].filter(([name]) => name !== 'layout'))
  draft.replace(node, { op: 'DynamicQuantizeLSTM', domain: 'com.microsoft', inputs, attributes })
}

/**
 * True when everything that the LSTMs of a weight take in this form can be coded: both weights of each of them, and all
 * other LSTMs of those. `selects`: whether the step may work on a weight.
 */
export function gatesAgree(weight: Weight, graph: Graph, selects: (weight: Weight) => boolean): boolean {
  const all = new Set([weight])
  for (const each of all) {
    for (const { node } of each.uses) {
      const both = weights(graph).filter(other =>
        other.uses.some(use => use.node === node && slotOf(use.input) > 0),
      )
      if (both.length !== 2) return false
      for (const other of both) all.add(other)
    }
  }
  return [...all].every(each => selects(each) && isGate(each))
}

function isGate({ tensor, uses, isOutput }: Weight): boolean {
  const slots = new Set(
    uses.map(({ node, input }) => (node.op === 'LSTM' && node.domain === '' ? slotOf(input) : 0)),
  )
  const plain = uses.every(({ node }) => intOf(node, 'layout', 0) === 0)
  return tensor.dtype === 'float32' && !isOutput && plain && slots.size === 1 && !slots.has(0)
}

const slotOf = (input: number): number => (input === 1 || input === 2 ? input : 0)

/** QAttention(codes, weight, bias, scale, weight scale, mask, zero point, weight zero point, past). */
export function emitAttention(draft: Draft, node: Node, { codes, scales, zeroPoints }: Int8Names): void {
  const [input = '', , bias = '', mask = '', past = ''] = node.inputs
  const [quantized = '', scale = '', zeroPoint = ''] = quantize(draft, input).outputs
  const inputs = [
    quantized,
    codes,
    bias,
    scale,
    scales,
    mask,
    zeroPoint,
    zeroPoints,
    ...(past === '' ? [] : [past]),
  ]
  draft.replace(node, { op: 'QAttention', domain: 'com.microsoft', inputs })
}
