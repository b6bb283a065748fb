// Batch normalization folded into the convolution before it.
//   BN(Conv(x)) = γ·(W∗x + b − μ)/σ + β   with   σ = √(var + ε)
//               = (W·γ/σ)∗x + (b − μ)·γ/σ + β  =  Conv(x) with   W' = W·γ/σ   and   b' = (b − μ)·γ/σ + β
// W is [out, in/group, …] for Conv and [in, out/group, …] for ConvTranspose; γ, β, μ, var are [out]. The new weights are
// computed when they are written or read, in bands, in float64 and rounded once.
import { refuse, type Refusal } from '../error.ts'
import { floatOf, intOf } from '../ops/attributes.ts'
import { op } from '../ops/onnx-operators.generated.ts'
import { anyOf, constant } from '../ops/term.ts'
import type { Value } from '../scope.ts'
import { channelScaled, type NormParameters } from './channel-scale.ts'
import { rule, type Rule } from './rule.ts'
import { isFloat } from './shape-facts.ts'

/** Conv or ConvTranspose, then BatchNormalization in inference, all parameters constant ⇒ the convolution alone. */
export const convBatchNorm: Rule = rule(
  'conv-batch-norm',
  ['x', 'w', 'b?', 'gamma', 'beta', 'mean', 'variance', 'conv', 'norm'],
  {
    match: ({ x, w, b, gamma, beta, mean, variance, conv, norm }) => {
      const convolution = anyOf(
        op.Conv(x, constant(w), b).as(conv),
        op.ConvTranspose(x, constant(w), b).as(conv),
      )
      return op.BatchNormalization(convolution, gamma, beta, mean, variance).as(norm)
    },
    check: ({ w, norm, b, gamma, beta, mean, variance }) => {
      if (intOf(norm, 'training_mode', 0) !== 0) return refuse('is in training', norm)
      if (intOf(norm, 'spatial', 1) !== 1) return refuse('normalizes every position on its own', norm)
      return allFloatConstants([w, gamma, beta, mean, variance, ...(b ? [b] : [])])
    },
    build: ({ x, w, b, gamma, beta, mean, variance, conv, norm }) => {
      const [weights, bias] = [w.tensor, b?.tensor]
      const parameters = normParameters({ gamma, beta, mean, variance })
      if (!weights || !parameters) return refuse('is not constant', norm)
      const transposed = conv.producer?.op === 'ConvTranspose'
      const group = intOf(conv, 'group', 1)
      const made = channelScaled({
        weights, parameters, transposed, group,
        epsilon: floatOf(norm, 'epsilon', 1e-5),
        ...(bias ? { bias } : {}),
      }) // prettier-ignore
      if ('refused' in made) return made
      const call = transposed ? op.ConvTranspose : op.Conv
      const fusedWeights = constant(made.weights, { from: [w] })
      const fusedBias = constant(made.bias, { from: [b ?? beta] })
      return call(x, fusedWeights, fusedBias, conv.producer?.attributes ?? {})
    },
  },
)

function allFloatConstants(values: readonly Value[]): true | Refusal {
  const variable = values.find(value => !value.tensor)
  if (variable) return refuse('is not constant', variable)
  const other = values.find(value => !isFloat(value))
  return other ? refuse('is not of floats', other) : true
}

function normParameters(values: Readonly<Record<keyof NormParameters, Value>>): NormParameters | undefined {
  const { gamma, beta, mean, variance } = values
  if (!gamma.tensor || !beta.tensor || !mean.tensor || !variance.tensor) return undefined
  return { gamma: gamma.tensor, beta: beta.tensor, mean: mean.tensor, variance: variance.tensor }
}
