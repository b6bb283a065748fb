// Layer normalization, from its mean to its Div:
//   y = (x − mean(x)) / √(mean((x − mean(x))²) + ε)        over the last axes
// Scale and shift come to it by rules of their own (norm-affine.ts), so every mixture of them is found.
import { anyOf, isRefusal, op, rule, type Rule } from '@damson/graph'
import { dividedByDeviation } from './deviation.ts'
import { unscaled } from './unscaled.ts'

/** (x − mean(x)) / √(var(x) + ε) ⇒ LayerNormalization(x, 1): ONNX's own from opset 17 on, ONNX Runtime's before. */
export const layerNorm: Rule = rule(
  'layer-norm',
  ['x', 'meanAxes?', 'axes?', 'epsilon', 'mean', 'variance', 'y'],
  {
    match: ({ x, meanAxes, axes, epsilon, mean, variance, y }) => {
      const centred = op.Sub(x, op.ReduceMean(x, meanAxes).as(mean))
      const [divided, multiplied] = dividedByDeviation(centred, { axes, epsilon, variance })
      return anyOf(divided.as(y), multiplied.as(y))
    },
    build: ({ x, epsilon, mean, variance, y }) => {
      const norm = unscaled({ x, means: [mean, variance], epsilon, y })
      return isRefusal(norm) ? norm : op.LayerNormalization(x, norm.ones, norm.attributes)
    },
  },
)
