// Which weights are coded in blocks, how each of them lies as a matrix, and what reads it afterwards.
import type { Values } from '@damson/core'
import { isRefusal, refuse, type Graph, type Refusal, type Tensor, type Weight } from '@damson/graph'
import type { BlockSpec } from '@damson/numerics'
import type { BlockCodes } from './block-coding.ts'
import { emitGather, emitMatMul } from './block-operators.ts'
import type { BlockParams } from './block-params.ts'
import { blockBytes, nodeBytes } from './coded-size.ts'
import { matrixOf, type MatrixUse } from './matrix-weights.ts'
import type { Replacement } from './replace-weights.ts'

/** How one weight is to be coded; the rest of the parameters holds for all of them. */
export type BlockChoice = Values<Pick<BlockParams, 'bits' | 'blockSize' | 'symmetric'>>

/** A weight that can be coded. */
export interface BlockWeight {
  readonly weight: Weight
  readonly use: MatrixUse
  /** What is coded: [K, N] or [N, K], as `spec.layout` says. */
  readonly matrix: Tensor
  readonly spec: BlockSpec
}

/** The weight as a matrix to be coded as `choice` says, or why it stays in floating point. */
export function blockWeightOf(
  weight: Weight,
  _graph: Graph,
  choice: BlockChoice,
  params: Values<BlockParams>,
): BlockWeight | Refusal {
  const found = matrixOf(weight)
  if (isRefusal(found)) return found
  const { K, N, layout, use } = found
  if (use === 'gather' && !params.embeddings) return refuse('is an embedding, and embeddings are off', weight)
  if (use === 'gather' && choice.bits === 2)
    return refuse('is an embedding, which has no 2-bit operator', weight)
  if (use === 'gather' && (K * choice.bits) % 8 !== 0)
    return refuse('has rows that do not fill bytes', weight)
  const { bits, blockSize, symmetric } = choice
  const rule = use === 'gather' ? 'GatherBlockQuantized' : 'MatMulNBits'
  const dtype = weight.tensor.dtype === 'float16' ? 'float16' : 'float32'
  const spec: BlockSpec = { K, N, layout, bits, blockSize, symmetric, rule, dtype }
  if (blockBytes(spec) + nodeBytes(weight, 2) >= weight.tensor.byteLength) {
    return refuse('is so small that it would grow', weight)
  }
  return { weight, use, matrix: weight.tensor, spec }
}

/** The codes in the place of the weight, and the operators that read them in the place of its consumers. */
export function replaceBlocks(
  { weight, use, spec }: BlockWeight,
  codes: BlockCodes,
  accuracyLevel: number,
): Replacement {
  const suffix = `Q${spec.bits}`
  return {
    weight,
    tensors: { [suffix]: codes.packed, scales: codes.scales, zero_points: codes.zeroPoints },
    emit: (draft, node, name) => {
      const coded = [name(suffix), name('scales'), ...(codes.zeroPoints ? [name('zero_points')] : [])]
      if (use === 'gather') emitGather(draft, node, coded, spec)
      else emitMatMul(draft, node, coded, spec, accuracyLevel)
    },
  }
}
