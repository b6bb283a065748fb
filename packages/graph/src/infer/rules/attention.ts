// Attention operators of the ONNX domain (from 23) and of com.microsoft, with their caches.
import type { Dim } from '../../ir.ts'
import type { Rule, RuleTable } from '../call.ts'
import { addDims, divideDims, floorDivide, multiplyDims } from '../dim.ts'
import { tensorFact } from '../fact.ts'
import { sameAsFirst } from './elementwise.ts'

type Heads = readonly [batch: Dim, heads: Dim, length: Dim, size: Dim]

/** [B, heads, S, head] as it is, or [B, S, heads·head] taken apart. */
function headsOf(shape: readonly Dim[] | undefined, count: number | undefined): Heads | undefined {
  const [a = null, b = null, c = null, d = null] = shape ?? []
  if (shape?.length === 4) return [a, b, c, d]
  if (shape?.length !== 3 || !count) return undefined
  return [a, count, b, floorDivide(c, count)]
}

/** Q, K, V 3-D or 4-D, past keys and values at 4 and 5 → Y, present key, present value, product of queries and keys. */
const attention: Rule = call => {
  const q = headsOf(call.shape(0), call.int('q_num_heads'))
  const k = headsOf(call.shape(1), call.int('kv_num_heads'))
  const v = headsOf(call.shape(2), call.int('kv_num_heads'))
  const dtype = call.dtype(0)
  const past = call.has(4) ? (call.shape(4)?.[2] ?? null) : 0
  const total = addDims(past, k?.[2] ?? null)
  const grown = (heads: Heads | undefined): readonly Dim[] | undefined =>
    heads && [heads[0], heads[1], total, heads[3]]
  const y =
    q && v && call.shape(0)?.length === 3
      ? [q[0], q[2], multiplyDims(q[1], v[3])]
      : q && v && [q[0], q[1], q[2], v[3]]
  return [
    tensorFact(dtype, y),
    tensorFact(call.dtype(1), grown(k)),
    tensorFact(call.dtype(2), grown(v)),
    tensorFact(dtype, q && [q[0], q[1], q[2], total]),
  ]
}

export const attentionRules: RuleTable = { Attention: attention, RotaryEmbedding: sameAsFirst }

/** input [B, S, D], weights [D, Hq + Hk + Hv] → [B, S, Hv] and present [2, B, heads, past + S, head]. */
const packedWeightAttention =
  (dtypeFrom: number, pastAt: number): Rule =>
  call => {
    const [input, weights] = [call.shape(0), call.shape(1)]
    const [batch = null, length = null] = input ?? []
    const sizes = call.ints('qkv_hidden_sizes')
    const hidden = sizes?.[2] ?? divideDims(weights?.[1] ?? null, 3)
    const heads = call.int('num_heads')
    const past = call.has(pastAt) ? (call.shape(pastAt)?.[3] ?? null) : 0
    const total = call.has(6) && pastAt === 4 ? null : addDims(past, length)
    const head = heads ? divideDims(hidden, heads) : null
    return [
      tensorFact(call.dtype(dtypeFrom), input && [batch, length, hidden]),
      tensorFact(call.dtype(dtypeFrom), [2, batch, heads ?? null, total, head]),
    ]
  }

/** query [B, S, D] with key and value apart, or packed [B, S, N, 3, H]; caches [B, N, past + L, H]. */
const multiHeadAttention: Rule = call => {
  const [query, key, value] = [call.shape(0), call.shape(1), call.shape(2)]
  const heads = call.int('num_heads') ?? null
  const dtype = call.dtype(0)
  const [batch = null, length = null] = query ?? []
  const packed = query?.length === 5
  const width = packed ? multiplyDims(query[2] ?? null, query[4] ?? null) : (query?.[2] ?? null)
  const given = value?.length === 4 ? multiplyDims(value[1] ?? null, value[3] ?? null) : value?.[2]
  const hidden = call.has(2) ? (given ?? null) : width
  const fresh = call.has(1) ? (key?.length === 4 ? key[2] : key?.[1]) : length
  const present = (past: number, size: Dim): readonly Dim[] | undefined => {
    if (call.has(8)) return call.shape(past)
    const before = call.has(past) ? (call.shape(past)?.[2] ?? null) : 0
    return [batch, heads, addDims(before, fresh ?? null), size]
  }
  const perHead = (size: Dim): Dim => (typeof heads === 'number' ? divideDims(size, heads) : null)
  return [
    tensorFact(dtype, query && [batch, length, hidden]),
    tensorFact(dtype, present(6, perHead(width))),
    tensorFact(dtype, present(7, perHead(hidden))),
  ]
}

/** Packed queries carry keys and values behind them: (heads + 2·kv heads)·head. Caches grow by what the run says. */
const groupQueryAttention: Rule = call => {
  const query = call.shape(0)
  const [heads, kv] = [call.int('num_heads'), call.int('kv_num_heads')]
  const [batch = null, length = null, width = null] = query ?? []
  const parts = heads && kv ? (call.has(1) ? heads : heads + 2 * kv) : undefined
  const head = parts ? divideDims(width, parts) : null
  const hidden = call.has(1) ? width : multiplyDims(head, heads ?? null)
  const cache = (at: number): readonly Dim[] => {
    const past = call.shape(at)
    return [batch, kv ?? null, null, past?.[3] ?? head]
  }
  return [
    tensorFact(call.dtype(0), query && [batch, length, hidden]),
    tensorFact(call.has(3) ? call.dtype(3) : call.dtype(0), cache(3)),
    tensorFact(call.has(4) ? call.dtype(4) : call.dtype(0), cache(4)),
  ]
}

export const microsoftAttentionRules: RuleTable = {
  Attention: packedWeightAttention(0, 4),
  QAttention: packedWeightAttention(2, 8),
  MultiHeadAttention: multiHeadAttention,
  GroupQueryAttention: groupQueryAttention,
  RotaryEmbedding: sameAsFirst,
}
