// Everything that learns codes in blocks from samples differs in how one stage is coded and in nothing else: the fit goes
// through the parts, the rewrite puts what was learnt in the place of the weights.
import type { Context, FitContext, Model, Part } from '@damson/core'
import type { BlockParams } from './block-params.ts'
import { quantizesBlocks, type BlockHooks } from './block-quantizer.ts'
import type { BlockWeight } from './block-weights.ts'
import type { learningParams } from './learning-params.ts'
import {
  learnCodes,
  learntSolver,
  withTensors,
  type Learning,
  type Learnt,
  type PartCodes,
} from './learnt-codes.ts'

type LearningParams = BlockParams & typeof learningParams

/** What was learnt, by part. */
export type LearntParts = Readonly<Record<string, Pick<Learnt, 'codes' | 'tensors'>>>

/** What one algorithm that learns codes knows and others do not. `C`: its `FitContext<typeof params>`. */
interface LearningQuantizer<C extends FitContext<LearningParams>> {
  readonly id: string
  readonly version: number
  /** How the stages of a part are coded; `claimed`: its weights. */
  readonly learning: (
    ctx: C,
    part: Part,
    claimed: readonly BlockWeight[],
  ) => Pick<Learning, 'code' | 'drift' | 'filters'>
}

type SharedHooks = BlockHooks<Context<LearningParams>, PartCodes>

interface LearningHooks<C> extends Pick<SharedHooks, 'contract' | 'groups'> {
  readonly fit: (ctx: C) => Promise<LearntParts>
  readonly rewrite: (model: Model, ctx: Context<LearningParams>, state: LearntParts) => Model
}

/** `groups`, `fit`, `rewrite` and the contract of an algorithm that learns codes. */
export function learnsBlocks<C extends FitContext<LearningParams>>(
  quantizer: LearningQuantizer<C>,
): LearningHooks<C> {
  const { id, version, learning } = quantizer
  const solve = learntSolver
  const blocks = quantizesBlocks<Context<LearningParams>, PartCodes>({ id, version, solve })
  return {
    contract: blocks.contract,
    groups: blocks.groups,
    async fit(ctx) {
      const { sampleCount, memory } = ctx.params
      const state: Record<string, Learnt> = {}
      for (const name of ctx.parts) {
        const part = ctx.model.part(name)
        const claimed = blocks.claimed(part, ctx)
        const how = { key: `${id}:${version}`, sampleCount, memory, ...learning(ctx, part, claimed) }
        state[name] = await learnCodes<LearningParams>(ctx, part, claimed, how)
      }
      return state
    },
    rewrite: (model, ctx, state) =>
      ctx.parts.reduce((made, name) => {
        const { codes = {}, tensors = {} } = state[name] ?? {}
        const changed = made.withGraph(name, withTensors(made.part(name).graph, tensors))
        return blocks.rewrite(changed, { ...ctx, parts: [name] }, codes)
      }, model),
  }
}
