// Attention operators in standard ones, for runtimes without them:
//   y = merge(Softmax(scale·split(q)·split(k)ᵀ + bias)·split(v)),   split [b, s, n·h] → [b, n, s, h]
// Each rule serves what the operator does without packed inputs, rotations, windows and quantized caches, and refuses those.
import {
  constant,
  floatOf,
  intOf,
  ms,
  op,
  rank,
  refuse,
  rule,
  tensorOf,
  Value,
  type Refusal,
  type Rule,
  type Term,
} from '@damson/graph'
import { attend, grown, lastSize, merge, repeated, split, type Operand } from './heads.ts'
import { integer, sizeOf } from './integers.ts'

/** 1/√h unless the operator says otherwise. */
function scaleOf(y: Value, width: number | undefined, heads: number): number | undefined {
  const given = floatOf(y, 'scale', 0)
  return given !== 0 ? given : width === undefined ? undefined : 1 / Math.sqrt(width / heads)
}

interface MultiHead {
  readonly q: Value
  readonly k: Value
  readonly v: Value
  readonly y: Value
  readonly unsupported: readonly (Value | undefined)[]
  readonly bias: Value | undefined
  readonly pastK: Value | undefined
  readonly pastV: Value | undefined
}

function multiHead({ q, k, v, y, unsupported, bias, pastK, pastV }: MultiHead): readonly Operand[] | Refusal {
  const odd = unsupported.find(each => each !== undefined)
  if (odd) return refuse('has an input besides queries, keys, values, mask and cache', odd)
  if (intOf(y, 'unidirectional', 0) !== 0) return refuse('hides later keys by itself', y)
  const heads = intOf(y, 'num_heads', 1)
  const [kRank, vRank] = [rank(k), rank(v)]
  if (rank(q) !== 3 || kRank !== vRank || (kRank !== 3 && kRank !== 4))
    return refuse('is packed, or of unknown rank', q)
  const scale = scaleOf(y, lastSize(q), heads)
  if (scale === undefined) return refuse('its scale follows from a size that is not known', q)
  const keys = grown(pastK, kRank === 4 ? k : split(k, heads))
  const values = grown(pastV, vRank === 4 ? v : split(v, heads))
  return [merge(attend([split(q, heads), keys, values], scale, bias)), keys, values]
}

const multiHeadInputs = ['q', 'k', 'v', 'projection?', 'padding?', 'bias?', 'y', '...rest'] as const

/** MultiHeadAttention without a cache. */
const unfuseMultiHead: Rule = rule('unfuse-multi-head-attention', [...multiHeadInputs], {
  since: 11,
  match: ({ q, k, v, projection, padding, bias, y, rest }) =>
    ms.MultiHeadAttention(q, k, v, projection, padding, bias, ...rest).as(y),
  build: ({ projection, padding, rest, ...operands }) => {
    const unsupported = [projection, padding, ...rest]
    const built = multiHead({ ...operands, unsupported, pastK: undefined, pastV: undefined })
    return 'refused' in built ? built : built.slice(0, 1)
  },
})

/** MultiHeadAttention that grows a cache. */
const unfuseMultiHeadCache: Rule = rule(
  'unfuse-multi-head-attention-cache',
  ['q', 'k', 'v', 'projection?', 'padding?', 'bias?', 'pastK', 'pastV', 'y', '...rest'],
  {
    since: 11,
    match: ({ q, k, v, projection, padding, bias, pastK, pastV, y, rest }) => {
      const term = ms.MultiHeadAttention(q, k, v, projection, padding, bias, pastK, pastV, ...rest)
      const [output, presentK, presentV] = term.outputs(3)
      return [output.as(y), presentK, presentV]
    },
    build: ({ projection, padding, rest, ...operands }) =>
      multiHead({ ...operands, unsupported: [projection, padding, ...rest] }),
  },
)

