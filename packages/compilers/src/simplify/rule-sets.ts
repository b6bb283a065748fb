// The rules of `simplify` by what they do, so that a user can take some and leave others. Sets without rules here stand
// for passes of the loop.
import { cleaning, convBatchNorm, type Rule } from '@damson/graph'
import { logicRules, scalingRules } from './rules/arithmetic.ts'
import { axisRules } from './rules/axes.ts'
import { convolutionRules } from './rules/convolutions.ts'
import { productRules } from './rules/products.ts'
import { sliceRules } from './rules/slices.ts'
import { turnedViewRules } from './rules/turned-views.ts'
import { viewRules } from './rules/views.ts'

/** Names of the sets, in the order in which rules are tried. */
export const ruleSetNames = [
  'identities', 'views', 'slices', 'axes', 'logic', 'scaling', 'convolutions', 'products',
  'constants', 'sizes', 'common', 'branches', 'weights',
] as const // prettier-ignore

export type RuleSet = (typeof ruleSetNames)[number]

const rulesOf: Readonly<Record<RuleSet, readonly Rule[]>> = {
  /** Operators that do nothing; weights in Constant nodes become initializers. */
  identities: cleaning,
  /** Reshape, Squeeze, Unsqueeze, Flatten, Transposes that move nothing or that axes of size 1 stand between. */
  views: [...viewRules, ...turnedViewRules],
  /** Slice, Split, Tile, Resize, and Shape with what is taken of it. */
  slices: sliceRules,
  /** Reductions with the axes around them, CastLike, Einsum. */
  axes: axisRules,
  /** Not, Where, And, Or, Min, Max, and operators that do nothing a second time. */
  logic: logicRules,
  /** Constants that multiply one after another, LogSoftmax. Rounds otherwise. */
  scaling: scalingRules,
  /** Normalization, scale, shift and padding inside convolutions. Rounds otherwise. */
  convolutions: [convBatchNorm, ...convolutionRules],
  /** Gemm with its bias and transposes. Rounds otherwise. */
  products: productRules,
  /** What depends on constants only is computed. */
  constants: [],
  /** Arithmetic on sizes: constant targets of Reshape, equal sizes computed once. */
  sizes: [],
  /** Equal nodes are merged. */
  common: [],
  /** If with a constant condition. */
  branches: [],
  /** Equal and transposed weights are stored once. */
  weights: [],
}

/** The rules of some sets, in order. */
export function rulesIn(sets: ReadonlySet<RuleSet>): readonly Rule[] {
  return ruleSetNames.filter(name => sets.has(name)).flatMap(name => rulesOf[name])
}
