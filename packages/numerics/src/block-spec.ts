// The shape of a block-wise coded matrix: every run of `blockSize` numbers along K shares a scale (and a zero point).
// Codes lie as com.microsoft MatMulNBits reads them: [N, kBlocks, blob], low bits first, K padded to whole blocks.
// GatherBlockQuantized reads rows of exactly K codes; for K a multiple of the block both are the same bytes.
import { hasFloatZeroPoints, type BlockSearch } from './block-search.ts'
import { NumericsError, requireInteger } from './error.ts'

export type BlockBits = 2 | 4 | 8

/**
 * Whose arithmetic is reproduced, bit for bit, of ONNX Runtime's own quantizers:
 * - `MatMulNBits`: the C++ kernel behind `MatMulNBitsQuantizer`; multiplies by 1/scale, rounds half away from zero.
 * - `GatherBlockQuantized`: its numpy path for embeddings; divides by the scale, rounds half to even, rows unpadded.
 */
export type BlockRule = 'MatMulNBits' | 'GatherBlockQuantized'

export interface BlockSpec {
  /** Length of the coded axis: rows of a MatMul's B, width of an embedding. */
  readonly K: number
  /** The other axis: columns of a MatMul's B, rows of an embedding table. */
  readonly N: number
  /** How the source lies in memory, row-major: `KN` as MatMul's B; `NK` as Gemm's B with transB, or an embedding. */
  readonly layout: 'KN' | 'NK'
  readonly bits: BlockBits
  /** Power of two, 16 to 256. */
  readonly blockSize: number
  /** Symmetric codes have no zero points; the reader takes 2^(bits-1). */
  readonly symmetric: boolean
  /** Default `MatMulNBits`. */
  readonly rule?: BlockRule
  /** Element type of the source bytes, default float32. Scales of float16 sources are rounded to float16, as ONNX Runtime does. */
  readonly dtype?: 'float32' | 'float16' | 'bfloat16'
  /** How scales and zero points are found; default `minmax`. `rule` is then only the layout. */
  readonly search?: BlockSearch
  /**
   * How much the sum of a row's errors counts beside their squares: codes are moved to their other neighbour where that makes
   * Σ e² + balance (Σ e)² less. From 0, the default: all codes are the nearest ones.
   */
  readonly balance?: number
}

/** Sizes that follow from a BlockSpec; rows are the N rows of the result. */
export interface BlockSizes {
  readonly kBlocks: number
  /** Bytes of one whole block. */
  readonly blob: number
  /** Bytes of the codes of a row: kBlocks * blob, or K * bits / 8 for GatherBlockQuantized. */
  readonly rowBytes: number
  /** Bytes of the zero points of a row: packed ceil(kBlocks * bits / 8), float ones 4 * kBlocks; 0 when symmetric. */
  readonly zeroRowBytes: number
  readonly sourceElementBytes: 2 | 4
}

/** The sizes of a coded matrix. Throws `numerics/argument` for a spec that no reader accepts. */
export function blockSizes(spec: BlockSpec): BlockSizes {
  checkBlockSpec(spec)
  const { K, bits, blockSize, symmetric } = spec
  const kBlocks = Math.ceil(K / blockSize)
  const blob = (blockSize * bits) / 8
  return {
    kBlocks,
    blob,
    rowBytes: spec.rule === 'GatherBlockQuantized' ? (K * bits) / 8 : kBlocks * blob,
    zeroRowBytes: symmetric ? 0 : hasFloatZeroPoints(spec) ? 4 * kBlocks : Math.ceil((kBlocks * bits) / 8),
    sourceElementBytes: spec.dtype === undefined || spec.dtype === 'float32' ? 4 : 2,
  }
}

function checkBlockSpec(spec: BlockSpec): void {
  const { K, N, layout, bits, blockSize, rule, balance = 0 } = spec
  requireInteger('K', K, 1)
  requireInteger('N', N, 1)
  requireInteger('blockSize', blockSize, 16, 256)
  const fault =
    (blockSize & (blockSize - 1)) !== 0
      ? `blockSize: expected a power of two, got ${blockSize}`
      : bits !== 2 && bits !== 4 && bits !== 8
        ? `bits: expected 2, 4 or 8, got ${String(bits)}`
        : rule === 'GatherBlockQuantized' && layout !== 'NK'
          ? `layout: GatherBlockQuantized codes rows, so it takes NK, got ${layout}`
          : rule === 'GatherBlockQuantized' && (K * bits) % 8 !== 0
            ? `K: a row of GatherBlockQuantized must fill whole bytes, got ${K} codes of ${bits} bits`
            : rule === 'GatherBlockQuantized' && hasFloatZeroPoints(spec)
              ? 'search: GatherBlockQuantized takes integer zero points only'
              : !(balance >= 0 && balance < Infinity)
                ? `balance: expected a number from 0, got ${balance}`
                : undefined
  if (fault !== undefined) throw new NumericsError('numerics/argument', fault)
}
