// Weights in 2, 4 or 8 bits with a scale for every block of a row, computed from the smallest and largest number of the
// block. Activations stay in floating point. Codes, scales and zero points are those of ONNX Runtime's own quantizer.
//   symmetric:  s = w_max / -2^(b-1) with w_max the number of largest magnitude,  q = round(w / s) + 2^(b-1)
//   asymmetric: s = (max - min) / (2^b - 1),  z = round(-min / s),  q = round(w / s) + z
import { defineAlgorithm, flag, int, oneOf, type Context } from '@damson/core'
import { isRefusal, refuse, type Refusal, type Weight } from '@damson/graph'
import type { BlockSpec } from '@damson/numerics'
import { codeBlocks, type BlockCodes } from '../block-coding.ts'
import { emitGather, emitMatMul } from '../block-operators.ts'
import { blockBytes, nodeBytes } from '../coded-size.ts'
import type { Coder } from '../coder.ts'
import { matrixOf, type MatrixWeight } from '../matrix-weights.ts'
import type { Replacement } from '../replace-weights.ts'
import { quantizesWeights, weightContract } from '../weight-quantizer.ts'

const id = '@damson/quantizers/weight-only'
const version = 1

const params = {
  /** Bits of a code. */
  bits: oneOf({ options: [2, 4, 8], default: 4, doc: 'Bits of a code.' }),
  /** Numbers that share a scale: a power of two. */
  blockSize: oneOf({ options: [16, 32, 64, 128, 256], default: 32, doc: 'Numbers that share a scale.' }),
  /** Without zero points: a little smaller, a little less exact. */
  symmetric: flag({ default: false, doc: 'Without zero points: a little smaller, a little less exact.' }),
  /** Code embedding tables too. */
  embeddings: flag({ default: true, doc: 'Code embedding tables too (4 and 8 bits).' }),
  /** Arithmetic of the product: 0 the runtime's choice, 1 fp32, 2 fp16, 3 bf16, 4 int8 activations; `auto`: 4 on cpu. */
  accuracyLevel: int({
    min: 0,
    max: 4,
    or: ['auto'],
    default: 'auto',
    doc: 'Arithmetic of the product: 0 left to the runtime, 1 fp32, 2 fp16, 3 bf16, 4 int8 activations. auto: 4 on cpu, else 0.',
  }),
}

type Ctx = Context<typeof params>

/** Block-wise weight-only quantization by range (round to nearest). */
export const weightOnly = defineAlgorithm({
  id,
  version,
  summary: 'Weights in 2, 4 or 8 bits with a scale for each block; activations stay in floating point.',
  paper: 'ONNX Runtime MatMulNBits; Dettmers & Zettlemoyer 2022, arXiv 2212.09720',
  contract: weightContract,
  params,
  ...quantizesWeights<typeof params, MatrixWeight>({
    find: (weight, _, ctx) => matrixFor(weight, ctx),
    replace: replacementOf,
  }),
})

function matrixFor(weight: Weight, { params }: Ctx): MatrixWeight | Refusal {
  const matrix = matrixOf(weight)
  if (isRefusal(matrix)) return matrix
  if (matrix.use === 'gather' && !params.embeddings)
    return refuse('is an embedding, and embeddings are off', weight)
  if (matrix.use === 'gather' && params.bits === 2)
    return refuse('is an embedding, which has no 2-bit operator', weight)
  if (matrix.use === 'gather' && (matrix.K * params.bits) % 8 !== 0)
    return refuse('has rows that do not fill bytes', weight)
  const after = blockBytes(specOf(matrix, params)) + nodeBytes(weight, 2)
  if (after >= weight.tensor.byteLength) {
    return refuse('is so small that it would grow', weight)
  }
  return matrix
}

function specOf(
  { K, N, layout, use, weight }: MatrixWeight,
  { bits, blockSize, symmetric }: Ctx['params'],
): BlockSpec {
  const rule = use === 'gather' ? 'GatherBlockQuantized' : 'MatMulNBits'
  const dtype = weight.tensor.dtype === 'float16' ? 'float16' : 'float32'
  return { K, N, layout, bits, blockSize, symmetric, rule, dtype }
}

function replacementOf(matrix: MatrixWeight, ctx: Ctx, coder: Coder): Replacement {
  const spec = specOf(matrix, ctx.params)
  const codes: BlockCodes = codeBlocks(matrix.weight.tensor, spec, `${id}:${version}`, coder)
  const tensors = { [`Q${spec.bits}`]: codes.packed, scales: codes.scales, zero_points: codes.zeroPoints }
  return {
    weight: matrix.weight,
    tensors,
    emit: (draft, node, name) => {
      const coded = [
        name(`Q${spec.bits}`),
        name('scales'),
        ...(codes.zeroPoints ? [name('zero_points')] : []),
      ]
      if (matrix.use === 'gather') emitGather(draft, node, coded, spec)
      else emitMatMul(draft, node, coded, spec, levelOf(ctx))
    },
  }
}

function levelOf({ params, target }: Ctx): number {
  if (params.accuracyLevel !== 'auto') return params.accuracyLevel
  // Measured: int8 activations make one row 9 times faster than fp32 on CPU; other targets choose for themselves.
  return target.startsWith('cpu') ? 4 : 0
}
