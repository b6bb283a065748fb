// 8-bit coding of a tensor that arrives in bands: once for the ranges, once for the codes. Memory is one band and its codes.
import type { Arena } from './arena.ts'
import type { BandOptions } from './block-plan.ts'
import { requireInteger, requireLength } from './error.ts'
import { channelRuns, linearShape, type LinearShape } from './linear-shape.ts'

export interface LinearSpec {
  readonly shape: readonly number[]
  /** One scale for each index along this axis; without it, one for the tensor. */
  readonly axis?: number
  /** Element type of the source bytes, default float32. */
  readonly dtype?: 'float32' | 'float16' | 'bfloat16'
}

interface Bands {
  /** Rows of `band`; the source is `shape.rows` rows of `sourceRowBytes`. */
  readonly bandRows: number
  readonly sourceRowBytes: number
  readonly shape: LinearShape
  /** Where the next source rows go, little-endian, of `dtype`; memory of the kernel, filled in place. */
  readonly band: Uint8Array<ArrayBuffer>
}

export interface Ranges {
  /** [channels] over the finite values; Infinity and -Infinity where there was none. */
  readonly min: Float32Array<ArrayBuffer>
  readonly max: Float32Array<ArrayBuffer>
  /** How many values are NaN or infinite. Refuse the weight if any. */
  readonly nonFinite: number
}

export interface RangeStream extends Bands {
  /** Takes the first `rows` rows of `band` into account. */
  push(rows: number): void
  /** A copy of the ranges so far. */
  result(): Ranges
}

export interface LinearScales {
  /** [channels] */
  readonly scales: Float32Array
  /** [channels] */
  readonly zeroPoints: Int32Array
  /** The least and the greatest code; of int8 -128 and 127, of uint8 0 and 255. */
  readonly low: number
  readonly high: number
}

export interface LinearRows {
  readonly from: number
  readonly to: number
  /** [to - from, columns] bytes, two's complement for int8; a view, valid until the next `push` or stream. */
  readonly codes: Uint8Array<ArrayBuffer>
}

export interface LinearStream extends Bands {
  /** Codes the first `rows` rows of `band`: round half to even of value / scale, plus zero point, cut to low..high. */
  push(rows: number): LinearRows
}

/** Rows of a band whose channels follow each other, as both engine calls take them. */
interface Run {
  readonly source: number
  readonly rows: number
  readonly columns: number
  readonly per: 'row' | 'column'
  /** Row of the band, and channel, that the run starts with. */
  readonly row: number
  readonly channel: number
}

interface Open {
  readonly bands: Bands
  /** Address of the caller's own region. */
  readonly extra: number
  /** Checks the order, widens the rows; the first row's number and the runs. */
  take(rows: number): { readonly from: number; readonly runs: readonly Run[] }
}

/** The range of each channel of a tensor. */
export function openRangeStream(arena: Arena, spec: LinearSpec, options: BandOptions = {}): RangeStream {
  const shape = linearShape(spec.shape, spec.axis)
  const { engine } = arena
  const { bands, extra, take } = openBands(arena, spec, shape, options, () => shape.channels * 8)
  const min = new Float32Array(engine.memory(), extra, shape.channels).fill(Infinity)
  const max = new Float32Array(engine.memory(), extra + shape.channels * 4, shape.channels).fill(-Infinity)
  let nonFinite = 0
  return {
    ...bands,
    push: rows => {
      for (const run of take(rows).runs) {
        const at = run.channel * 4
        nonFinite += engine.range({ ...run, minima: min.byteOffset + at, maxima: max.byteOffset + at })
      }
    },
    result: () => ({ min: min.slice(), max: max.slice(), nonFinite }),
  }
}

/** The codes of a tensor against given scales. */
export function openLinearStream(
  arena: Arena,
  spec: LinearSpec,
  given: LinearScales,
  options: BandOptions = {},
): LinearStream {
  const shape = linearShape(spec.shape, spec.axis)
  requireLength('scales', given.scales, shape.channels)
  requireLength('zeroPoints', given.zeroPoints, shape.channels)
  const { engine } = arena
  // Column kernels read scales four at a time.
  const padded = shape.channels + 3
  const bytes = (bandRows: number): number => padded * 8 + bandRows * shape.columns
  const { bands, extra, take } = openBands(arena, spec, shape, options, bytes)
  const scales = new Float32Array(engine.memory(), extra, shape.channels)
  const zeroPoints = new Int32Array(engine.memory(), extra + padded * 4, shape.channels)
  scales.set(given.scales)
  zeroPoints.set(given.zeroPoints)
  const codes = extra + padded * 8
  return {
    ...bands,
    push: rows => {
      const { from, runs } = take(rows)
      for (const run of runs) {
        engine.linear({
          ...run,
          codes: codes + run.row * shape.columns,
          scales: scales.byteOffset + run.channel * 4,
          zeroPoints: zeroPoints.byteOffset + run.channel * 4,
          low: given.low,
          high: given.high,
        })
      }
      return { from, to: from + rows, codes: new Uint8Array(engine.memory(), codes, rows * shape.columns) }
    },
  }
}

function openBands(
  arena: Arena,
  spec: LinearSpec,
  shape: LinearShape,
  { bandBytes = 4 << 20 }: BandOptions,
  extraBytes: (bandRows: number) => number,
): Open {
  requireInteger('bandBytes', bandBytes, 1)
  const { engine } = arena
  const { dtype = 'float32' } = spec
  const elementBytes = dtype === 'float32' ? 4 : 2
  const sourceRowBytes = shape.columns * elementBytes
  const bandRows = Math.min(shape.rows, Math.max(1, Math.floor(bandBytes / sourceRowBytes)))
  const widened = dtype === 'float32' ? 0 : bandRows * shape.columns * 4
  const claim = arena.claim([bandRows * sourceRowBytes, widened, extraBytes(bandRows)])
  const [source = 0, floats = 0, extra = 0] = claim.addresses
  let done = 0
  return {
    bands: {
      bandRows,
      sourceRowBytes,
      shape,
      band: new Uint8Array(engine.memory(), source, bandRows * sourceRowBytes),
    },
    extra,
    take: rows => {
      claim.check()
      requireInteger('rows', rows, 1, Math.min(bandRows, shape.rows - done))
      if (dtype !== 'float32') engine.widen(source, rows * shape.columns, floats, dtype)
      const from = done
      done += rows
      return { from, runs: runsOf(shape, from, rows, dtype === 'float32' ? source : floats) }
    },
  }
}

function runsOf(shape: LinearShape, from: number, rows: number, values: number): readonly Run[] {
  return channelRuns(shape, from, rows).map(run => ({
    ...run,
    source: values + run.row * shape.columns * 4,
    per: shape.per === 'column' ? 'column' : 'row',
  }))
}
