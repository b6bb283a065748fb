// How much memory the coding of a matrix takes, and how to cut a matrix whose result is too large to be kept.
import { claimBytes } from './arena.ts'
import { blockSizes, type BlockSizes, type BlockSpec } from './block-spec.ts'
import { planSearch, type SearchPlan } from './block-search.ts'
import { requireInteger } from './error.ts'

export interface BandOptions {
  /** Upper bound of a band in source bytes; at least one row (NK) or one block of rows (KN) is taken. Default 4 MiB. */
  readonly bandBytes?: number
}

export interface BlockPlan {
  readonly sizes: BlockSizes
  readonly bandRows: number
  readonly sourceRowBytes: number
  /** Rows of the result that are kept at once. */
  readonly keptRows: number
  /** Bytes of: source, source as float32 (0 if it is), codes, scales, zero points, the table of a search, sums of errors. */
  readonly regions: readonly [number, number, number, number, number, number, number]
  readonly search: SearchPlan
}

/** Bands and regions of a stream. */
export function planBlockStream(spec: BlockSpec, { bandBytes = 4 << 20 }: BandOptions): BlockPlan {
  const sizes = blockSizes(spec)
  requireInteger('bandBytes', bandBytes, 1)
  const { K, N, layout, blockSize } = spec
  const columns = layout === 'KN' ? N : K
  const sourceRowBytes = columns * sizes.sourceElementBytes
  const step = layout === 'KN' ? blockSize : 1
  const most = layout === 'KN' ? Math.ceil(K / blockSize) * blockSize : N
  const bandRows = Math.min(most, Math.max(1, Math.floor(bandBytes / sourceRowBytes / step)) * step)
  const search = planSearch(spec)
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
      search.table.byteLength,
      spec.balance && layout === 'KN' ? N * 8 : 0,
    ],
    search,
  }
}

/** Bytes of kernel memory that a stream takes. For KN that is the band plus the whole result of the weight. */
export function blockStreamBytes(spec: BlockSpec, options: BandOptions = {}): number {
  return claimBytes(planBlockStream(spec, options).regions)
}

/**
 * Ranges of columns of a KN weight such that a stream over each stays within `maxBytes` (one range if the whole does).
 * A slice is a matrix of its own: `{ ...spec, N: to - from }`, its band filled from N * k + from on, row by row, and its
 * result is rows from..to of the whole. Columns come in multiples of 16, so a slice may exceed a very small bound.
 * Layout NK needs no slices: its result leaves with each band.
 */
export function blockSlices(
  spec: BlockSpec,
  maxBytes: number,
  options: BandOptions = {},
): readonly { readonly from: number; readonly to: number }[] {
  const { N, layout } = spec
  if (layout === 'NK') return [{ from: 0, to: N }]
  let parts = 1
  const width = (): number => Math.min(N, Math.ceil(N / parts / 16) * 16)
  while (width() > 16 && blockStreamBytes({ ...spec, N: width() }, options) > maxBytes) parts++
  const slices = []
  for (let from = 0; from < N; from += width()) slices.push({ from, to: Math.min(N, from + width()) })
  return slices
}
