// Weights coded in blocks as computed tensors: nothing happens until somebody writes or reads them, and then the weight
// streams through one kernel band by band. Memory: a band and the packed result of one weight (or slice of it).
import { computeTensors, DamsonError, type Tensor, type WriteBand } from '@damson/graph'
import {
  blockSizes, blockSlices, encodeFloats, hasFloatZeroPoints, type BlockRows, type BlockSpec, type BlockStream, type Kernel,
} from '@damson/numerics' // prettier-ignore
import { unsoundWeight, type Coder } from './coder.ts'

/** The tensors that MatMulNBits and GatherBlockQuantized read in place of a weight. */
export interface BlockCodes {
  /** MatMulNBits: [N, kBlocks, blob]; GatherBlockQuantized: [N, K * bits / 8]. */
  readonly packed: Tensor
  /** [N, kBlocks], float32, or float16 for a float16 weight. */
  readonly scales: Tensor
  /**
   * uint8 [N, ceil(kBlocks * bits / 8)] for MatMulNBits and the same bytes for GatherBlockQuantized; as the scales if a
   * search gives float ones; absent when symmetric.
   */
  readonly zeroPoints: Tensor | undefined
}

/** Most kernel memory for one weight; a larger one (a head of 128k rows) is coded in slices of columns. */
const sliceBytes = 48 << 20

/** The coded form of a weight. `key` names the algorithm and its version; equal keys over equal weights are equal tensors. */
export function codeBlocks(weight: Tensor, spec: BlockSpec, key: string, coder: Coder): BlockCodes {
  const { kBlocks, blob, rowBytes, zeroRowBytes } = blockSizes(spec)
  const { N, bits, blockSize, symmetric, layout, rule = 'MatMulNBits' } = spec
  const rows = rule === 'MatMulNBits' ? [N, kBlocks, blob] : [N, rowBytes]
  const scale = { dtype: spec.dtype === 'float16' ? 'float16' : 'float32', shape: [N, kBlocks] } as const
  const zeroPoint = hasFloatZeroPoints(spec) ? scale : ({ dtype: 'uint8', shape: [N, zeroRowBytes] } as const)
  const search = JSON.stringify(spec.search ?? 'minmax')
  const [packed, scales, zeroPoints] = computeTensors({
    key: `${key}:${weight.key}:${rule}:${layout}:${bits}:${blockSize}:${symmetric ? 'symmetric' : 'asymmetric'}:${search}`,
    cost: weight.byteLength,
    outputs: [{ dtype: 'uint8', shape: rows }, scale, ...(symmetric ? [] : [zeroPoint])],
    run: (write, { signal }) => coder.use(kernel => stream(weight, spec, kernel, write, signal)),
  })
  if (!packed || !scales) throw new DamsonError('internal', 'Expected two or three coded tensors.')
  return { packed, scales, zeroPoints }
}

async function stream(
  weight: Tensor, spec: BlockSpec, kernel: Kernel, write: WriteBand, signal: AbortSignal | undefined,
): Promise<void> {
  const slices = spec.layout === 'KN' ? blockSlices(spec, sliceBytes) : [{ from: 0, to: spec.N }]
  for (const { from, to } of slices) {
    const blocks = kernel.blocks({ ...spec, N: to - from })
    const whole = slices.length === 1
    const total = spec.layout === 'KN' ? spec.K : spec.N
    for (let row = 0; row < total; row += blocks.bandRows) {
      signal?.throwIfAborted()
      const rows = Math.min(blocks.bandRows, total - row)
      await (whole ? fill(weight, blocks, row, rows) : fillSlice(weight, spec, blocks, { row, rows, from }))
      const done = blocks.push(rows)
      if (done) await writeRows(done, from, spec, weight, write)
    }
  }
} // prettier-ignore

async function fill(weight: Tensor, blocks: BlockStream, row: number, rows: number): Promise<void> {
  const into = blocks.band.subarray(0, rows * blocks.sourceRowBytes)
  await weight.read({ offset: row * blocks.sourceRowBytes, into })
}

/** A slice of columns is read row by row: rows of the file are wider than rows of the band. */
async function fillSlice(
  weight: Tensor, spec: BlockSpec, blocks: BlockStream, place: { row: number; rows: number; from: number },
): Promise<void> {
  const { sourceElementBytes } = blocks.sizes
  const width = blocks.sourceRowBytes
  for (let at = 0; at < place.rows; at++) {
    const offset = ((place.row + at) * spec.N + place.from) * sourceElementBytes
    await weight.read({ offset, into: blocks.band.subarray(at * width, (at + 1) * width) })
  }
} // prettier-ignore

async function writeRows(
  rows: BlockRows, first: number, spec: BlockSpec, weight: Tensor, write: WriteBand,
): Promise<void> {
  if (rows.unsoundBlocks > 0) {
    throw unsoundWeight(weight, `${rows.unsoundBlocks} blocks hold NaN, infinities or a range beyond float32`)
  }
  const { rowBytes, zeroRowBytes, kBlocks } = blockSizes(spec)
  const at = first + rows.from
  await write(0, at * rowBytes, rows.packed)
  const rowFloats = kBlocks * (spec.dtype === 'float16' ? 2 : 4)
  const scaleBytes = floatBytes(rows.scales, spec)
  await write(1, at * rowFloats, scaleBytes)
  const { zeroPoints } = rows
  if (!zeroPoints) return
  if (!hasFloatZeroPoints(spec)) return write(2, at * zeroRowBytes, zeroPoints)
  const floats = floatBytes(new Float32Array(zeroPoints.buffer, zeroPoints.byteOffset, zeroPoints.length / 4), spec)
  await write(2, at * rowFloats, floats)
} // prettier-ignore

/** Bytes of scales or zero points in the type of the weight. */
function floatBytes(values: Float32Array<ArrayBuffer>, { dtype }: BlockSpec): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = dtype === 'float16' ? encodeFloats(values, 'float16') : values
  return new Uint8Array(buffer, byteOffset, byteLength)
}
