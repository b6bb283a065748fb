// Weights coded in blocks as computed tensors: nothing happens until somebody writes or reads them, and then the weight
// streams through one kernel, or a thread for each core, band by band. Memory: bands and the packed result of one weight (or
// slice of it).
import { computeTensors, DamsonError, type Tensor, type WriteBand } from '@damson/graph'
import {
  blockSizes, blockSlices, encodeFloats, hasFloatZeroPoints, type BlockRows, type BlockSpec, type BlockStream, type Kernel,
} from '@damson/numerics' // prettier-ignore
import { unsoundWeight, type Coder } from './coder.ts'
import type { PoolThread } from './thread-pool.ts'
import { codeColumnsInThreads, codeRowsInThreads, readColumns } from './threaded-coding.ts'

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
  const { N, bits, blockSize, symmetric, layout, rule = 'MatMulNBits', balance = 0 } = spec
  const rows = rule === 'MatMulNBits' ? [N, kBlocks, blob] : [N, rowBytes]
  const scale = { dtype: spec.dtype === 'float16' ? 'float16' : 'float32', shape: [N, kBlocks] } as const
  const zeroPoint = hasFloatZeroPoints(spec) ? scale : ({ dtype: 'uint8', shape: [N, zeroRowBytes] } as const)
  const search = JSON.stringify(spec.search ?? 'minmax')
  const [packed, scales, zeroPoints] = computeTensors({
    key: `${key}:${weight.key}:${rule}:${layout}:${bits}:${blockSize}:${symmetric ? 'symmetric' : 'asymmetric'}:${search}:${balance}`,
    cost: weight.byteLength,
    outputs: [{ dtype: 'uint8', shape: rows }, scale, ...(symmetric ? [] : [zeroPoint])],
    run: (write, { signal }) => run({ weight, spec, coder, write, signal }),
  })
  if (!packed || !scales) throw new DamsonError('internal', 'Expected two or three coded tensors.')
  return { packed, scales, zeroPoints }
}

/** One run of a computation. */
interface Run {
  readonly weight: Tensor
  readonly spec: BlockSpec
  readonly coder: Coder
  readonly write: WriteBand
  readonly signal: AbortSignal | undefined
}

/** Ranges are found as fast as a weight can be read; a search, or balancing, is worth threads from a million numbers on (about 30 ms). */
const worthThreads = 4 << 20

function run(run: Run): Promise<void> {
  const { weight, spec, coder } = run
  const searches = (spec.search !== undefined && spec.search !== 'minmax') || spec.balance
  const alone = (kernel: Kernel): Promise<void> => stream(run, kernel)
  if (!searches || weight.byteLength < worthThreads) return coder.use(alone)
  return coder.useThreads(threads => streamInThreads(run, threads), alone)
}

async function streamInThreads(run: Run, threads: readonly PoolThread[]): Promise<void> {
  const { weight, spec, signal } = run
  const coding = {
    weight,
    spec,
    threads,
    signal,
    write: (rows: BlockRows, first: number) => writeRows(run, rows, first),
  }
  if (spec.layout === 'NK') return codeRowsInThreads(coding)
  for (const slice of blockSlices(spec, sliceBytes)) await codeColumnsInThreads(coding, slice)
}

async function stream(run: Run, kernel: Kernel): Promise<void> {
  const { weight, spec, signal } = run
  for (const { from, to } of blockSlices(spec, sliceBytes)) {
    const blocks = kernel.blocks({ ...spec, N: to - from })
    const total = spec.layout === 'KN' ? spec.K : spec.N
    for (let row = 0; row < total; row += blocks.bandRows) {
      signal?.throwIfAborted()
      const rows = Math.min(blocks.bandRows, total - row)
      await (spec.layout === 'KN'
        ? readColumns(weight, spec, blocks.band, { row, rows, from, to })
        : fill(weight, blocks, row, rows))
      const done = blocks.push(rows)
      if (done) await writeRows(run, done, from)
    }
  }
}

async function fill(weight: Tensor, blocks: BlockStream, row: number, rows: number): Promise<void> {
  const into = blocks.band.subarray(0, rows * blocks.sourceRowBytes)
  await weight.read({ offset: row * blocks.sourceRowBytes, into })
}

async function writeRows({ weight, spec, write }: Run, rows: BlockRows, first: number): Promise<void> {
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
  const floats = floatBytes(
    new Float32Array(zeroPoints.buffer, zeroPoints.byteOffset, zeroPoints.length / 4),
    spec,
  )
  await write(2, at * rowFloats, floats)
}

/** Bytes of scales or zero points in the type of the weight. */
function floatBytes(values: Float32Array<ArrayBuffer>, { dtype }: BlockSpec): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = dtype === 'float16' ? encodeFloats(values, 'float16') : values
  return new Uint8Array(buffer, byteOffset, byteLength)
}
