// Round to nearest with scales that are refined against the inputs: from each of several shares of a block's range the scale is
// fitted to the codes that come out, the codes to that scale, and again, and what brings the output closest stays.
//   s = wᵀHc / cᵀHc,  c = round(w / s),  H = the block's own part of XᵀX
import { defineAlgorithm, type Context } from '@damson/core'
import { codesByOutput, rangeShares } from '../block-output.ts'
import { blockParams } from '../block-params.ts'
import { quantizesBlocks } from '../block-quantizer.ts'
import { learningParams } from '../learning-params.ts'
import { learnCodes, learntSolver, type PartCodes } from '../learnt-codes.ts'

const id = '@damson/quantizers/scale-estimation'
const version = 1

const params = {
  ...blockParams({ blockSize: 32 }),
  ...learningParams,
}

type State = Readonly<Record<string, PartCodes>>

const blocks = quantizesBlocks<Context<typeof params>, PartCodes>({
  id,
  version,
  solve: learntSolver,
})

/** Shares of the range to start from, as in NNCF, and refits of each. */
const search = { shares: rangeShares, refits: 1 }

/** Block-wise weight-only quantization with scales refined against activations. */
export const scaleEstimation = defineAlgorithm<typeof params, State>({
  id,
  version,
  summary: 'Weights in 2, 4 or 8 bits, rounded to nearest with scales refined against the inputs they meet.',
  paper: 'NNCF, scale estimation of compress_weights',
  contract: blocks.contract,
  params,
  groups: blocks.groups,
  async fit(ctx) {
    const state: Record<string, PartCodes> = {}
    const { sampleCount, memory, blockSize } = ctx.params
    for (const name of ctx.parts) {
      const part = ctx.model.part(name)
      const { codes } = await learnCodes(ctx, part, blocks.claimed(part, ctx), {
        key: `${id}:${version}`,
        sampleCount,
        memory,
        code: (H, { K }) => codesByOutput(H, K, blockSize, search),
      })
      state[name] = codes
    }
    return state
  },
  rewrite: (model, ctx, state) =>
    ctx.parts.reduce(
      (made, name) => blocks.rewrite(made, { ...ctx, parts: [name] }, state[name] ?? {}),
      model,
    ),
})
