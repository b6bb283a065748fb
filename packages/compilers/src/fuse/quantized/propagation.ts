// Operators that only move numbers take codes as well as floats, so Q and DQ may change places with them. Then a pair stands
// next to the product that it is for, and what cancels, cancels:
//   move(DQ(q, s, z)) = DQ(move(q), s, z),   Q(move(x), s, z) = move(Q(x, s, z)),   Q(DQ(q, s, z), s, z) = q
// with one scale and zero point for all of a tensor.
import {
  constant,
  constantNumbers,
  op,
  refuse,
  rule,
  type Refusal,
  type Rule,
  type Term,
  type Value,
  type In,
} from '@damson/graph'

interface Mover {
  readonly name: string
  /** The operator over x with its other inputs and the attributes of a node. */
  readonly call: (x: In, others: readonly In[], of?: Value) => Term
  /** How many inputs it has beside x. */
  readonly others: number
}

const movers: readonly Mover[] = [
  { name: 'transpose', others: 0, call: (x, _, of) => op.Transpose(x, of?.producer?.attributes ?? {}) },
  {
    name: 'reshape',
    others: 1,
    call: (x, [shape], of) => op.Reshape(x, shape, of?.producer?.attributes ?? {}),
  },
  {
    name: 'squeeze',
    others: 1,
    call: (x, [axes], of) => op.Squeeze(x, axes, of?.producer?.attributes ?? {}),
  },
  {
    name: 'unsqueeze',
    others: 1,
    call: (x, [axes], of) => op.Unsqueeze(x, axes, of?.producer?.attributes ?? {}),
  },
  { name: 'flatten', others: 0, call: (x, _, of) => op.Flatten(x, of?.producer?.attributes ?? {}) },
]

/** DequantizeLinear goes behind what moves. */
export const dequantizeBehind: readonly Rule[] = movers.map(({ name, call, others }) =>
  rule(`dequantize-behind-${name}`, ['q', 'scale', 'zero?', 'other?', 'moved'], {
    since: 13,
    match: ({ q, scale, zero, other, moved }) =>
      call(op.DequantizeLinear(q, constant(scale), zero), others === 1 ? [other] : []).as(moved),
    check: ({ q, scale, zero }) =>
      q.tensor ? refuse('is a weight, which stays next to its scale', q) : isOne(scale, zero),
    build: ({ q, scale, zero, other, moved }) =>
      op.DequantizeLinear(call(q, others === 1 ? [other] : [], moved), scale, zero),
  }),
)

/** QuantizeLinear goes before what moves. */
export const quantizeBefore: readonly Rule[] = movers.map(({ name, call, others }) =>
  rule(`quantize-before-${name}`, ['x', 'scale', 'zero?', 'other?', 'moved'], {
    since: 13,
    match: ({ x, scale, zero, other, moved }) =>
      op.QuantizeLinear(call(x, others === 1 ? [other] : []).as(moved), constant(scale), zero),
    check: ({ scale, zero }) => isOne(scale, zero),
    build: ({ x, scale, zero, other, moved }) =>
      call(op.QuantizeLinear(x, scale, zero), others === 1 ? [other] : [], moved),
  }),
)

/**
 * Q(DQ(q, s, z), s, z) = q: (q − z)·s/s is a whole number up to its rounding, and within the range of q, whose type is that
 * of the zero point.
 */
export const quantizeTwice: Rule = rule('quantize-twice', ['q', 'scale', 'zero'], {
  match: ({ q, scale, zero }) =>
    op.QuantizeLinear(op.DequantizeLinear(q, constant(scale), constant(zero)).shared(), scale, zero),
  check: ({ scale, zero }) => isOne(scale, zero),
  build: ({ q }) => q,
})

function isOne(scale: Value, zero: Value | undefined): true | Refusal {
  const [value, ...more] = constantNumbers(scale) ?? []
  if (value === undefined || more.length > 0 || !(value > 0))
    return refuse('is not one scale above zero', scale)
  return !zero || zero.tensor !== undefined || refuse('is not constant', zero)
}
