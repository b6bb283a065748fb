// Block-wise coding of a matrix that arrives in bands. The caller reads its file straight into `band`, pushes, and writes
// the finished rows out; memory is the band plus the result of one weight (KN) or of one band (NK), whatever the model's size.
import { claimBytes, type Arena } from './arena.ts'
import { blockSizes, type BlockSizes, type BlockSpec } from './block-spec.ts'
import type { BlockCall } from './engine.ts'
import { NumericsError, requireInteger } from './error.ts'
import { fillZeroPointPadding, repeatStaleCodes } from './block-padding.ts'

export interface BandOptions {
  /** Upper bound of a band in source bytes; at least one row (NK) or one block of rows (KN) is taken. Default 4 MiB. */
  readonly bandBytes?: number
}

/** Finished rows of a coded matrix; views on the kernel's memory, valid until the next `push` or the next stream. */
export interface BlockRows {
  /** Rows from..to of N. */
  readonly from: number
  readonly to: number
  /** [to - from, rowBytes] codes. */
  readonly packed: Uint8Array<ArrayBuffer>
  /** [to - from, kBlocks] */
  readonly scales: Float32Array<ArrayBuffer>
  /** [to - from, zeroRowBytes], packed; missing when symmetric. */
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

interface Plan {
  readonly sizes: BlockSizes
  readonly bandRows: number
  readonly sourceRowBytes: number
  /** Rows of the result that are kept at once. */
  readonly keptRows: number
  /** Bytes of: source, source as float32 (0 if it is), codes, scales, zero points. */
  readonly regions: readonly [number, number, number, number, number]
}

function planBlockStream(spec: BlockSpec, { bandBytes = 4 << 20 }: BandOptions): Plan {
  const sizes = blockSizes(spec)
  requireInteger('bandBytes', bandBytes, 1)
  const { K, N, layout, blockSize } = spec
  const columns = layout === 'KN' ? N : K
  const sourceRowBytes = columns * sizes.sourceElementBytes
  const step = layout === 'KN' ? blockSize : 1
  const most = layout === 'KN' ? Math.ceil(K / blockSize) * blockSize : N
  const bandRows = Math.min(most, Math.max(1, Math.floor(bandBytes / sourceRowBytes / step)) * step)
  const keptRows = layout === 'KN' ? N : bandRows
  return {
    sizes,
    bandRows,
    sourceRowBytes,
    keptRows,
    regions: [
      bandRows * sourceRowBytes,
      sizes.sourceElementBytes === 4 ? 0 : bandRows * columns * 4,
      keptRows * sizes.rowBytes,
      keptRows * sizes.kBlocks * 4,
      keptRows * sizes.zeroRowBytes,
    ],
  }
}

/** Bytes of kernel memory that a stream takes. For KN that is the band plus the whole result of the weight. */
export function blockStreamBytes(spec: BlockSpec, options: BandOptions = {}): number {
  return claimBytes(planBlockStream(spec, options).regions)
}

/**
 * Ranges of columns of a KN weight such that a stream over each stays within `maxBytes` (one range if the whole does).
 * A slice is a matrix of its own: `{ ...spec, N: to - from }`, its band filled from N * k + from on, row by row, and its
 * result is rows from..to of the whole. Columns come in multiples of 16, so one slice may exceed a very small bound.
 */
export function blockSlices(
  spec: BlockSpec,
  maxBytes: number,
  options: BandOptions = {},
): readonly { readonly from: number; readonly to: number }[] {
  const { N } = spec
  let parts = 1
  const width = (): number => Math.min(N, Math.ceil(N / parts / 16) * 16)
  while (width() > 16 && blockStreamBytes({ ...spec, N: width() }, options) > maxBytes) parts++
  const slices = []
  for (let from = 0; from < N; from += width()) slices.push({ from, to: Math.min(N, from + width()) })
  return slices
}

/** Opens a stream on a kernel's memory. */
export function openBlockStream(arena: Arena, spec: BlockSpec, options: BandOptions = {}): BlockStream {
  const plan = planBlockStream(spec, options)
  const { sizes, bandRows, sourceRowBytes, keptRows } = plan
  const { engine } = arena
  const claim = arena.claim(plan.regions)
  const [source = 0, floats = 0, codes = 0, scales = 0, zeros = 0] = claim.addresses
  const memory = engine.memory()
  const total = spec.layout === 'KN' ? spec.K : spec.N
  const call = {
    ...callOf(spec, sizes),
    source: floatAddress(spec, source, floats),
    packed: codes,
    scales,
    zeroPoints: spec.symmetric ? 0 : zeros,
  }
  let done = 0
  let unsoundBlocks = 0

  const rowsOf = (from: number, to: number): BlockRows => ({
    from,
    to,
    packed: new Uint8Array(memory, codes, (to - from) * sizes.rowBytes),
    scales: new Float32Array(memory, scales, (to - from) * sizes.kBlocks),
    ...(spec.symmetric
      ? {}
      : { zeroPoints: new Uint8Array(memory, zeros, (to - from) * sizes.zeroRowBytes) }),
    unsoundBlocks,
  })
  const clear = (): void => {
    if (spec.symmetric) return
    const bytes = new Uint8Array(memory, zeros, keptRows * sizes.zeroRowBytes)
    bytes.fill(0)
    fillZeroPointPadding(bytes, spec, sizes)
  }
  const widen = (rows: number): void => {
    if (spec.dtype === undefined || spec.dtype === 'float32') return
    engine.widen(source, rows * (sourceRowBytes / 2), floats, spec.dtype)
  }
  clear()

  return {
    spec,
    sizes,
    bandRows,
    sourceRowBytes,
    band: new Uint8Array(memory, source, bandRows * sourceRowBytes),
    push: rows => {
      claim.check()
      checkRows(spec, rows, bandRows, done, total)
      widen(rows)
      const from = done
      done += rows
      if (spec.layout === 'KN') {
        unsoundBlocks += engine.blocksOfColumns({ ...call, rows, firstBlock: from / spec.blockSize })
        if (done < total) return undefined
      } else {
        if (from > 0) clear()
        unsoundBlocks = engine.blocksOfRows({ ...call, rows, firstBlock: 0 })
      }
      const result = spec.layout === 'KN' ? rowsOf(0, spec.N) : rowsOf(from, done)
      repeatStaleCodes(result.packed, spec, sizes)
      return result
    },
  }
}

type FixedCall = Omit<BlockCall, 'rows' | 'firstBlock' | 'source' | 'packed' | 'scales' | 'zeroPoints'>

function callOf(spec: BlockSpec, sizes: BlockSizes): FixedCall {
  const { K, N, bits, blockSize } = spec
  return {
    K,
    N,
    bits,
    blockSize,
    kBlocks: sizes.kBlocks,
    rowBytes: sizes.rowBytes,
    zeroRowBytes: sizes.zeroRowBytes,
    divide: spec.rule === 'GatherBlockQuantized',
    halfScales: spec.dtype === 'float16',
  }
}

function floatAddress(spec: BlockSpec, source: number, floats: number): number {
  return spec.dtype === undefined || spec.dtype === 'float32' ? source : floats
}

function checkRows(spec: BlockSpec, rows: number, bandRows: number, done: number, total: number): void {
  requireInteger('rows', rows, 1, Math.min(bandRows, total - done))
  if (spec.layout === 'KN' && done + rows < total && rows % spec.blockSize !== 0) {
    throw new NumericsError(
      'numerics/argument',
      `rows: a band of KN that is not the last must be whole blocks of ${spec.blockSize}, got ${rows}`,
    )
  }
}
