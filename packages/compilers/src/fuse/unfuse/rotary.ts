// RotaryEmbedding of com.microsoft in standard operators, for runtimes without it:
//   y₁ = x₁·cos − x₂·sin,   y₂ = x₂·cos + x₁·sin
// where x₁ and x₂ are the halves of each head, or its even and odd lanes; lanes behind them stay as they are.
import {
  intOf,
  ms,
  op,
  rank,
  refuse,
  rule,
  type Refusal,
  type Rule,
  type Term,
  type Value,
} from '@damson/graph'
import { integer, integers, sizeOf } from './integers.ts'

/** Rows of a table [positions, m] for each position of x: [b, s, m], or [s, m] from one number on. */
function rowsOf(table: Value, positions: Value, x: Value): Term | Refusal {
  const [own] = positions.shape ?? []
  if (rank(positions) === 2) return op.Gather(table, positions, { axis: 0 })
  if (rank(positions) !== 1 || own !== 1) return refuse('the form of its positions is not known', positions)
  const length = sizeOf(x, rank(x) === 4 ? 2 : 1)
  return op.Gather(table, op.Add(op.Range(integer(0), length, integer(1)), positions), { axis: 0 })
}

interface Turn {
  readonly x: Term | Value
  readonly cos: Term
  readonly sin: Term
  readonly m: number
  readonly interleaved: boolean
  /** Lanes of a head, where not all turn. */
  readonly size: number | undefined
}

/** The rotation over the last dimension of a value with four. */
function turn({ x, cos, sin, m, interleaved, size }: Turn): Term {
  const lanes = (start: number, end: number, step = 1): Term =>
    op.Slice(x, integers(start), integers(end), integers(-1), integers(step))
  const [a, b] = interleaved ? [lanes(0, 2 * m, 2), lanes(1, 2 * m, 2)] : [lanes(0, m), lanes(m, 2 * m)]
  const first = op.Sub(op.Mul(a, cos), op.Mul(b, sin))
  const second = op.Add(op.Mul(b, cos), op.Mul(a, sin))
  const pairs = (): Term =>
    op.Reshape(op.Concat(op.Unsqueeze(first, [-1]), op.Unsqueeze(second, [-1]), { axis: -1 }), [
      0,
      0,
      0,
      2 * m,
    ])
  const rest = size === undefined ? [] : [lanes(2 * m, size)]
  if (interleaved) return rest.length === 0 ? pairs() : op.Concat(pairs(), ...rest, { axis: -1 })
  return op.Concat(first, second, ...rest, { axis: -1 })
}

/** RotaryEmbedding of [b, s, n·h] or [b, n, s, h]. */
const unfuseRotaryEmbedding: Rule = rule('unfuse-rotary-embedding', ['x', 'positions', 'cos', 'sin', 'y'], {
  since: 13,
  match: ({ x, positions, cos, sin, y }) => ms.RotaryEmbedding(x, positions, cos, sin).as(y),
  check: ({ y }) => intOf(y, 'is_packed_batching', 0) === 0 || refuse('batches are packed', y),
  build: ({ x, positions, cos, sin, y }) => {
    const m = cos.shape?.at(-1)
    const width = x.shape?.at(-1)
    const stacked = rank(x) === 4
    if (typeof m !== 'number' || typeof width !== 'number' || (!stacked && rank(x) !== 3))
      return refuse('sizes are not known', x)
    const partial = intOf(y, 'rotary_embedding_dim', 0) !== 0
    const heads = intOf(y, 'num_heads', 0) || (stacked ? 1 : width / (2 * m))
    if (partial && !stacked && intOf(y, 'num_heads', 0) === 0)
      return refuse('the number of heads is not known', y)
    const [c, s] = [rowsOf(cos, positions, x), rowsOf(sin, positions, x)]
    if ('refused' in c) return c
    if ('refused' in s) return s
    // [b, s, m] beside [b, n, s, m] or [b, s, n, m]; [s, m] stands beside the first as it is.
    const raised = (rows: Term): Term =>
      stacked ? (rank(positions) === 2 ? op.Unsqueeze(rows, [1]) : rows) : op.Unsqueeze(rows, [-2])
    const size = stacked ? width : width / heads
    const turned = turn({
      x: stacked ? x : op.Reshape(x, [0, 0, heads, -1]),
      cos: raised(c),
      sin: raised(s),
      m,
      interleaved: intOf(y, 'interleaved', 0) !== 0,
      size: size > 2 * m ? size : undefined,
    })
    return stacked ? turned : op.Reshape(turned, [0, 0, -1])
  },
})

/** Operators of com.microsoft for rotations in standard ones. */
export const unfuseRotary: readonly Rule[] = [unfuseRotaryEmbedding]
