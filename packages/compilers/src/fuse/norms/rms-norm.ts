// Normalization by the root of the mean square, which Llama, T5, Gemma and their like have in place of a layer norm:
//   y = x / √(mean(x²) + ε)        over the last axes
// The scale comes to it by a rule of its own (norm-affine.ts), (1 + w) among its forms.
import { anyOf, call, isRefusal, rule, type In, type Place, type Rule, type Term } from '@damson/graph'
import { dividedByDeviation } from './deviation.ts'
import { unscaled, type Unscaled } from './unscaled.ts'

/** x / √(mean(x²) + ε) ⇒ SimplifiedLayerNormalization(x, 1), or RMSNormalization. */
export const rmsNorm: Rule = rule('rms-norm', ['x', 'axes?', 'epsilon', 'variance', 'y'], {
  match: ({ x, axes, epsilon, variance, y }) => {
    const [divided, multiplied] = dividedByDeviation(x, { axes, epsilon, variance })
    return anyOf(divided.as(y), multiplied.as(y))
  },
  build: ({ x, epsilon, variance, y }, place) => {
    const norm = unscaled({ x, means: [variance], epsilon, y })
    return isRefusal(norm) ? norm : rootMeanSquareNorm(x, norm.ones, norm.attributes, place)
  },
})

/** ONNX's own operator from opset 23 on; before, the one that ONNX Runtime keeps in the ONNX domain. */
export function rootMeanSquareNorm(x: In, scale: In, attributes: Unscaled['attributes'], place: Place): Term {
  const name = place.opset() >= 23 ? 'RMSNormalization' : 'SimplifiedLayerNormalization'
  return call('', name, [x, scale], attributes)
}

/** The forms that a norm of this kind has in a pattern. */
export const rootMeanSquareTerms = (x: In, scale: In): readonly [Term, Term] => [
  call('', 'SimplifiedLayerNormalization', [x, scale]),
  call('', 'RMSNormalization', [x, scale]),
]
