// Block-wise coding of a matrix that arrives in bands. The caller reads its file straight into `band`, pushes, and writes
// the finished rows out; memory is the band plus the result of one weight (KN) or of one band (NK), whatever the model's size.
import type { Arena } from './arena.ts'
import { planBlockStream, type BandOptions, type BlockPlan } from './block-plan.ts'
import type { BlockSizes, BlockSpec } from './block-spec.ts'
import type { BlockCall, Engine } from './engine.ts'
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

/** Opens a stream on a kernel's memory. */
export function openBlockStream(arena: Arena, spec: BlockSpec, options: BandOptions = {}): BlockStream {
  const plan = planBlockStream(spec, options)
  const { sizes, bandRows, sourceRowBytes } = plan
  const { engine } = arena
  const claim = arena.claim(plan.regions)
  const [source = 0] = claim.addresses
  const coder = openCoder(engine, spec, plan, claim.addresses)
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
      const from = done
      done += rows
      if (spec.layout === 'NK') return coder.rowsOf(from, done, coder.code(rows, from))
      unsoundBlocks += coder.code(rows, from)
      return done < total ? undefined : coder.rowsOf(0, spec.N, unsoundBlocks)
    },
  }
}

interface Coder {
  /** Codes the rows that lie in the band, from row `from` of the source on; returns how many blocks are unsound. */
  code(rows: number, from: number): number
  /** The finished rows from..to of the result. */
  rowsOf(from: number, to: number, unsoundBlocks: number): BlockRows
}

function openCoder(engine: Engine, spec: BlockSpec, plan: BlockPlan, addresses: readonly number[]): Coder {
  const { sizes, keptRows } = plan
  const { symmetric, dtype = 'float32' } = spec
  const [source = 0, floats = 0, packed = 0, scales = 0, zeros = 0] = addresses
  const memory = engine.memory()
  const call: Omit<BlockCall, 'rows' | 'firstBlock'> = {
    ...spec,
    ...sizes,
    source: dtype === 'float32' ? source : floats,
    packed,
    scales,
    zeroPoints: symmetric ? 0 : zeros,
    divide: spec.rule === 'GatherBlockQuantized',
    halfScales: dtype === 'float16',
  }
  return {
    code: (rows, from) => {
      if (dtype !== 'float32') engine.widen(source, rows * (plan.sourceRowBytes / 2), floats, dtype)
      // Zero points are OR-ed into their bytes.
      if (!symmetric && (spec.layout === 'NK' || from === 0)) {
        fillZeroPointPadding(
          new Uint8Array(memory, zeros, keptRows * sizes.zeroRowBytes).fill(0),
          spec,
          sizes,
        )
      }
      if (spec.layout === 'NK') return engine.blocksOfRows({ ...call, rows, firstBlock: 0 })
      return engine.blocksOfColumns({ ...call, rows, firstBlock: from / spec.blockSize })
    },
    rowsOf: (from, to, unsoundBlocks) => {
      const codes = new Uint8Array(memory, packed, (to - from) * sizes.rowBytes)
      repeatStaleCodes(codes, spec, sizes)
      return {
        from,
        to,
        packed: codes,
        scales: new Float32Array(memory, scales, (to - from) * sizes.kBlocks),
        ...(symmetric ? {} : { zeroPoints: new Uint8Array(memory, zeros, (to - from) * sizes.zeroRowBytes) }),
        unsoundBlocks,
      }
    },
  }
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
