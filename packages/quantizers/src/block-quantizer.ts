// Everything that codes weights in blocks differs in how codes are found and in nothing else: a solver is given one matrix at
// a time and says its codes. Which weights there are, how they lie and what reads them is the same for all (`block-weights.ts`).
import type { Context, Group, Model, Part, State } from '@damson/core'
import { isRefusal, weights, type Graph, type Refusal, type Tensor, type Weight } from '@damson/graph'
import type { BlockSpec } from '@damson/numerics'
import type { BlockCodes } from './block-coding.ts'
import type { BlockParams } from './block-params.ts'
import { blockWeightOf, replaceBlocks, type BlockChoice, type BlockWeight } from './block-weights.ts'
import type { Coder } from './coder.ts'
import { accuracyLevelOf, choiceOf, readable } from './block-targets.ts'
import { claimedWeights } from './left-alone.ts'
import { quantizesWeights, weightContract, weightGroups } from './weight-quantizer.ts'

/** What a solver has at hand beside the matrix. */
interface Solving<C extends Context<BlockParams>, S> {
  readonly ctx: C
  readonly coder: Coder
  readonly weight: Weight
  /** What `fit` learnt; undefined for an algorithm without one. */
  readonly state: S
  /** `id:version`, for the keys of computed tensors. */
  readonly key: string
}

/**
 * The codes of a matrix [K, N] or [N, K] (`spec.layout`), in the sizes that `blockSizes(spec)` gives. Tensors that are
 * computed when somebody reads them keep a rewrite instant; their keys have to name all that decides their bytes.
 */
export type BlockSolver<C extends Context<BlockParams>, S> = (
  matrix: Tensor,
  spec: BlockSpec,
  how: Solving<C, S>,
) => BlockCodes

/** What one algorithm that codes in blocks knows and others do not. */
export interface BlockQuantizer<C extends Context<BlockParams>, S> {
  readonly id: string
  readonly version: number
  readonly solve: BlockSolver<C, S>
  /**
   * How one weight is coded, where the parameters do not say it for all. `state` is undefined while a step is planned and
   * fitted: then the answer decides only which weights are claimed. Default: what the parameters say (`choiceOf`).
   */
  readonly choose?: (weight: Weight, ctx: C, state: S | undefined) => BlockChoice
}

/** The hooks that all algorithms share that code in blocks. `C`: their `Context<typeof params>`; `S`: what their fit learns. */
export interface BlockHooks<C extends Context<BlockParams>, S> {
  readonly contract: typeof weightContract
  readonly groups: (part: Part, ctx: C) => readonly Group[] | Refusal
  readonly rewrite: (model: Model, ctx: C, state: S) => Model
  /** The weights that the step claimed in a part, as they will be coded: what a fit goes through. */
  readonly claimed: (part: Part, ctx: C) => readonly BlockWeight[]
}

/** `groups`, `rewrite` and the contract of an algorithm that codes weights in blocks; `claimed` serves its fit. */
export function quantizesBlocks<C extends Context<BlockParams>, S extends State = undefined>(
  quantizer: BlockQuantizer<C, S>,
): BlockHooks<C, S> {
  const { id, version, solve, choose = (_, ctx) => choiceOf(ctx) } = quantizer
  const key = `${id}:${version}`
  const finding = (ctx: C, state?: S) => ({
    prepare: (graph: Graph): Graph | Refusal => readable(graph, ctx),
    find: (weight: Weight, graph: Graph): BlockWeight | Refusal =>
      blockWeightOf(weight, graph, choose(weight, ctx, state), ctx.params),
  })
  return {
    contract: weightContract,
    groups: (part, ctx) => weightGroups<BlockParams, BlockWeight>(part, ctx, finding(ctx)),
    rewrite: (model, ctx, state) => {
      const slow: Weight[] = []
      const rewritten = quantizesWeights<BlockParams, BlockWeight>({
        ...finding(ctx, state),
        replace: (found, _, coder) => {
          const { weight, matrix, spec, format, decoded } = found
          if (format === 'qdq' && decoded) slow.push(weight)
          const codes = solve(matrix, spec, { ctx, coder, weight, state, key })
          return replaceBlocks(found, codes, accuracyLevelOf(ctx))
        },
      }).rewrite(model, ctx)
      warnDecoded(ctx, slow)
      return rewritten
    },
    claimed: (part, ctx) => {
      const claimed = claimedWeights(ctx.groups(part))
      // A fit tries codes out in the graph as it is, without another opset: with the operators that read them.
      const params = { ...ctx.params, format: 'nbits' } as const
      return weights(part.graph)
        .filter(({ id }) => claimed.has(id))
        .map(weight => blockWeightOf(weight, part.graph, choose(weight, ctx, undefined), params))
        .filter((found): found is BlockWeight => !isRefusal(found))
    },
  }
}

/** ONNX Runtime never folds DequantizeLinear. Measured on convolutions of 2 x86 cores: 1.4 times the time at 32² places, 8 at one. */
function warnDecoded(ctx: Pick<Context<BlockParams>, 'warn'>, weights: readonly Weight[]): void {
  const [first] = weights
  if (!first) return
  const ids = weights.map(({ id }) => id)
  ctx.warn(
    'decoded-in-every-run',
    `${ids.length} like "${first.id}" are decoded in every run, for format qdq has no product to fuse them with: ` +
      'measured, a convolution takes 1.4 to 8 times as long. Format nbits decodes them once, when a session is made.',
    { weights: ids },
  )
}
