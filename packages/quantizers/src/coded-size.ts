// Exact sizes of coded weights, for plans and for leaving alone what would grow.
import { blockSizes, type BlockSpec } from '@damson/numerics'

/** Bytes of codes, scales and zero points of a block-coded weight. */
export function blockBytes(spec: BlockSpec): number {
  const { kBlocks, rowBytes, zeroRowBytes } = blockSizes(spec)
  const scaleBytes = spec.dtype === 'float16' ? 2 : 4
  return spec.N * (rowBytes + kBlocks * scaleBytes + zeroRowBytes)
}
