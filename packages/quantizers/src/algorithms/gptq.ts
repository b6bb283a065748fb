// Second-order rounding: the columns of a weight are coded one after another, and what a column loses the columns after it
// make up for, as far as its inputs and theirs go together in the samples:
//   e = (w_k − ŵ_k) / U_kk,   w_j ← w_j − e · U_kj for j after k,   (XᵀX + λI)⁻¹ = UᵀU
// Weights are coded in the order in which they run, each on what the coded ones before it feed to it.
import { defineAlgorithm, flag, real, type Context } from '@damson/core'
import { blockParams } from '../block-params.ts'
import { quantizesBlocks } from '../block-quantizer.ts'
import { learningParams } from '../learning-params.ts'
import { learnCodes, learntSolver, type PartCodes } from '../learnt-codes.ts'
import { secondOrder } from '../second-order-codes.ts'

const id = '@damson/quantizers/gptq'
const version = 1

const params = {
  ...blockParams({ blockSize: 128 }),
  /** Visit the columns of the largest inputs first. Blocks keep their columns and their scales: nothing is reordered. */
  actOrder: flag({
    default: true,
    doc: 'Visit the columns of the largest inputs first; blocks keep their columns.',
  }),
  /** Share of the mean of the diagonal that is added to XᵀX. */
  damp: real({ min: 1e-6, max: 1, default: 0.01, doc: 'Share of the mean diagonal added to XᵀX.' }),
  ...learningParams,
}

type Ctx = Context<typeof params>
type State = Readonly<Record<string, PartCodes>>

const blocks = quantizesBlocks<Ctx, PartCodes>({
  id,
  version,
  solve: learntSolver,
})

/** Block-wise weight-only quantization with second-order compensation (GPTQ). */
export const gptq = defineAlgorithm<typeof params, State>({
  id,
  version,
  summary:
    'Weights in 2, 4 or 8 bits, rounded column by column so that later columns make up for earlier ones.',
  paper: 'Frantar et al. 2022, arXiv 2210.17323',
  contract: blocks.contract,
  params,
  groups: blocks.groups,
  async fit(ctx) {
    const state: Record<string, PartCodes> = {}
    const { sampleCount, memory } = ctx.params
    for (const name of ctx.parts) {
      const part = ctx.model.part(name)
      const learning = { key: `${id}:${version}`, sampleCount, memory, code: secondOrder(ctx.params) }
      const { codes } = await learnCodes(ctx, part, blocks.claimed(part, ctx), learning)
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
