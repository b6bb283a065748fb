// Attention of com.microsoft, which ONNX Runtime makes of BERT when it opens a model, in standard operators:
//   [q k v] = x·W + b,   y = merge(Softmax(scale·split(q)·split(k)ᵀ + bias)·split(v))
// with a mask of ones and zeros for each key: bias = `mask_filter_value` where it is not above zero.
import {
  constant, floatOf, intOf, intsOf, ms, op, rank, refuse, rule, tensorOf,
  type In, type Place, type Refusal, type Rule, type Term, type Value,
} from '@damson/graph' // prettier-ignore
import { attend, lastSize, merge, split } from './heads.ts'

export const unfusePackedAttention: Rule = rule(
  'unfuse-packed-attention',
  ['x', 'w', 'b?', 'mask?', 'past?', 'bias?', 'y', '...rest'],
  {
    since: 11,
    match: ({ x, w, b, mask, past, bias, y, rest }) => ms.Attention(x, w, b, mask, past, bias, ...rest).as(y),
    check: ({ mask, past, rest, y }) => {
      const odd = past ?? rest.find(each => each !== undefined)
      if (odd) return refuse('has a cache', odd)
      if (mask && rank(mask) !== 2) return refuse('is not a mask of one number for each key', mask)
      const special = intOf(y, 'unidirectional', 0) + intOf(y, 'do_rotary', 0)
      return special === 0 || refuse('rotates, or hides later keys by itself', y)
    },
    build: ({ x, w, b, mask, bias, y }, place) => {
      const sizes = sizesOf(w, y)
      if ('refused' in sizes) return sizes
      const heads = intOf(y, 'num_heads', 1)
      const scale = floatOf(y, 'scale', 0) || 1 / Math.sqrt((sizes[0] ?? 1) / heads)
      const product = op.MatMul(x, w)
      const [q, k, v] = parted(b ? op.Add(product, b) : product, sizes, place)
      if (!q || !k || !v) return refuse('has no three parts', w)
      const hidden = mask && hiding(mask, x, floatOf(y, 'mask_filter_value', -10000))
      const sum = bias && hidden ? op.Add(bias, hidden) : (bias ?? hidden)
      return merge(attend([split(q, heads), split(k, heads), split(v, heads)], scale, sum))
    },
  },
)

/** Widths of queries, keys and values. */
function sizesOf(w: Value, y: Value): readonly number[] | Refusal {
  const given = intsOf(y, 'qkv_hidden_sizes', undefined)
  if (given) return given
  const width = lastSize(w)
  return width === undefined ? refuse('is of unknown width', w) : [width / 3, width / 3, width / 3]
}

/** Along the last axis. */
function parted(x: In, sizes: readonly number[], { opset }: Place): readonly Term[] {
  const all = opset() >= 13 ? op.Split(x, sizes, { axis: -1 }) : op.Split(x, { axis: -1, split: sizes })
  return all.outputs(3)
}

/** [b, t] → [b, 1, 1, t] */
function hiding(mask: Value, like: Value, filter: number): Term {
  const [zero, low] = [0, filter].map(value => constant(tensorOf(like.dtype ?? 'float32', [], [value])))
  return op.Reshape(op.Where(op.Greater(mask, 0), zero, low), [0, 1, 1, -1])
}
