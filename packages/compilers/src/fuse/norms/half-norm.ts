// Half-precision exports compute norms in float32 between two casts. The operators do so themselves (their stash type):
//   cast(norm(cast(x), 1)) = norm(x, 1)        with x and the result of the narrow type
import {
  anyOf,
  constant,
  fill,
  op,
  refuse,
  rule,
  tensorOf,
  type Constant,
  type Refusal,
  type Rule,
  type Value,
} from '@damson/graph'
import { attributesOf } from './norm-affine.ts'
import { rootMeanSquareNorm, rootMeanSquareTerms } from './rms-norm.ts'

/** Cast(LayerNormalization(Cast(x), 1)) ⇒ LayerNormalization(x, 1) in the type of x. */
export const halfLayerNorm: Rule = rule('half-layer-norm', ['x', 'ones', 'norm', 'y'], {
  match: ({ x, ones, norm, y }) =>
    op.Cast(op.LayerNormalization(op.Cast(x).shared(), constant(ones)).as(norm)).as(y),
  check: ({ x, ones, norm, y }) => isNarrow(x, ones, norm, y),
  build: ({ x, ones, norm }) => op.LayerNormalization(x, narrowOnes(x, ones), attributesOf(norm)),
})

/** Cast(SimplifiedLayerNormalization(Cast(x), 1)) ⇒ SimplifiedLayerNormalization(x, 1) in the type of x. */
export const halfRmsNorm: Rule = rule('half-rms-norm', ['x', 'ones', 'norm', 'y'], {
  match: ({ x, ones, norm, y }) => {
    const [simplified, standard] = rootMeanSquareTerms(op.Cast(x).shared(), constant(ones))
    return op.Cast(anyOf(simplified.as(norm), standard.as(norm))).as(y)
  },
  check: ({ x, ones, norm, y }) => isNarrow(x, ones, norm, y),
  build: ({ x, ones, norm }, place) => rootMeanSquareNorm(x, narrowOnes(x, ones), attributesOf(norm), place),
})

function isNarrow(x: Value, ones: Value, norm: Value, y: Value): true | Refusal {
  if (x.dtype !== 'float16' && x.dtype !== 'bfloat16') return refuse('is not of a half-precision type', x)
  if (norm.dtype !== 'float32') return refuse('is not computed in float32, which the operator does', norm)
  if (y.dtype !== x.dtype) return refuse('is cast to another type than the input was of', y)
  return fill(ones) === 1 || refuse('is scaled before it is cast', norm)
}

function narrowOnes({ dtype = 'float16' }: Value, ones: Value): Constant {
  const shape = ones.tensor?.shape ?? []
  const count = shape.reduce((a, b) => a * b, 1)
  return constant(
    tensorOf(
      dtype,
      shape,
      Array.from({ length: count }, () => 1),
    ),
    { name: 'ones' },
  )
}
