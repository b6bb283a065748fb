// Group normalization, which both exporters write as an instance normalization of the groups:
//   y = reshape(instanceNorm(reshape(x, [0, G, -1]), 1, 0), shape(x))·γ + β        γ, β [C, 1, 1] or [1, C, 1, 1]
// ONNX Runtime has a kernel for its own operator on CUDA only, with channels last, and none for ONNX's, whose function
// body it inlines: on other machines the instance normalization is what runs fastest.
import {
  constant, constantNumbers, fill, floatOf, intOf, ms, op, rank, refuse, rule, tensorOf,
  type Bound, type Constant, type Leaves, type Refusal, type Rule, type Term, type Value,
} from '@damson/graph' // prettier-ignore

const variables = ['x', 'groups', 'ones', 'zeros', 'target', 'gamma', 'beta', 'norm', 'back'] as const

/** The decomposition ⇒ com.microsoft.GroupNorm with the channels turned to the end and back. */
export const groupNorm: Rule = rule('group-norm', variables, {
  match: pattern,
  check: found => {
    const of = rank(found.x)
    return of === 3 || of === 4 ? isGroupNorm(found) : refuse('is not of rank 3 or 4', found.x)
  },
  build: ({ x, groups, gamma, beta, norm }) => {
    const attributes = {
      groups: constantNumbers(groups)?.[1] ?? 1,
      epsilon: floatOf(norm, 'epsilon', 1e-5),
      activation: 0,
      channels_last: 1,
    }
    const normed = (last: Term): Term => ms.GroupNorm(last, flat(gamma), flat(beta), attributes)
    if (rank(x) === 4)
      return op.Transpose(normed(op.Transpose(x, { perm: [0, 2, 3, 1] })), { perm: [0, 3, 1, 2] })
    // The kernel wants four axes: [N, C, L] goes as [N, L, 1, C].
    const C = constantNumbers(gamma)?.length ?? 0
    const last = op.Reshape(op.Transpose(x, { perm: [0, 2, 1] }), [0, 0, 1, C])
    return op.Transpose(op.Reshape(normed(last), [0, 0, C]), { perm: [0, 2, 1] })
  },
})

/** silu(GroupNorm(x)) ⇒ GroupNorm(x) with its activation; the transposition behind it does not mind. */
export const groupNormSilu: Rule = rule('group-norm-silu', ['x', 'gamma', 'beta', 'norm'], {
  match: ({ x, gamma, beta, norm }) => {
    const y = op.Transpose(ms.GroupNorm(x, gamma, beta).as(norm), { perm: [0, 3, 1, 2] })
    return op.Mul(y, op.Sigmoid(y))
  },
  check: ({ norm }) => intOf(norm, 'activation', 0) === 0 || refuse('has an activation', norm),
  build: ({ x, gamma, beta, norm }) => {
    const attributes = new Map(norm.producer?.attributes).set('activation', { type: 'int', value: 1n })
    return op.Transpose(ms.GroupNorm(x, gamma, beta, attributes), { perm: [0, 3, 1, 2] })
  },
})

/** The decomposition ⇒ ONNX's GroupNormalization, whose scale and shift are by channel from opset 21 on. */
export const groupNormalization: Rule = rule('group-normalization', variables, {
  since: 21,
  match: pattern,
  check: found => isGroupNorm(found),
  build: ({ x, groups, gamma, beta, norm }) =>
    op.GroupNormalization(x, flat(gamma), flat(beta), {
      num_groups: constantNumbers(groups)?.[1] ?? 1,
      epsilon: floatOf(norm, 'epsilon', 1e-5),
    }),
})

function pattern({
  x,
  groups,
  ones,
  zeros,
  target,
  gamma,
  beta,
  norm,
  back,
}: Leaves<typeof variables>): Term {
  const grouped = op.Reshape(x, constant(groups))
  const normed = op.InstanceNormalization(grouped, constant(ones), constant(zeros)).as(norm)
  return op.Add(op.Mul(op.Reshape(normed, target).as(back), constant(gamma)), constant(beta))
}

function isGroupNorm(found: Bound<typeof variables>): true | Refusal {
  const { x, groups, ones, zeros, gamma, beta, back } = found
  const [batch, count = 0, rest, ...more] = constantNumbers(groups) ?? []
  const C = x.shape?.[1]
  if (typeof C !== 'number') return refuse('has an unknown number of channels', x)
  if (batch !== 0 || rest !== -1 || more.length > 0 || count < 1 || C % count !== 0)
    return refuse('is not a reshape to [0, groups, -1]', groups)
  if (fill(ones) !== 1 || fill(zeros) !== 0) return refuse('scales or shifts the groups', ones)
  if (!comesBack(x, back)) return refuse('is not surely of the shape before', back)
  const other = [gamma, beta].find(each => !isByChannel(each, C, x) || !constantNumbers(each))
  return other ? refuse('is not a small constant by channel', other) : true
}

/** A Reshape keeps the number of elements, so a shape that agrees in all sizes but one agrees in all. */
function comesBack(x: Value, back: Value): boolean {
  const [before, after] = [x.shape, back.shape]
  if (!before || before.length !== after?.length) return false
  const open = before.filter((dim, at) => dim === null || dim !== after[at])
  return open.length <= 1
}

/** [C, 1, 1] or [1, C, 1, 1] beside [N, C, H, W]. */
function isByChannel({ shape }: Value, C: number, x: Value): boolean {
  const behind = (x.shape?.length ?? 0) - 2
  const at = (shape?.length ?? 0) - behind - 1
  return (at === 0 || at === 1) && shape?.every((dim, axis) => dim === (axis === at ? C : 1)) === true
}

/** The elements as a row: [C]. */
function flat(parameter: Value): Constant {
  const { tensor } = parameter
  const values = constantNumbers(parameter) ?? []
  return constant(tensorOf(tensor?.dtype ?? 'float32', [values.length], values), { from: [parameter] })
}
