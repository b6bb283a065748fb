// What a consumer of a weight is to dynamic int8: something with an integer operator, or something that reads the weight as it
// is. `block-uses.ts` knows products and look-ups; here are the forms that only integer products have.
import {
  intOf,
  refuse,
  Value,
  type Node,
  type Refusal,
  type Visit,
  type Weight,
  type WeightUse,
} from '@damson/graph'
import { blockUseOf, type MatrixView } from './block-uses.ts'
import type { Int8Operator } from './int8-choice.ts'

/** One consumer. `op` is undefined for what has no integer operator. */
export type Int8Use =
  /** A · B with B constant; `stack` are the dimensions before the matrix; `readers` as in a block use. */
  | {
      readonly form: 'product'
      readonly op: 'MatMul' | 'Gemm'
      readonly view: MatrixView
      readonly stack: readonly number[]
      readonly readers: readonly Visit[]
    }
  /** A · B with A constant. */
  | { readonly form: 'left'; readonly op: 'MatMul' }
  | { readonly form: 'filter'; readonly op: 'Conv' }
  | { readonly form: 'table'; readonly op: 'Gather'; readonly view: MatrixView }
  | { readonly form: 'gates'; readonly op: 'LSTM'; readonly slot: 1 | 2 }
  | { readonly form: 'attention'; readonly op: 'Attention'; readonly view: MatrixView }
  | { readonly form: 'decoded'; readonly op: Int8Operator | undefined }

/** What a consumer does with a weight, or why the weight has to stay for its sake. */
export function int8UseOf(use: WeightUse, weight: Weight): Int8Use | Refusal {
  const { node, input } = use
  if (node.domain === 'com.microsoft' && node.op === 'Attention' && input === 1)
    return attention(node, weight)
  if (node.domain === '') {
    if (node.op === 'Conv' && input === 1) return { form: 'filter', op: 'Conv' }
    if (node.op === 'LSTM' && (input === 1 || input === 2)) return gates(node, input, weight)
    if (node.op === 'GRU' && (input === 1 || input === 2)) return { form: 'decoded', op: 'GRU' }
    if (node.op === 'MatMul') return matMul(use, weight)
  }
  const found = blockUseOf(use, weight)
  if ('refused' in found) return found
  if (found.form === 'gather') return { form: 'table', op: 'Gather', view: found.view }
  if (found.form !== 'product') return { form: 'decoded', op: undefined }
  const op = found.readers.some(reader => reader.node.op === 'Gemm') ? 'Gemm' : 'MatMul'
  return { ...found, op, stack: [] }
}

function matMul(use: WeightUse, { tensor: { shape } }: Weight): Int8Use | Refusal {
  const { node, input, scope } = use
  const rank = new Value(node.inputs[1 - input] ?? '', scope).shape?.length
  if (input === 0) {
    return rank !== undefined && rank > 1
      ? { form: 'left', op: 'MatMul' }
      : refuse('may be multiplied by a vector', node)
  }
  const stack = shape.slice(0, -2)
  // A vector on the left would take the axis away that the scales of a stack lie along.
  if (stack.length > 0 && (rank === undefined || rank < 2))
    return refuse('may be multiplied by a vector', node)
  const [K = 0, N = 0] = shape.slice(-2)
  return { form: 'product', op: 'MatMul', view: { K, N, layout: 'KN' }, stack, readers: [use] }
}

/** DynamicQuantizeLSTM has no `layout` and knows float32 alone. */
function gates(node: Node, slot: 1 | 2, { tensor }: Weight): Int8Use {
  const plain = intOf(node, 'layout', 0) === 0 && tensor.dtype === 'float32'
  return plain ? { form: 'gates', op: 'LSTM', slot } : { form: 'decoded', op: 'LSTM' }
}

/** What QAttention takes over from Attention: others would be lost. */
const kept: ReadonlySet<string> = new Set([
  'num_heads', 'unidirectional', 'do_rotary', 'past_present_share_buffer', 'mask_filter_value',
]) // prettier-ignore

function attention(node: Node, { tensor: { shape, dtype } }: Weight): Int8Use | Refusal {
  const lost = [...node.attributes.keys()].find(name => !kept.has(name))
  if (lost !== undefined)
    return refuse(`belongs to an Attention with "${lost}", which QAttention does not have`, node)
  const [, , bias = '', , , ...more] = node.inputs
  if (bias === '') return refuse('belongs to an Attention without bias, which QAttention wants', node)
  if (more.some(name => name !== ''))
    return refuse('belongs to an Attention with a bias of scores, unknown to QAttention', node)
  if (dtype !== 'float32')
    return refuse(`is ${dtype} and belongs to an Attention; QAttention has float32 scales`, node)
  const [K = 0, N = 0] = shape
  return { form: 'attention', op: 'Attention', view: { K, N, layout: 'KN' } }
}
