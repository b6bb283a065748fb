// What does the element-wise work: WASM SIMD, or the plain twin with the same calls over the same kind of memory.
// Addresses are byte offsets into `memory()`, 64-byte aligned; every region is followed by at least 64 readable bytes.
import type { SearchKind } from './block-search.ts'

/** Codes `rows` source rows that lie at `source` as float32. */
export interface BlockCall {
  readonly source: number
  /** Source rows in this band: of K for layout KN (from a block's start), of N for NK. */
  readonly rows: number
  readonly K: number
  readonly N: number
  readonly kBlocks: number
  /** KN: the block that the band starts with. NK: 0. */
  readonly firstBlock: number
  readonly blockSize: number
  readonly bits: number
  /** Bytes from one row of codes, or of zero points, to the next. */
  readonly rowBytes: number
  readonly zeroRowBytes: number
  readonly packed: number
  readonly scales: number
  /** Packed zero points, OR-ed in place, or float32 for float ones; 0 when symmetric. */
  readonly zeroPoints: number
  /** Divide and round half to even (numpy), not multiply and round half away from zero (ONNX Runtime's C++). */
  readonly divide: boolean
  /** Round scales to float16 before use. */
  readonly halfScales: boolean
  /** How scale and zero point are found; `table` is the address of `steps` steps (see block-search.ts). */
  readonly search: {
    readonly kind: SearchKind
    readonly table: number
    readonly tableLength: number
    readonly steps: number
  }
}

/** Codes of [rows, columns] values: round half to even of value / scale, plus zero point, cut to low..high. */
export interface LinearCall {
  readonly source: number
  readonly rows: number
  readonly columns: number
  readonly codes: number
  /** float32 and int32 of length rows (`per: 'row'`) or columns (`per: 'column'`). */
  readonly scales: number
  readonly zeroPoints: number
  readonly per: 'row' | 'column'
  readonly low: number
  readonly high: number
}

/** Folds the range of [rows, columns] values into minima and maxima that are there already. */
export interface RangeCall {
  readonly source: number
  readonly rows: number
  readonly columns: number
  /** float32 of length rows or columns. */
  readonly minima: number
  readonly maxima: number
  readonly per: 'row' | 'column'
}

/** Codes `count` float32 at `source` as narrower floats, rounded to nearest even; infinities and NaN as the type has them. */
export interface NarrowCall {
  readonly source: number
  readonly count: number
  readonly target: number
  readonly type: NarrowType
  /** What finite magnitudes beyond it become, a number that the type holds; Infinity: what the type makes of them. */
  readonly limit: number
}

/** The types that weights are stored in. */
export type NarrowType = 'float16' | 'bfloat16' | 'float8e4m3fn' | 'float8e5m2'

export interface Engine {
  readonly kind: 'wasm' | 'typed-array'
  /** First address that callers may use. */
  readonly base: number
  /** The memory as it is now; `reserve` may replace it, which ends all views. */
  memory(): ArrayBuffer
  /** Makes the memory at least `bytes` long; throws a RangeError where there is not as much. */
  reserve(bytes: number): void
  /** Both return how many blocks cannot be coded: a NaN, an infinity, or a range beyond float32. */
  blocksOfRows(call: BlockCall): number
  blocksOfColumns(call: BlockCall): number
  /** Returns how many values are NaN or infinite; they are left out of the range. */
  range(call: RangeCall): number
  linear(call: LinearCall): void
  /** `count` float16 or bfloat16 at `source` become float32 at `target`. */
  widen(source: number, count: number, target: number, dtype: 'float16' | 'bfloat16'): void
  /** May write up to 15 bytes behind the codes. */
  narrow(call: NarrowCall): void
}
