// Second-order rounding: the columns of a weight are coded one after another, and what a column loses the columns after it
// make up for, as far as its inputs and theirs go together in the samples:
//   e = (w_k − ŵ_k) / U_kk,   w_j ← w_j − e · U_kj for j after k,   (XᵀX + λI)⁻¹ = UᵀU
// Weights are coded in the order in which they run, each on what the coded ones before it feed to it. Where asked for, a weight
// makes up for what those lost (`inherited-errors.ts`), and codes and scales are taken up again (`code-descent.ts`).
import { defineAlgorithm, flag, int, real, type FitContext } from '@damson/core'
import { blockParams } from '../block-params.ts'
import { learningParams } from '../learning-params.ts'
import { learnsBlocks, type LearntParts } from '../learns-blocks.ts'
import { asInThePaper, secondOrder } from '../second-order-codes.ts'

const id = '@damson/quantizers/gptq'
const version = 1

const params = {
  ...blockParams({ blockSize: 128 }),
  /** Visit the columns of the largest inputs first. Blocks keep their columns and their scales: nothing is reordered. */
  actOrder: flag({
    default: asInThePaper.actOrder,
    doc: 'Visit the columns of the largest inputs first; blocks keep their columns.',
  }),
  /** Share of the mean of the diagonal that is added to XᵀX. `auto`: 0.01, and as much more as few rows of samples ask for. */
  damp: real({
    min: 1e-6,
    max: 100,
    or: ['auto'],
    default: asInThePaper.damp,
    doc: 'Share of the mean diagonal added to XᵀX. auto: 0.01, and as much more as few rows of samples ask for.',
  }),
  /** Rounds in which codes and scales are taken up again, one at a time with all others held; 0: as in the paper. */
  sweeps: int({
    min: 0,
    max: 100,
    default: asInThePaper.sweeps,
    doc: 'Rounds in which codes and scales are taken up again, one at a time; 0: as in the paper.',
  }),
  /** Share of what the weights before it lost that a weight makes up for; 0: as in the paper. */
  inherited: real({
    min: 0,
    max: 1,
    default: asInThePaper.inherited,
    doc: 'Share of what the weights before it lost that a weight makes up for; 0: as in the paper.',
  }),
  ...learningParams,
}

const blocks = learnsBlocks<FitContext<typeof params>>({
  id,
  version,
  learning: ctx => secondOrder(ctx.params),
})

/** Block-wise weight-only quantization with second-order compensation (GPTQ). */
export const gptq = defineAlgorithm<typeof params, LearntParts>({
  id,
  version,
  summary:
    'Weights in 2, 4 or 8 bits, rounded column by column so that later columns make up for earlier ones.',
  paper: 'Frantar et al. 2022, arXiv 2210.17323',
  params,
  ...blocks,
})
