// What coding costs a weight by itself: Σ h_k (w_nk − ŵ_nk)², with h_k the mean square of the input that column k meets, so
// the sum is the noise in what the weight makes of its inputs. A band of rows is coded, decoded and compared at a time.
import { decodeFloats, dequantizeBlocks, quantizeBlocks, type BlockSpec, type Kernel } from '@damson/numerics'
import type { Tensor } from '@damson/graph'

/** Numbers of a band. */
const bandNumbers = 1 << 20

export interface CodingErrors {
  /** Of each spec. */
  readonly errors: readonly number[]
  /** Σ h_k w_nk². */
  readonly power: number
}

/** The error of each spec over one matrix; `h` [K], or undefined where all columns count alike. All lie as the first does. */
export async function codingErrors(
  matrix: Tensor,
  specs: readonly BlockSpec[],
  h: Float64Array | undefined,
  kernel: Kernel,
  signal?: AbortSignal,
): Promise<CodingErrors> {
  const [first] = specs
  if (!first) return { errors: [], power: 0 }
  const { K, N, layout } = first
  // Blocks run along K, so bands of K end where the largest block does.
  const rowNumbers = layout === 'KN' ? N : K
  const step = layout === 'KN' ? 256 : 1
  const rows = Math.max(step, Math.floor(bandNumbers / rowNumbers / step) * step)
  const errors = specs.map(() => 0)
  let power = 0
  for (let from = 0; from < (layout === 'KN' ? K : N); from += rows) {
    signal?.throwIfAborted()
    const count = Math.min(rows, (layout === 'KN' ? K : N) - from)
    const values = await numbersAt(matrix, from * rowNumbers, count * rowNumbers)
    const place = { layout, width: rowNumbers, from, h }
    power += weighted(values, undefined, place)
    for (const [at, spec] of specs.entries()) {
      const { rule: _, ...rest } = spec
      const band: BlockSpec = {
        ...rest,
        dtype: 'float32',
        ...(layout === 'KN' ? { K: count } : { N: count }),
      }
      const coded = quantizeBlocks(values, band, kernel)
      const back = dequantizeBlocks(coded, band)
      errors[at] = (errors[at] ?? 0) + weighted(values, back, place)
    }
  }
  return { errors, power }
}

interface Band {
  readonly layout: 'KN' | 'NK'
  readonly width: number
  readonly from: number
  readonly h: Float64Array | undefined
}

function weighted(
  values: Float32Array,
  back: Float32Array | undefined,
  { layout, width, from, h }: Band,
): number {
  let sum = 0
  for (let row = 0; row * width < values.length; row++) {
    const rowWeight = layout === 'KN' ? (h?.[from + row] ?? 1) : 1
    let rowSum = 0
    for (let column = 0; column < width; column++) {
      const difference = (values[row * width + column] ?? 0) - (back?.[row * width + column] ?? 0)
      rowSum += difference * difference * (layout === 'NK' && h ? (h[column] ?? 1) : 1)
    }
    sum += rowWeight * rowSum
  }
  return sum
}

async function numbersAt(matrix: Tensor, from: number, count: number): Promise<Float32Array> {
  const width = matrix.dtype === 'float32' ? 4 : 2
  const into = new Uint8Array(count * width)
  await matrix.read({ offset: from * width, into })
  if (matrix.dtype === 'float32') return new Float32Array(into.buffer)
  return decodeFloats(new Uint16Array(into.buffer), matrix.dtype === 'bfloat16' ? 'bfloat16' : 'float16')
}
