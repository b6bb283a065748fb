// Attention of ONNX 23 in older operators, for runtimes that have no kernel for it:
//   y = Softmax(scale·q·kᵀ + mask)·v,   [b, n, s, h]; keys and values of g heads serve n/g heads of queries each
// Rows that a mask hides wholly give 0, as in ONNX Runtime.
import {
  floatOf,
  intOf,
  op,
  rank,
  refuse,
  rule,
  type Refusal,
  type Rule,
  type Term,
  type Value,
} from '@damson/graph'
import { attend, grown, lastSize, merge, repeated, split, type Operand } from './heads.ts'

interface Operands {
  readonly q: Value
  readonly k: Value
  readonly v: Value
  readonly mask: Value | undefined
  readonly pastK: Value | undefined
  readonly pastV: Value | undefined
  readonly y: Value
}

function attention({ q, k, v, mask, pastK, pastV, y }: Operands): readonly Operand[] | Refusal {
  const special = intOf(y, 'is_causal', 0) !== 0 || floatOf(y, 'softcap', 0) !== 0
  if (special) return refuse('caps its scores, or hides later keys by itself', y)
  const stacked = rank(q) === 4
  const [heads, groups] = [headsOf(q, intOf(y, 'q_num_heads', 0)), headsOf(k, intOf(y, 'kv_num_heads', 0))]
  const [width, valueWidth] = [lastSize(q), lastSize(v)]
  if (!heads || !groups || width === undefined || valueWidth === undefined)
    return refuse('sizes of heads are not known', q)
  const size = stacked ? width : width / heads
  const valueSize = stacked ? valueWidth : valueWidth / groups
  const parted = (x: Value, count: number): Operand => (rank(x) === 4 ? x : split(x, count))
  const keys = grown(pastK, parted(k, groups))
  const values = grown(pastV, parted(v, groups))
  const scale = floatOf(y, 'scale', 1 / Math.sqrt(size))
  const bias = mask?.dtype === 'bool' ? biasFrom(mask, q) : mask
  const [K, V] = [
    repeated(keys, heads / groups, heads, size),
    repeated(values, heads / groups, heads, valueSize),
  ]
  const result = attend([parted(q, heads), K, V], scale, bias, true)
  return [stacked ? result : merge(result), keys, values]
}

function headsOf(x: Value, given: number): number | undefined {
  if (rank(x) === 3) return given || undefined
  const count = x.shape?.[1]
  return typeof count === 'number' ? count : undefined
}

/** 0 where a mask of booleans lets through, −∞ elsewhere. */
function biasFrom(mask: Value, like: Value): Term {
  const [zero, hidden] = [op.Constant({ value_float: 0 }), op.Constant({ value_float: -Infinity })]
  return op.CastLike(op.Where(mask, zero, hidden), like)
}

const plain: Rule = rule('unfuse-attention', ['q', 'k', 'v', 'mask?', 'y'], {
  since: 23,
  match: ({ q, k, v, mask, y }) => op.Attention(q, k, v, mask).as(y),
  build: operands => {
    const built = attention({ ...operands, pastK: undefined, pastV: undefined })
    return 'refused' in built ? built : built.slice(0, 1)
  },
})

const cached: Rule = rule('unfuse-attention-cache', ['q', 'k', 'v', 'mask?', 'pastK', 'pastV', 'y'], {
  since: 23,
  match: ({ q, k, v, mask, pastK, pastV, y }) => {
    const [output, presentK, presentV] = op.Attention(q, k, v, mask, pastK, pastV).outputs(3)
    return [output.as(y), presentK, presentV]
  },
  build: attention,
})

/** Attention of ONNX 23 in operators of ONNX 13. */
export const unfuseOnnxAttention: readonly Rule[] = [cached, plain]
