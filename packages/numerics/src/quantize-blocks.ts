// Block-wise coding of a matrix that is in memory already, and its inverse.
import { blockSizes, type BlockSpec } from './block-spec.ts'
import { hasFloatZeroPoints } from './block-search.ts'
import { requireLength } from './error.ts'
import { createKernel, type Kernel } from './kernel.ts'

export interface CodedBlocks {
  /** [N, rowBytes] */
  readonly packed: Uint8Array<ArrayBuffer>
  /** [N, kBlocks] */
  readonly scales: Float32Array<ArrayBuffer>
  /** [N, zeroRowBytes], packed, or float32 for a search with float ones; missing when symmetric. */
  readonly zeroPoints?: Uint8Array<ArrayBuffer>
  /** Blocks that cannot be coded: a NaN, an infinity, or a range beyond float32. */
  readonly unsoundBlocks: number
}

/**
 * Codes a whole matrix; `weight` is [K, N] or [N, K] by `spec.layout`, raw 16-bit codes for 16-bit dtypes.
 * Making a kernel compiles a module: pass one when there are many weights.
 */
export function quantizeBlocks(
  weight: Float32Array | Uint16Array,
  spec: BlockSpec,
  kernel: Kernel = createKernel(),
): CodedBlocks {
  const stream = kernel.blocks(spec)
  const { sizes, sourceRowBytes, bandRows } = stream
  const rows = spec.layout === 'KN' ? spec.K : spec.N
  const bytes = new Uint8Array(weight.buffer, weight.byteOffset, weight.byteLength)
  requireLength('weight bytes', bytes, rows * sourceRowBytes)
  const packed = new Uint8Array(spec.N * sizes.rowBytes)
  const scales = new Float32Array(spec.N * sizes.kBlocks)
  const zeroPoints = new Uint8Array(spec.N * sizes.zeroRowBytes)
  let unsoundBlocks = 0
  for (let row = 0; row < rows; row += bandRows) {
    const count = Math.min(bandRows, rows - row)
    stream.band.set(bytes.subarray(row * sourceRowBytes, (row + count) * sourceRowBytes))
    const out = stream.push(count)
    if (out === undefined) continue
    packed.set(out.packed, out.from * sizes.rowBytes)
    scales.set(out.scales, out.from * sizes.kBlocks)
    if (out.zeroPoints) zeroPoints.set(out.zeroPoints, out.from * sizes.zeroRowBytes)
    unsoundBlocks += out.unsoundBlocks
  }
  return { packed, scales, ...(spec.symmetric ? {} : { zeroPoints }), unsoundBlocks }
}

/** What a reader makes of the codes: scale * (code - zeroPoint) in float32, laid out as `spec.layout` says. */
export function dequantizeBlocks(
  coded: Omit<CodedBlocks, 'unsoundBlocks'>,
  spec: BlockSpec,
): Float32Array<ArrayBuffer> {
  const { K, N, bits, blockSize, layout } = spec
  const { kBlocks, rowBytes, zeroRowBytes } = blockSizes(spec)
  requireLength('packed', coded.packed, N * rowBytes)
  requireLength('scales', coded.scales, N * kBlocks)
  requireLength('zeroPoints', coded.zeroPoints ?? [], N * zeroRowBytes)
  const mask = (1 << bits) - 1
  const codeAt = (bytes: Uint8Array, row: number, i: number): number =>
    ((bytes[row + ((i * bits) >>> 3)] ?? 0) >>> ((i * bits) & 7)) & mask
  const { zeroPoints } = coded
  const zeroAt = !zeroPoints
    ? () => 1 << (bits - 1)
    : hasFloatZeroPoints(spec)
      ? floatReader(zeroPoints, kBlocks)
      : (n: number, block: number) => codeAt(zeroPoints, n * zeroRowBytes, block)
  const values = new Float32Array(K * N)
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < K; k++) {
      const block = Math.floor(k / blockSize)
      const zero = zeroAt(n, block)
      const value = (coded.scales[n * kBlocks + block] ?? 0) * (codeAt(coded.packed, n * rowBytes, k) - zero)
      values[layout === 'KN' ? k * N + n : n * K + k] = value
    }
  }
  return values
}

function floatReader(bytes: Uint8Array<ArrayBuffer>, kBlocks: number): (n: number, block: number) => number {
  const zeros = new Float32Array(bytes.slice().buffer)
  return (n, block) => zeros[n * kBlocks + block] ?? 0
}
