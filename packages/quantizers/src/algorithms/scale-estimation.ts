// Round to nearest with scales that are refined against the inputs: from each of several shares of a block's range the scale is
// fitted to the codes that come out, the codes to that scale, and again, and what brings the output closest stays.
//   s = wᵀHc / cᵀHc,  c = round(w / s),  H = the block's own part of XᵀX
import { defineAlgorithm, type FitContext } from '@damson/core'
import { codesByOutput, rangeShares } from '../block-output.ts'
import { blockParams } from '../block-params.ts'
import { learningParams } from '../learning-params.ts'
import { learnsBlocks, type LearntParts } from '../learns-blocks.ts'

const id = '@damson/quantizers/scale-estimation'
const version = 1

const params = {
  ...blockParams({ blockSize: 32 }),
  ...learningParams,
}

/** Shares of the range to start from, as in NNCF, and refits of each. */
const search = { shares: rangeShares, refits: 1 }

const blocks = learnsBlocks<FitContext<typeof params>>({
  id,
  version,
  learning: ({ params: { blockSize } }) => ({
    code: (sums, { K }) => codesByOutput(sums, K, blockSize, search),
  }),
})

/** Block-wise weight-only quantization with scales refined against activations. */
export const scaleEstimation = defineAlgorithm<typeof params, LearntParts>({
  id,
  version,
  summary: 'Weights in 2, 4 or 8 bits, rounded to nearest with scales refined against the inputs they meet.',
  paper: 'NNCF, scale estimation of compress_weights',
  params,
  ...blocks,
})
