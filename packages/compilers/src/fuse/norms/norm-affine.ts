// Scale and shift of a norm that was found without them.
//   norm(x, 1)·γ = norm(x, γ),   norm(x, γ) + β = norm(x, γ, β)        γ, β of the shape of the normalized axes
// γ may be computed: Gemma's is 1 + w, which ONNX Runtime folds when it opens the model.
import {
  anyOf,
  constant,
  fill,
  intOf,
  floatOf,
  op,
  refuse,
  rule,
  type Refusal,
  type Rule,
  type Value,
} from '@damson/graph'
import { rootMeanSquareNorm, rootMeanSquareTerms } from './rms-norm.ts'

/** LayerNormalization(x, 1)·γ ⇒ LayerNormalization(x, γ). */
export const layerNormScale: Rule = rule('layer-norm-scale', ['x', 'ones', 'gamma', 'norm'], {
  match: ({ x, ones, gamma, norm }) => op.Mul(op.LayerNormalization(x, constant(ones)).as(norm), gamma),
  check: ({ ones, gamma, norm }) => isScale(ones, gamma, norm),
  build: ({ x, gamma, norm }) => op.LayerNormalization(x, gamma, attributesOf(norm)),
})

/** LayerNormalization(x, γ) + β ⇒ LayerNormalization(x, γ, β). */
export const layerNormShift: Rule = rule('layer-norm-shift', ['x', 'gamma', 'beta', 'norm'], {
  match: ({ x, gamma, beta, norm }) => op.Add(op.LayerNormalization(x, gamma).as(norm), beta),
  check: ({ gamma, beta, norm }) => isParameter(beta, gamma, norm),
  build: ({ x, gamma, beta, norm }) => op.LayerNormalization(x, gamma, beta, attributesOf(norm)),
})

/** SimplifiedLayerNormalization(x, 1)·γ ⇒ SimplifiedLayerNormalization(x, γ). */
export const rmsNormScale: Rule = rule('rms-norm-scale', ['x', 'ones', 'gamma', 'norm'], {
  match: ({ x, ones, gamma, norm }) => {
    const [simplified, standard] = rootMeanSquareTerms(x, constant(ones))
    return op.Mul(anyOf(simplified.as(norm), standard.as(norm)), gamma)
  },
  check: ({ ones, gamma, norm }) => isScale(ones, gamma, norm),
  build: ({ x, gamma, norm }, place) => rootMeanSquareNorm(x, gamma, attributesOf(norm), place),
})

function isScale(ones: Value, gamma: Value, norm: Value): true | Refusal {
  if (fill(ones) !== 1) return refuse('is scaled already', norm)
  return isParameter(gamma, ones, norm)
}

/** Of the shape of what is normalized, and of its type. */
function isParameter(parameter: Value, like: Value, norm: Value): true | Refusal {
  if (parameter.dtype !== norm.dtype) return refuse('is of another type than the norm', parameter)
  const { shape } = parameter
  const wanted = like.shape
  const same =
    shape && wanted && shape.length === wanted.length && shape.every((dim, at) => dim === wanted[at])
  return (
    same === true ||
    refuse(`is not of the shape of the normalized axes, [${wanted?.join(', ') ?? '?'}]`, parameter)
  )
}

/** Axis and ε of a norm that stands in the graph. */
export function attributesOf(norm: Value): { readonly axis: number; readonly epsilon: number } {
  return { axis: intOf(norm, 'axis', -1), epsilon: floatOf(norm, 'epsilon', 1e-5) }
}
