// Matrices as rows of float64 numbers, a slice at a time, and codes of rows as the tensors that MatMulNBits reads. Solvers that
// learn from data work on rows along the dimension that is summed over, whichever way the weight lies.
import { memoryTensor, type Tensor } from '@damson/graph'
import { blockSizes, decodeFloats, encodeFloats, packCodes, type BlockSpec } from '@damson/numerics'
import type { CodedRows } from './block-grid.ts'
import { unsoundWeight } from './coder.ts'

/** Bytes of the float64 rows of one slice. */
const sliceBytes = 32 << 20

/** Codes, scales and zero points of a whole weight, in memory: state of a fit. */
export type CodedTensors =
  | { readonly packed: Tensor; readonly scales: Tensor }
  | { readonly packed: Tensor; readonly scales: Tensor; readonly zeroPoints: Tensor }

/** The N rows [rows, K] of a matrix in slices. Throws `unsound-weight` for numbers that are not finite. */
export async function* matrixRows(
  matrix: Tensor,
  { K, N, layout }: Pick<BlockSpec, 'K' | 'N' | 'layout'>,
  signal?: AbortSignal,
): AsyncIterable<{ readonly from: number; readonly rows: Float64Array }> {
  const height = Math.max(1, Math.floor(sliceBytes / (8 * K)))
  for (let from = 0; from < N; from += height) {
    signal?.throwIfAborted()
    const count = Math.min(height, N - from)
    const rows = new Float64Array(count * K)
    if (layout === 'NK') rows.set(await numbersOf(matrix, from * K, count * K))
    else if (count === N) transposeInto(rows, await numbersOf(matrix, 0, K * N), K, 0)
    else for (let k = 0; k < K; k++) transposeInto(rows, await numbersOf(matrix, k * N + from, count), K, k)
    if (!rows.every(Number.isFinite)) throw unsoundWeight(matrix, 'some are NaN or infinite')
    yield { from, rows }
  }
}

/** Numbers [columns of `values` / count, count] become columns from `first` of rows [count, K]. */
function transposeInto(rows: Float64Array, values: Float32Array, K: number, first: number): void {
  const count = rows.length / K
  for (let at = 0; at < values.length; at++)
    rows[(at % count) * K + first + Math.floor(at / count)] = values[at] ?? 0
}

async function numbersOf(matrix: Tensor, from: number, count: number): Promise<Float32Array> {
  const width = matrix.dtype === 'float32' ? 4 : 2
  const into = new Uint8Array(count * width)
  await matrix.read({ offset: from * width, into })
  if (matrix.dtype === 'float32') return new Float32Array(into.buffer)
  const type = matrix.dtype === 'bfloat16' ? 'bfloat16' : 'float16'
  return decodeFloats(new Uint16Array(into.buffer), type)
}

/** The tensors of a matrix whose rows `code` codes, slice by slice; `from` is the first row of the slice. */
export async function codeRows(
  matrix: Tensor,
  spec: BlockSpec,
  code: (rows: Float64Array, from: number) => CodedRows,
  signal?: AbortSignal,
): Promise<CodedTensors> {
  const { kBlocks, blob, rowBytes, zeroRowBytes } = blockSizes(spec)
  const packed = new Uint8Array(spec.N * rowBytes)
  const scales = new Float32Array(spec.N * kBlocks)
  const zeroPoints = new Uint8Array(spec.N * zeroRowBytes)
  for await (const { from, rows } of matrixRows(matrix, spec, signal)) {
    const coded = code(rows, from)
    packed.set(packedCodes(coded, spec, kBlocks), from * rowBytes)
    scales.set(coded.scales, from * kBlocks)
    if (!spec.symmetric)
      zeroPoints.set(packedZeroPoints(coded.zeroPoints, spec, kBlocks), from * zeroRowBytes)
  }
  const half = spec.dtype === 'float16'
  const scaleData = half ? encodeFloats(scales, 'float16') : scales
  const tensors = {
    packed: memoryTensor('uint8', [spec.N, kBlocks, blob], packed),
    scales: memoryTensor(half ? 'float16' : 'float32', [spec.N, kBlocks], scaleData),
  }
  return spec.symmetric
    ? tensors
    : { ...tensors, zeroPoints: memoryTensor('uint8', [spec.N, zeroRowBytes], zeroPoints) }
}

/** Whole blocks: where K ends inside one, the rest is the zero point and means 0. */
function packedCodes({ codes, zeroPoints }: CodedRows, spec: BlockSpec, kBlocks: number): Uint8Array {
  const { K, blockSize, bits } = spec
  const padded = kBlocks * blockSize
  if (padded === K) return packCodes(codes, bits)
  const whole = new Uint8Array((codes.length / K) * padded)
  for (let row = 0; row * K < codes.length; row++) {
    whole.fill(zeroPoints[(row + 1) * kBlocks - 1] ?? 0, row * padded + K, (row + 1) * padded)
    whole.set(codes.subarray(row * K, (row + 1) * K), row * padded)
  }
  return packCodes(whole, bits)
}

/** Rows of zero points fill whole bytes; what is left of the last one holds the middle code, as ONNX Runtime leaves it. */
function packedZeroPoints(zeroPoints: Uint8Array, { bits }: BlockSpec, kBlocks: number): Uint8Array {
  const perRow = (Math.ceil((kBlocks * bits) / 8) * 8) / bits
  const rows = zeroPoints.length / kBlocks
  const whole = new Uint8Array(rows * perRow).fill(2 ** (bits - 1))
  for (let row = 0; row < rows; row++)
    whole.set(zeroPoints.subarray(row * kBlocks, (row + 1) * kBlocks), row * perRow)
  return packCodes(whole, bits)
}
