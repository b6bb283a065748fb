// Norms taken apart into operators that every runtime has. Half-precision ones are computed in float32, as ONNX Runtime does.
//   SkipLayerNormalization(x, s, γ, β, b) = norm(x + s + b, γ, β)
//   SimplifiedLayerNormalization(x, γ) = x/√(mean(x²) + ε)·γ
import {
  dataTypes, floatOf, intOf, ms, op, rank, refuse, rule,
  type In, type Place, type Rule, type Term, type Value,
} from '@damson/graph' // prettier-ignore
import { rootMeanSquareNorm, rootMeanSquareTerms } from '../norms/rms-norm.ts'

/** Two forms of each rule: where the sum is read, and where it is not; then the node has fewer outputs. */
export const skipLayerNorms: readonly Rule[] = [true, false].map(summed =>
  rule(`unfuse-skip-layer-norm${summed ? '-sum' : ''}`, ['x', 'skip', 'gamma', 'beta?', 'bias?', 'norm'], {
    match: ({ x, skip, gamma, beta, bias, norm }) => {
      const [y, , , sum] = ms.SkipLayerNormalization(x, skip, gamma, beta, bias).outputs(4)
      return roots(y?.as(norm), summed ? sum : undefined)
    },
    build: ({ x, skip, gamma, beta, bias, norm }) => {
      const sum = bias ? op.Add(op.Add(x, bias), skip) : op.Add(x, skip)
      const y = op.LayerNormalization(sum, gamma, beta, { axis: -1, epsilon: epsilonOf(norm) })
      return summed ? [y, sum] : y
    },
  }),
)

/** SkipSimplifiedLayerNormalization ⇒ Add and SimplifiedLayerNormalization. */
export const skipRmsNorms: readonly Rule[] = [true, false].map(summed =>
  rule(`unfuse-skip-rms-norm${summed ? '-sum' : ''}`, ['x', 'skip', 'gamma', 'bias?', 'norm'], {
    match: ({ x, skip, gamma, bias, norm }) => {
      const [y, , , sum] = ms.SkipSimplifiedLayerNormalization(x, skip, gamma, bias).outputs(4)
      return roots(y?.as(norm), summed ? sum : undefined)
    },
    build: ({ x, skip, gamma, bias, norm }, place) => {
      const sum = bias ? op.Add(op.Add(x, bias), skip) : op.Add(x, skip)
      const y = rootMeanSquareNorm(sum, gamma, { axis: -1, epsilon: epsilonOf(norm) }, place)
      return summed ? [y, sum] : y
    },
  }),
)

/** SimplifiedLayerNormalization, which is of no operator set ⇒ its formula; RMSNormalization from opset 23 on. */
export const rmsNormApart: Rule = rule('unfuse-rms-norm', ['x', 'gamma', 'norm'], {
  match: ({ x, gamma, norm }) => rootMeanSquareTerms(x, gamma)[0].as(norm),
  build: ({ x, gamma, norm }, place) => {
    const attributes = { axis: intOf(norm, 'axis', -1), epsilon: floatOf(norm, 'epsilon', 1e-5) }
    if (place.opset() >= 23) return rootMeanSquareNorm(x, gamma, attributes, place)
    const axes = normalizedAxes(norm, x)
    if (!axes) return refuse('has no known rank', x)
    return op.Mul(narrow(divided(wide(x), axes, attributes.epsilon, place), x), gamma)
  },
})

/** LayerNormalization below opset 17, which only ONNX Runtime has there ⇒ its formula. */
export const layerNormApart: Rule = rule('unfuse-layer-norm', ['x', 'gamma', 'beta?', 'norm'], {
  before: 17,
  match: ({ x, gamma, beta, norm }) => op.LayerNormalization(x, gamma, beta).as(norm),
  build: ({ x, gamma, beta, norm }, place) => {
    const axes = normalizedAxes(norm, x)
    if (!axes) return refuse('has no known rank', x)
    const whole = wide(x)
    const centred = op.Sub(whole, mean(whole, axes, place))
    const scaled = op.Mul(narrow(divided(centred, axes, floatOf(norm, 'epsilon', 1e-5), place), x), gamma)
    return beta ? op.Add(scaled, beta) : scaled
  },
})

/** GroupNorm of ONNX Runtime ⇒ an instance normalization of the groups, scaled and shifted by channel. */
export const groupNormApart: Rule = rule('unfuse-group-norm', ['x', 'gamma', 'beta', 'norm'], {
  match: ({ x, gamma, beta, norm }) => ms.GroupNorm(x, gamma, beta).as(norm),
  build: ({ x, gamma, beta, norm }) => {
    if (rank(x) !== 4 || !x.dtype) return refuse('is not of rank 4 and known type', x)
    const groups = intOf(norm, 'groups', 1)
    const last = intOf(norm, 'channels_last', 1) === 1
    const first = last ? op.Transpose(x, { perm: [0, 3, 1, 2] }) : x
    const grouped = op.Reshape(first, [0, groups, -1])
    const [ones, zeros] = [1, 0].map(value => Array.from({ length: groups }, () => value))
    const normed = op.InstanceNormalization(grouped, ones, zeros, { epsilon: floatOf(norm, 'epsilon', 1e-5) })
    const back = op.Reshape(normed, op.Shape(first))
    const y = op.Add(op.Mul(back, op.Reshape(gamma, [-1, 1, 1])), op.Reshape(beta, [-1, 1, 1]))
    const active = intOf(norm, 'activation', 0) === 1 ? op.Mul(y, op.Sigmoid(y)) : y
    return last ? op.Transpose(active, { perm: [0, 2, 3, 1] }) : active
  },
})

function roots(y: Term | undefined, sum: Term | undefined): readonly Term[] {
  return [y, sum].filter(each => each !== undefined)
}

const epsilonOf = (norm: Value): number => floatOf(norm, 'epsilon', 1e-12)

/** d/√(mean(d²) + ε) */
function divided(d: In, axes: readonly number[], epsilon: number, place: Place): Term {
  return op.Div(d, op.Sqrt(op.Add(mean(op.Mul(d, d), axes, place), epsilon)))
}

/** The axes are an attribute up to opset 17, an input from 18 on. */
function mean(x: In, axes: readonly number[], place: Place): Term {
  return place.opset() >= 18
    ? op.ReduceMean(x, axes, { keepdims: 1 })
    : op.ReduceMean(x, { axes, keepdims: 1 })
}

/** From the axis to the last, counted from the end. */
function normalizedAxes(norm: Value, x: Value): readonly number[] | undefined {
  const axis = intOf(norm, 'axis', -1)
  const first = axis < 0 ? axis : axis - (rank(x) ?? Infinity)
  return Number.isFinite(first) ? Array.from({ length: -first }, (_, at) => first + at) : undefined
}

const isHalf = ({ dtype }: Value): boolean => dtype !== undefined && dataTypes[dtype].bits < 32
const wide = (x: Value): Value | Term => (isHalf(x) ? op.Cast(x, { to: dataTypes.float32.code }) : x)
const narrow = (y: Term, x: Value): Term =>
  x.dtype && isHalf(x) ? op.Cast(y, { to: dataTypes[x.dtype].code }) : y
