// Weights coded in 8 bits as computed tensors. A weight streams through the kernel twice: once for the range of each
// channel, once for the codes. Memory: a band, and for a transposed weight a slice of its codes.
import { computeTensors, DamsonError, type Tensor, type WriteBand } from '@damson/graph'
import {
  linearScales, linearTypeRange, type Kernel, type LinearFormat, type LinearScales, type LinearSpec, type LinearStream,
  type RangeStream,
} from '@damson/numerics' // prettier-ignore
import { unsoundWeight, type Coder } from './coder.ts'

/** How a weight is coded, and how the coded tensors lie. */
export interface Int8Spec {
  readonly format: LinearFormat
  /** Axis of the weight along which each index has a scale of its own; absent: one scale. */
  readonly axis?: number
  /** A weight [N, K] of which the codes are to be [K, N]. */
  readonly transposed: boolean
  readonly scaleShape: readonly number[]
  /** Shorter than the scales where the operator wants one zero point; all are equal then. */
  readonly zeroShape: readonly number[]
}

/** value = scale * (code - zeroPoint). Scales are float32, codes and zero points of the format's type. */
export interface Int8Codes {
  readonly codes: Tensor
  readonly scales: Tensor
  readonly zeroPoints: Tensor
}

/** Most codes held for one transposed weight; a larger one is read in slices of columns. */
const sliceBytes = 32 << 20
/** Widest slice: a row of it has to fit a band of the kernel. */
const widest = 1 << 20

type Pass = RangeStream | LinearStream

/** The coded form of a weight. `key` names the algorithm and its version; equal keys over equal weights are equal tensors. */
export function codeInt8(weight: Tensor, spec: Int8Spec, key: string, coder: Coder): Int8Codes {
  const { format, axis, transposed, scaleShape, zeroShape } = spec
  const { type, symmetric, reduceRange = false } = format
  const how = [
    type,
    axis ?? 'tensor',
    symmetric,
    reduceRange,
    transposed,
    scaleShape.join('x'),
    zeroShape.length,
  ]
  const [codes, scales, zeroPoints] = computeTensors({
    key: `${key}:${weight.key}:${how.join()}`,
    cost: weight.byteLength * 2,
    outputs: [
      { dtype: type, shape: transposed ? weight.shape.toReversed() : weight.shape },
      { dtype: 'float32', shape: scaleShape },
      { dtype: type, shape: zeroShape },
    ],
    run: (write, { signal }) => coder.use(kernel => stream(weight, spec, kernel, write, signal)),
  })
  if (!codes || !scales || !zeroPoints) throw new DamsonError('internal', 'Expected three coded tensors.')
  return { codes, scales, zeroPoints }
}

async function stream(
  weight: Tensor, { format, axis, transposed, zeroShape }: Int8Spec, kernel: Kernel, write: WriteBand,
  signal: AbortSignal | undefined,
): Promise<void> {
  const linear: LinearSpec = { shape: weight.shape, ...(axis === undefined ? {} : { axis }) }
  const range = kernel.range(linear)
  await pass(weight, range, signal, rows => range.push(rows))
  const ranges = range.result()
  if (ranges.nonFinite > 0) throw unsoundWeight(weight, `${ranges.nonFinite} are NaN or infinite`)
  const { scales, zeroPoints } = linearScales(ranges, format)
  await write(1, 0, new Uint8Array(scales.buffer))
  await write(2, 0, Uint8Array.from(zeroShape.length === 0 ? zeroPoints.slice(0, 1) : zeroPoints, z => z & 255))
  const given = { scales, zeroPoints, ...linearTypeRange(format.type) }
  if (transposed) return writeTransposed(weight, kernel, linear, given, write, signal)
  const coded = kernel.linear(linear, given)
  await pass(weight, coded, signal, async rows => {
    const { from, codes } = coded.push(rows)
    await write(0, from * coded.shape.columns, codes)
  })
} // prettier-ignore

/** Reads a weight once through, band by band. */
async function pass(
  weight: Tensor, { band, bandRows, sourceRowBytes, shape }: Pass, signal: AbortSignal | undefined,
  push: (rows: number) => Promise<void> | void,
): Promise<void> {
  for (let row = 0; row < shape.rows; row += bandRows) {
    signal?.throwIfAborted()
    const rows = Math.min(bandRows, shape.rows - row)
    await weight.read({ offset: row * sourceRowBytes, into: band.subarray(0, rows * sourceRowBytes) })
    await push(rows)
  }
} // prettier-ignore

/** [N, K] to codes [K, N], a slice of source columns at a time: the slice is then a run of the result. */
async function writeTransposed(
  weight: Tensor, kernel: Kernel, linear: LinearSpec, given: LinearScales, write: WriteBand,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [N = 0, K = 0] = weight.shape
  const width = Math.min(K, widest, Math.max(1, Math.floor(sliceBytes / N)))
  for (let from = 0; from < K; from += width) {
    const columns = Math.min(width, K - from)
    // Channels are rows here, so a slice of columns keeps them all.
    const coded = kernel.linear({ ...linear, shape: [N, columns] }, given)
    const turned = new Uint8Array(columns * N)
    const { per } = coded.shape
    // One column is a single row of N channels to the kernel, and what shares one scale is single elements.
    const bandRows = per === 'column' ? N : Math.floor(coded.band.length / (columns * 4))
    for (let row = 0; row < N; row += bandRows) {
      signal?.throwIfAborted()
      const rows = Math.min(bandRows, N - row)
      await readColumns(weight, coded.band, { row, rows, from, columns })
      const { codes } = coded.push(per === 'tensor' ? rows * columns : per === 'column' ? 1 : rows)
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) turned[c * N + row + r] = codes[r * columns + c] ?? 0
      }
    }
    await write(0, from * N, turned)
  }
} // prettier-ignore

interface Slice {
  readonly row: number
  readonly rows: number
  readonly from: number
  readonly columns: number
}

async function readColumns(
  weight: Tensor,
  band: Uint8Array,
  { row, rows, from, columns }: Slice,
): Promise<void> {
  const K = weight.shape[1] ?? 0
  if (columns === K) {
    await weight.read({ offset: row * K * 4, into: band.subarray(0, rows * K * 4) })
    return
  }
  for (let at = 0; at < rows; at++) {
    const into = band.subarray(at * columns * 4, (at + 1) * columns * 4)
    await weight.read({ offset: ((row + at) * K + from) * 4, into })
  }
}
