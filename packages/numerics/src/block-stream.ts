// Block-wise coding of a matrix that arrives in bands. The caller reads its file straight into `band`, pushes, and writes
// the finished rows out; memory is the band plus the result of one weight (KN) or of one band (NK), whatever the model's size.
import type { Arena } from './arena.ts'
import { planBlockStream, type BandOptions, type BlockPlan } from './block-plan.ts'
import { hasFloatZeroPoints } from './block-search.ts'
import type { BlockSizes, BlockSpec } from './block-spec.ts'
import type { BlockCall } from './engine.ts'
import { NumericsError, requireInteger } from './error.ts'
import { fillZeroPointPadding, repeatStaleCodes } from './block-padding.ts'

/** Finished rows of a coded matrix; views on the kernel's memory, valid until the next `push` or the next stream. */
export interface BlockRows {
  /** Rows from..to of N. */
  readonly from: number
  readonly to: number
  /** [to - from, rowBytes] codes. */
  readonly packed: Uint8Array<ArrayBuffer>
  /** [to - from, kBlocks] */
  readonly scales: Float32Array<ArrayBuffer>
  /** [to - from, zeroRowBytes], packed, or float32 for a search with float ones; missing when symmetric. */
  readonly zeroPoints?: Uint8Array<ArrayBuffer>
  /** Blocks among these rows that cannot be coded: a NaN, an infinity, or a range beyond float32. Refuse the weight. */
  readonly unsoundBlocks: number
}

export interface BlockStream {
  readonly spec: BlockSpec
  readonly sizes: BlockSizes
  /** Source rows that `band` holds: of K for layout KN (whole blocks), of N for NK. */
  readonly bandRows: number
  /** Source bytes of one row. */
  readonly sourceRowBytes: number
  /** Where the next source rows go, row-major, little-endian, of `spec.dtype`; memory of the kernel, filled in place. */
  readonly band: Uint8Array<ArrayBuffer>
  /**
   * Codes the first `rows` rows of `band`. KN: full bands but for the last; the result comes with the last.
   * NK: each push gives its rows. Throws `numerics/argument` for more rows than are left or than a band holds.
   */
  push(rows: number): BlockRows | undefined
}

/** Opens a stream on a kernel's memory. */
export function openBlockStream(arena: Arena, spec: BlockSpec, options: BandOptions = {}): BlockStream {
  const plan = planBlockStream(spec, options)
  const { sizes, bandRows, sourceRowBytes } = plan
  const { engine } = arena
  const claim = arena.claim(plan.regions)
  const [source = 0, floats = 0] = claim.addresses
  const call = callOf(spec, plan, claim.addresses)
  new Float32Array(engine.memory(), call.search.table, plan.search.table.length).set(plan.search.table)
  const total = spec.layout === 'KN' ? spec.K : spec.N
  let done = 0
  let unsoundBlocks = 0
  return {
    spec,
    sizes,
    bandRows,
    sourceRowBytes,
    band: new Uint8Array(engine.memory(), source, bandRows * sourceRowBytes),
    push: rows => {
      claim.check()
      checkRows(spec, rows, bandRows, done, total)
      if (spec.dtype === 'float16' || spec.dtype === 'bfloat16') {
        engine.widen(source, rows * (sourceRowBytes / 2), floats, spec.dtype)
      }
      const from = done
      done += rows
      if (from === 0 || spec.layout === 'NK') {
        const bytes = plan.keptRows * sizes.zeroRowBytes
        clearZeroPoints(new Uint8Array(engine.memory(), call.zeroPoints, bytes), spec, plan)
        new Uint8Array(engine.memory(), call.sums, sumBytes(plan)).fill(0)
      }
      if (spec.layout === 'NK') {
        const unsound = engine.blocksOfRows({ ...call, rows, firstBlock: 0 })
        return rowsOf(engine.memory(), spec, sizes, call, { from, to: done, unsoundBlocks: unsound })
      }
      unsoundBlocks += engine.blocksOfColumns({ ...call, rows, firstBlock: from / spec.blockSize })
      if (done < total) return undefined
      return rowsOf(engine.memory(), spec, sizes, call, { from: 0, to: spec.N, unsoundBlocks })
    },
  }
}

/** What all calls of a stream share. */
export type FixedCall = Omit<BlockCall, 'rows' | 'firstBlock'>

export function callOf(
  spec: BlockSpec,
  { sizes, search }: BlockPlan,
  addresses: readonly number[],
): FixedCall {
  const [source = 0, floats = 0, packed = 0, scales = 0, zeroPoints = 0, table = 0, sums = 0] = addresses
  return {
    ...spec,
    ...sizes,
    source: sizes.sourceElementBytes === 4 ? source : floats,
    packed,
    scales,
    zeroPoints: spec.symmetric ? 0 : zeroPoints,
    divide: spec.rule === 'GatherBlockQuantized',
    halfScales: spec.dtype === 'float16',
    search: { kind: search.kind, steps: search.steps, table, tableLength: search.table.length },
    balance: spec.balance ?? 0,
    sums,
  }
}

/** Bytes of the sums that errors are added to. */
export function sumBytes({ regions }: BlockPlan): number {
  return regions[6]
}

/** Engines OR zero points into their bytes: what they start from. In place. */
export function clearZeroPoints(bytes: Uint8Array, spec: BlockSpec, plan: BlockPlan): void {
  if (spec.symmetric) return
  bytes.fill(0)
  if (!hasFloatZeroPoints(spec)) fillZeroPointPadding(bytes, spec, plan.sizes)
}

function rowsOf(
  memory: ArrayBuffer,
  spec: BlockSpec,
  sizes: BlockSizes,
  call: FixedCall,
  done: Pick<BlockRows, 'from' | 'to' | 'unsoundBlocks'>,
): BlockRows {
  const rows = done.to - done.from
  const packed = new Uint8Array(memory, call.packed, rows * sizes.rowBytes)
  if (call.search.kind === 'minmax') repeatStaleCodes(packed, spec, sizes)
  const scales = new Float32Array(memory, call.scales, rows * sizes.kBlocks)
  if (spec.symmetric) return { ...done, packed, scales }
  return {
    ...done,
    packed,
    scales,
    zeroPoints: new Uint8Array(memory, call.zeroPoints, rows * sizes.zeroRowBytes),
  }
}

/** Throws `numerics/argument` for more rows than are left or than a band holds, or for parts of blocks. */
export function checkRows(
  spec: BlockSpec,
  rows: number,
  bandRows: number,
  done: number,
  total: number,
): void {
  requireInteger('rows', rows, 1, Math.min(bandRows, total - done))
  if (spec.layout === 'KN' && done + rows < total && rows % spec.blockSize !== 0) {
    throw new NumericsError(
      'numerics/argument',
      `rows: a band of KN that is not the last must be whole blocks of ${spec.blockSize}, got ${rows}`,
    )
  }
}
