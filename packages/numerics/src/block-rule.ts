// One block, in plain JavaScript: the oracle of the WASM kernels and what runs where WASM is forbidden.
// Every step is rounded to float32, in the order of ONNX Runtime's MlasQuantizeBlockwise or of its numpy path.
// Not-a-number is passed over by the range, as there, and coded 0; the caller counts such blocks.
import type { SearchPlan } from './block-search.ts'
import { searchBlock } from './block-search-rule.ts'
import { roundToFloat16 } from './narrow-float.ts'
import { roundHalfToEven } from './rounding.ts'

const { abs, floor, fround, min } = Math

const greatest = fround(3.4028234663852886e38)

/** What a block is coded with, and where its codes and parameters go. */
export interface BlockFormat {
  readonly bits: number
  readonly symmetric: boolean
  readonly divide: boolean
  readonly halfScales: boolean
  readonly search: SearchPlan
  /** Length of a whole block, to which a search fills up with zeros. */
  readonly blockSize: number
}

export interface CodedBlock {
  scale: number
  zeroPoint: number
  /** False for a block with a NaN, an infinity, or a range beyond float32. */
  sound: boolean
}

/** Codes `count` values from `at` into `codes` (one a byte, unsigned); fills and returns `out`. */
export function codeBlock(
  values: Float32Array,
  at: number,
  count: number,
  format: BlockFormat,
  codes: Uint8Array,
  out: CodedBlock,
): CodedBlock {
  let low = greatest
  let high = -greatest
  let sum = 0
  for (let i = at; i < at + count; i++) {
    const v = values[i] ?? 0
    if (v < low) low = v
    if (v > high) high = v
    sum += v // in float64, where only a NaN or an infinity makes it one
  }
  if (format.search.kind !== 'minmax' && Number.isFinite(sum) && Number.isFinite(fround(high - low))) {
    const x = new Float32Array(format.blockSize)
    x.set(values.subarray(at, at + count))
    const padded = count < format.blockSize
    if (searchBlock(x, padded ? min(low, 0) : low, padded ? Math.max(high, 0) : high, format, codes, out))
      return out
  }
  rangeParameters(low, high, format, out)
  out.sound = Number.isFinite(sum) && Number.isFinite(out.scale)
  if (format.divide) codesByDivision(values, at, count, format, out, codes)
  else codesByReciprocal(values, at, count, format, out, codes)
  return out
}

function rangeParameters(low: number, high: number, format: BlockFormat, out: CodedBlock): void {
  const { bits, symmetric, divide } = format
  const middle = 1 << (bits - 1)
  const top = (1 << bits) - 1
  if (symmetric) {
    // The end that is further from 0 becomes code 0, since codes reach one further down than up.
    const peak = abs(high) > abs(low) ? high : low
    out.scale = roundScale(fround(-peak / middle), format)
    out.zeroPoint = middle
    return
  }
  low = low > 0 ? 0 : low
  high = high < 0 ? 0 : high
  const scale = fround(fround(high - low) / top)
  out.scale = roundScale(scale, format)
  if (divide) {
    out.zeroPoint = scale === 0 ? middle : clamp(roundHalfToEven(fround(-low / out.scale)), top)
  } else {
    // From the unrounded scale, as there.
    out.zeroPoint = scale === 0 ? 0 : floor(clamp(fround(0 - fround(low / scale)), top) + 0.5)
  }
}

function codesByReciprocal(
  values: Float32Array,
  at: number,
  count: number,
  { bits }: BlockFormat,
  { scale, zeroPoint }: CodedBlock,
  codes: Uint8Array,
): void {
  const top = (1 << bits) - 1
  const reciprocal = scale === 0 ? 0 : fround(1 / scale)
  for (let i = 0; i < count; i++) {
    const t = fround(fround((values[at + i] ?? 0) * reciprocal) + zeroPoint)
    codes[i] = floor(clamp(t, top) + 0.5)
  }
}

function codesByDivision(
  values: Float32Array,
  at: number,
  count: number,
  { bits, symmetric }: BlockFormat,
  { scale, zeroPoint }: CodedBlock,
  codes: Uint8Array,
): void {
  const top = (1 << bits) - 1
  for (let i = 0; i < count; i++) {
    const t = scale === 0 ? 0 : fround((values[at + i] ?? 0) / scale)
    const q =
      scale === 0 || symmetric ? roundHalfToEven(t) + zeroPoint : roundHalfToEven(fround(t + zeroPoint))
    codes[i] = clamp(q, top)
  }
}

function roundScale(scale: number, { halfScales }: BlockFormat): number {
  return halfScales ? roundToFloat16(scale) : scale
}

/** 0 to top; NaN becomes 0. */
function clamp(t: number, top: number): number {
  return t > 0 ? min(t, top) : 0
}
