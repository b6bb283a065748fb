// Weights in 2, 4 or 8 bits with a scale for every block of a row, computed from the smallest and largest number of the
// block (or by a search). Activations stay in floating point. Codes, scales and zero points are those of ONNX Runtime's own.
//   symmetric:  s = w_max / -2^(b-1) with w_max the number of largest magnitude,  q = round(w / s) + 2^(b-1)
//   asymmetric: s = (max - min) / (2^b - 1),  z = round(-min / s),  q = round(w / s) + z
// Then some codes move to their other neighbour, so that the errors of a row do not add up (numerics' balance rule).
import { defineAlgorithm, oneOf, type Context } from '@damson/core'
import { codeBlocks } from '../block-coding.ts'
import { blockParams } from '../block-params.ts'
import { quantizesBlocks } from '../block-quantizer.ts'
import { balanceOf, rounding } from '../rounding.ts'

const id = '@damson/quantizers/weight-only'
const version = 1

const params = {
  ...blockParams({ blockSize: 32 }),
  /** How scale and zero point of a block are found. */
  search: oneOf({
    options: ['minmax', 'mse', 'kquant'],
    default: 'minmax',
    doc: 'How scale and zero point of a block are found: by its range, by least squared error, or as llama.cpp and ONNX Runtime do in k-quant (errors weighted by magnitude).',
  }),
  rounding,
}

type Ctx = Context<typeof params>

const { contract, groups, rewrite } = quantizesBlocks<Ctx>({
  id,
  version,
  solve: (matrix, spec, { ctx, coder, weight, key }) => {
    const { search, rounding } = ctx.params
    return codeBlocks(matrix, { ...spec, search, balance: balanceOf(rounding, weight) }, key, coder)
  },
})

/** Block-wise weight-only quantization by range (round to nearest). */
export const weightOnly = defineAlgorithm({
  id,
  version,
  summary: 'Weights in 2, 4 or 8 bits with a scale for each block; activations stay in floating point.',
  paper:
    'ONNX Runtime MatMulNBits; Dettmers & Zettlemoyer 2022, arXiv 2212.09720; Guo et al. 2022, arXiv 2202.07471 (rounding)',
  contract,
  params,
  groups,
  rewrite,
})
