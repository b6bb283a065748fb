// Half-quadratic quantization: no data, one pass. Of the weights w of a block it keeps the scale s of their range and looks
// for the zero point z that makes Σ|w - s (q - z)|^p least, p < 1, which forgives outliers. By turns, with growing beta:
//   q = clamp(round(w / s + z)),  e = shrink(w - s (q - z), beta),  z = mean(q - (w - e) / s)
//   shrink(x, beta) = sign(x) max(0, |x| - |x|^(p-1) / beta)
// A float z is what the paper gives. ONNX Runtime does not prepack those and is several times slower, so by default z is an
// integer next to it, and s is refitted to the codes: s = Σ (w - e)(q - z) / Σ (q - z)².
import { defineAlgorithm, int, oneOf, real, type Context } from '@damson/core'
import { refuse } from '@damson/graph'
import { codeBlocks } from '../block-coding.ts'
import { blockParams } from '../block-params.ts'
import { quantizesBlocks } from '../block-quantizer.ts'
import { balanceOf, rounding } from '../rounding.ts'

const id = '@damson/quantizers/hqq'
const version = 1

const params = {
  ...blockParams({ blockSize: 64 }),
  /** At most so many turns; a block stops when its error no longer falls. */
  iterations: int({ min: 1, max: 200, default: 20, doc: 'At most so many turns for a block.' }),
  /** Exponent of the norm. */
  p: real({
    min: 0.05,
    max: 1,
    default: 0.7,
    doc: 'Exponent of the norm of the error; below 1 outliers count little.',
  }),
  /** Float zero points are closer but switch prepacking off in ONNX Runtime. */
  zeroPoint: oneOf({
    options: ['integer', 'float'],
    default: 'integer',
    doc: 'Float zero points are closer, but ONNX Runtime multiplies several times slower with them. Embeddings and format qdq keep integers.',
  }),
  rounding,
}

type Ctx = Context<typeof params>

const { contract, groups, rewrite } = quantizesBlocks<Ctx>({
  id,
  version,
  solve: (matrix, spec, { ctx, coder, weight, key }) => {
    const { iterations, p } = ctx.params
    // Look-ups and DequantizeLinear read zero points of the type of the codes.
    const isTable = weight.uses.some(({ node }) => node.op === 'Gather')
    const zeroPoint = isTable || ctx.params.format === 'qdq' ? 'integer' : ctx.params.zeroPoint
    const balance = balanceOf(ctx.params.rounding, weight)
    return codeBlocks(matrix, { ...spec, search: { zeroPoint, iterations, p }, balance }, key, coder)
  },
})

/** Half-quadratic quantization of weights in blocks. */
export const hqq = defineAlgorithm({
  id,
  version,
  summary: 'Weights in 2, 4 or 8 bits whose zero points are optimized by half-quadratic splitting; no data.',
  paper: 'Badri & Shaji 2023, https://mobiusml.github.io/hqq_blog',
  contract,
  params,
  groups: (part, ctx) => {
    const { bits, zeroPoint } = ctx.params
    if (bits === 8 && zeroPoint === 'float')
      return refuse('ONNX Runtime has no products with float zero points at 8 bits: take integer ones')
    return groups(part, ctx)
  },
  rewrite,
})