/**
 * GroupQueryAttention whose batch rows are all of one length: with as many keys as there are positions up to now, row i of s
 * sees the keys up to t − s + i. Lengths of their own show in `seqlens_k`, which then follows from a mask, not from sizes.
 */
const unfuseGroupQuery: Rule = rule(
  'unfuse-group-query-attention',
  [
    'q',
    'k',
    'v',
    'pastK',
    'pastV',
    'lengths',
    'total',
    'cos?',
    'sin?',
    'positions?',
    'bias?',
    'y',
    '...rest',
  ],
  {
    since: 13,
    match: ({ q, k, v, pastK, pastV, lengths, total, cos, sin, positions, bias, y, rest }) => {
      const term = ms.GroupQueryAttention(
        q,
        k,
        v,
        pastK,
        pastV,
        lengths,
        total,
        cos,
        sin,
        positions,
        bias,
        ...rest,
      )
      const [output, presentK, presentV] = term.outputs(3)
      return [output.as(y), presentK, presentV]
    },
    check: ({ lengths, cos, rest, y }) => {
      const odd = cos ?? rest.find(each => each !== undefined)
      if (odd) return refuse('rotates, or has inputs of newer kinds', odd)
      const plain =
        floatOf(y, 'softcap', 0) === 0 &&
        intOf(y, 'local_window_size', -1) === -1 &&
        intOf(y, 'smooth_softmax', -1) <= 0
      if (!plain || intOf(y, 'do_rotary', 0) !== 0)
        return refuse('caps, smooths, rotates or windows its scores', y)
      return followsSizes(lengths) || refuse('batch rows may have lengths of their own', lengths)
    },
    build: ({ q, k, v, pastK, pastV, bias, y }) => {
      const [heads, groups] = [intOf(y, 'num_heads', 1), intOf(y, 'kv_num_heads', 1)]
      const width = lastSize(q)
      const scale = scaleOf(y, width, heads)
      if (width === undefined || scale === undefined) return refuse('the size of a head is not known', q)
      const [keys, values] = [grown(pastK, split(k, groups)), grown(pastV, split(v, groups))]
      const [K, V] = [keys, values].map(each => repeated(each, heads / groups, heads, width / heads))
      const causal = causalBias(q, keys)
      const sum = bias ? op.Add(bias, causal) : causal
      return [merge(attend([split(q, heads), K ?? keys, V ?? values], scale, sum)), keys, values]
    },
  },
)

const reckoning: ReadonlySet<string> = new Set([
  'Add', 'Sub', 'Cast', 'Expand', 'Reshape', 'Squeeze', 'Unsqueeze', 'Gather', 'Slice', 'Concat', 'Identity',
]) // prettier-ignore

/** True when a value is reckoned from sizes of others, and no element of them. */
function followsSizes({ producer, scope }: Value, depth = 0): boolean {
  if (!producer || depth > 12) return false
  if (producer.op === 'Shape') return true
  const parts = producer.inputs.map(name => new Value(name, scope))
  const open = parts.filter(part => !part.tensor)
  return reckoning.has(producer.op) && open.length > 0 && open.every(part => followsSizes(part, depth + 1))
}

/** −∞ where key j stands behind query i: j > t − s + i; [s, t]. */
function causalBias(q: Value, keys: Operand): Term {
  const [length, total] = [sizeOf(q, 1), sizeOf(keys, 2)]
  const positions = op.Unsqueeze(op.Range(op.Sub(total, length), total, integer(1)), [1])
  const hidden = op.Greater(op.Range(integer(0), total, integer(1)), positions)
  const [low, zero] = [-Infinity, 0].map(value => constant(tensorOf(q.dtype ?? 'float32', [], [value])))
  return op.Where(hidden, low, zero)
}

/** Operators of com.microsoft for attention in standard ones. */
export const unfuseAttention: readonly Rule[] = [unfuseMultiHeadCache, unfuseMultiHead, unfuseGroupQuery]
