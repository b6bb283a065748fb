// How the scale and zero point of a block are found: from its range, or by a search that makes some error least.
// What is tried is a table of numbers, the same for the WASM engine and for its twin.
import { NumericsError, requireInteger } from './error.ts'
import type { BlockBits, BlockSpec } from './block-spec.ts'

/**
 * - `minmax`: the range, as `rule` says.
 * - `mse`: least squared error; steps of several widths and three zero points, each with the scale refitted to its codes.
 * - `kquant`: least squares weighted by magnitude, as llama.cpp's make_qkx and ONNX Runtime's k-quant, whose numbers it gives
 *   but for blocks of one sign: there ONNX Runtime cuts the zero point off, here 0 stays among the steps. Symmetric: the
 *   same weights, the scale alone.
 * - `HalfQuadratic`: least |error|^p, p < 1.
 */
export type BlockSearch = 'minmax' | 'mse' | 'kquant' | HalfQuadratic

/** Half-quadratic quantization: Badri & Shaji 2023, https://mobiusml.github.io/hqq_blog. */
export interface HalfQuadratic {
  readonly zeroPoint: 'integer' | 'float'
  /** At most so many turns; a block stops when its mean error no longer falls. Default 20. */
  readonly iterations?: number
  /** The norm's exponent, above 0 up to 1. Default 0.7. */
  readonly p?: number
}

/** What an engine is told; the index in `searchKinds` is the number that assembly/search.ts knows it by. */
export interface SearchPlan {
  readonly kind: SearchKind
  readonly steps: number
  readonly table: Float32Array<ArrayBuffer>
}

export type SearchKind = (typeof searchKinds)[number]

export const searchKinds = ['minmax', 'mse', 'kquant', 'half-quadratic', 'half-quadratic-float'] as const

/**
 * What is added to the width of the range in steps (15 at 4 bits) for least squares. 0 is among it, so that no block becomes worse.
 * Twice as many widths and two more zero points bring less than 0.02 dB (normal weights, and those of USE-Lite).
 */
const firstWidths: { readonly [B in BlockBits]: readonly [first: number, step: number] } = {
  2: [-0.75, 0.375],
  4: [-1, 0.5],
  8: [-1, 0.25],
}

const widthCount = 8

/** The paper's defaults. */
const firstBeta = 10
const kappa = 1.01

/** The table of a search. Throws `numerics/argument` for options out of their domain. */
export function planSearch({ search = 'minmax', bits, symmetric }: BlockSpec): SearchPlan {
  if (search === 'minmax') return { kind: 'minmax', steps: 0, table: new Float32Array(0) }
  if (search === 'mse' || (search === 'kquant' && symmetric)) {
    return { kind: search, steps: widthCount, table: Float32Array.from(widths(bits)) }
  }
  return search === 'kquant' ? kQuantPlan(bits) : halfQuadraticPlan(search, bits, symmetric)
}

/** Float zero points are stored as float32 a block; all others packed. */
export function hasFloatZeroPoints({ search, symmetric }: Pick<BlockSpec, 'search' | 'symmetric'>): boolean {
  return !symmetric && typeof search === 'object' && search.zeroPoint === 'float'
}

function widths(bits: BlockBits): readonly number[] {
  const [first, step] = firstWidths[bits]
  return Array.from({ length: widthCount }, (_, i) => first + i * step)
}

/** The reference tries 2^bits - 2, + 0.1, … + 1.9 steps in the range. */
function kQuantPlan(bits: BlockBits): SearchPlan {
  const steps = 20
  const top = (1 << bits) - 1
  return { kind: 'kquant', steps, table: Float32Array.from({ length: steps }, (_, i) => -1 + 0.1 * i + top) }
}

/**
 * p - 1, then for each iteration the error from which on the shrinkage is not 0, |e|^(2 - p) = 1 / beta, and 1 / beta; behind
 * them the widths of least squares, from which an integer zero point starts.
 */
function halfQuadraticPlan(
  { zeroPoint, iterations = 20, p = 0.7 }: HalfQuadratic,
  bits: BlockBits,
  symmetric: boolean,
): SearchPlan {
  requireInteger('iterations', iterations, 1, 1000)
  if (!(p > 0 && p <= 1))
    throw new NumericsError('numerics/argument', `p: expected a number above 0 up to 1, got ${p}`)
  const table = new Float32Array(1 + 2 * iterations + widthCount)
  table.set(widths(bits), 1 + 2 * iterations)
  table[0] = p - 1
  for (let i = 0, beta = firstBeta; i < iterations; i++, beta *= kappa) {
    // A little less, so that rounding hides none.
    table[1 + 2 * i] = 0.9999 * (1 / beta) ** (1 / (2 - p))
    table[2 + 2 * i] = 1 / beta
  }
  const kind = zeroPoint === 'float' && !symmetric ? 'half-quadratic-float' : 'half-quadratic'
  return { kind, steps: iterations, table }
}
