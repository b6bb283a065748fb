// A norm of the sum of a residual stream and what a layer adds to it, as one operator, which gives the sum out too:
//   y = norm(x + s (+ b), γ, β),   r = x + s (+ b)
import {
  floatOf,
  intOf,
  ms,
  op,
  rank,
  refuse,
  rule,
  type Refusal,
  type Rule,
  type Value,
} from '@damson/graph'
import { rootMeanSquareTerms } from './rms-norm.ts'

/** LayerNormalization(x + s, γ, β) and the sum ⇒ SkipLayerNormalization(x, s, γ, β). */
export const skipLayerNorm: Rule = rule('skip-layer-norm', ['x', 'skip', 'gamma', 'beta?', 'norm', 'sum'], {
  match: ({ x, skip, gamma, beta, norm, sum }) => {
    const added = op.Add(x, skip)
    return [op.LayerNormalization(added, gamma, beta).as(norm), added.as(sum)]
  },
  check: ({ x, skip, gamma, norm }) => isSkip(x, skip, gamma, norm),
  build: ({ x, skip, gamma, beta, norm }) => {
    const epsilon = floatOf(norm, 'epsilon', 1e-5)
    const [y, , , sum] = ms.SkipLayerNormalization(x, skip, gamma, beta, { epsilon }).outputs(4)
    return y && sum ? [y, sum] : refuse('has too few outputs', norm)
  },
})

/** SimplifiedLayerNormalization or RMSNormalization(x + s, γ) and the sum ⇒ SkipSimplifiedLayerNormalization(x, s, γ). */
export const skipRmsNorms: readonly Rule[] = [0, 1].map(form =>
  rule(`skip-rms-norm${form === 0 ? '' : '-onnx'}`, ['x', 'skip', 'gamma', 'norm', 'sum'], {
    match: ({ x, skip, gamma, norm, sum }) => {
      const added = op.Add(x, skip)
      const [simplified, standard] = rootMeanSquareTerms(added, gamma)
      return [(form === 0 ? simplified : standard).as(norm), added.as(sum)]
    },
    check: ({ x, skip, gamma, norm }) => {
      if (gamma.dtype !== x.dtype) return refuse('is of another type than what it scales', gamma)
      return isSkip(x, skip, gamma, norm)
    },
    build: ({ x, skip, gamma, norm }) => {
      const epsilon = floatOf(norm, 'epsilon', 1e-5)
      const [y, , , sum] = ms.SkipSimplifiedLayerNormalization(x, skip, gamma, { epsilon }).outputs(4)
      return y && sum ? [y, sum] : refuse('has too few outputs', norm)
    },
  }),
)

function isSkip(x: Value, skip: Value, gamma: Value, norm: Value): true | Refusal {
  if (x.dtype === 'float64') return refuse('is of float64, which the operator does not take', x)
  const [of, axis] = [rank(x), intOf(norm, 'axis', -1)]
  if (of !== 2 && of !== 3) return refuse('is not of rank 2 or 3', x)
  if (axis !== -1 && axis !== of - 1) return refuse('is not over the last axis alone', norm)
  if (rank(gamma) !== 1) return refuse('is not 1-D', gamma)
  const same =
    skip.shape?.length === of && skip.shape.every((dim, at) => dim !== null && dim === x.shape?.[at])
  return same || refuse('is not surely of the shape of what it is added to', skip)
}
