// What dynamic int8 makes of its params on a target: `auto` resolved, with the measurement behind it.
import { oneOf } from '@damson/core'

/** Operators whose weights can be coded. */
export const int8Operators = ['MatMul', 'Gemm', 'Conv', 'Gather', 'LSTM', 'GRU', 'Attention'] as const
export type Int8Operator = (typeof int8Operators)[number]

/** In which operators a product is written. */
export const productFormat = oneOf({
  options: ['fused', 'standard'],
  default: 'fused',
  doc: "Products as ONNX Runtime's kernels of com.microsoft, which make a session sooner, or in operators of ONNX alone.",
})

/** What the params, the target and the graph say of the coding. */
export interface Int8Choice {
  readonly type: 'int8' | 'uint8'
  readonly per: 'channel' | 'tensor'
  readonly symmetric: boolean
  readonly reduceRange: boolean
  /** No pair of codes overflows 16 bits. */
  readonly pairs: boolean
  readonly operators: readonly Int8Operator[]
  /** Whether an LSTM runs in integers; else its weights are decoded when a session is made, as those of GRU are. */
  readonly integerGates: boolean
  /** Why other operators are left out. */
  readonly omitted: string
  readonly opset: number
}

interface Given {
  readonly weights: 'int8' | 'uint8' | 'auto'
  readonly per: 'channel' | 'tensor'
  readonly symmetric: boolean
  readonly reduceRange: boolean | 'auto'
  readonly ops: readonly Int8Operator[] | 'auto'
}

/**
 * `weights`: x86 without VNNI adds products of uint8 and int8 in saturating 16 bits: measured on a 64x96x32 perceptron, 23 dB
 * instead of 40. Products of uint8 and uint8 are exact there and cost 1.1 times as much at 1 to 16 rows, 1.4 times at 128.
 * `ops`: measured on 2 x86 cores, a convolution takes 0.9 to 2.2 times the time of fp32 with uint8 weights, 3 to 6 times with int8;
 * onnxruntime-web is quicker in integers (0.6 to 1.0), but not at LSTM of one sequence at a time (1.0 to 1.6; of eight 0.5 to 0.9).
 */
export function choiceOf(
  { weights, per, symmetric, reduceRange, ops }: Given,
  target: string,
  opset: number,
): Int8Choice {
  const type = weights !== 'auto' ? weights : target === 'cpu:vnni' ? 'int8' : 'uint8'
  const fast = target.startsWith('cpu') ? int8Operators.filter(each => each !== 'Conv') : int8Operators
  const omitted = ops === 'auto' ? 'which is slower in integers on this target' : 'which is not among "ops"'
  const operators = ops === 'auto' ? fast : ops
  const integerGates = target !== 'wasm' || ops !== 'auto'
  const pairs = reduceRange === 'auto' && type === 'int8' && target === 'cpu'
  return {
    type,
    per,
    symmetric,
    reduceRange: reduceRange === true,
    pairs,
    operators,
    integerGates,
    omitted,
    opset,
  }
}
