// Weights coded in 8 bits as computed tensors. A weight streams through the kernel twice: once for the range of each
// channel, once for the codes. Memory: a band, and for a transposed weight a slice of its codes.
import { computeTensors, DamsonError, elementCount, type Tensor, type WriteBand } from '@damson/graph'
import {
  linearCodeRange, linearScales, linearTypeRange, type Kernel, type LinearFormat, type LinearScales, type LinearSpec, type LinearStream,
  type RangeStream,
} from '@damson/numerics' // prettier-ignore
import { unsoundWeight, type Coder } from './coder.ts'
import { pairScales, pairSums } from './pair-scales.ts'

/** How a weight is coded, and how the coded tensors lie. */
export interface Int8Spec {
  readonly format: LinearFormat
  /** How many matrices of its last two dimensions the weight is, each coded by itself; absent: it is one piece. */
  readonly stack?: number
  /** Axis of a piece along which each index has a scale of its own; absent: one scale for a piece. */
  readonly axis?: number
  /** Codes lie with the last two dimensions exchanged. */
  readonly transposed: boolean
  readonly scaleShape: readonly number[]
  /** Shorter than the scales where the operator wants one zero point; all are equal then. */
  readonly zeroShape: readonly number[]
  /** For codes of which no pair may overflow 16 bits (`pair-scales.ts`): the dimension of a piece that products add along. */
  readonly pairsAlong?: 0 | 1
  /** The sum of each channel is wanted too; there is a channel for each scale. */
  readonly sums?: boolean
}

/** value = scale * (code - zeroPoint). Scales are float32, codes and zero points of the format's type. */
export interface Int8Codes {
  readonly codes: Tensor
  readonly scales: Tensor
  readonly zeroPoints: Tensor
  /** scale * sum(code - zeroPoint) of each channel, float32 in the shape of the scales; if it was asked for. */
  readonly sums?: Tensor
}

/** Most codes held for one transposed weight; a larger one is read in slices of columns. */
const sliceBytes = 32 << 20
/** Widest slice: a row of it has to fit a band of the kernel. */
const widest = 1 << 20

type Pass = RangeStream | LinearStream

/** The coded form of a weight. `key` names the algorithm and its version; equal keys over equal weights are equal tensors. */
export function codeInt8(weight: Tensor, spec: Int8Spec, key: string, coder: Coder): Int8Codes {
  const { format, axis, stack, transposed, scaleShape, zeroShape, pairsAlong, sums: summed = false } = spec
  const { type, symmetric, reduceRange = false } = format
  const how = [
    type,
    axis ?? 'tensor',
    symmetric,
    reduceRange,
    stack ?? 'whole',
    transposed,
    scaleShape.join('x'),
    zeroShape.length,
    ...(pairsAlong === undefined ? [] : [`pairs${pairsAlong}`]),
    ...(summed ? ['sums'] : []),
  ]
  const [codes, scales, zeroPoints, sums] = computeTensors({
    key: `${key}:${weight.key}:${how.join()}`,
    cost: weight.byteLength * 2,
    outputs: [
      { dtype: type, shape: transposed ? turned(weight.shape) : weight.shape },
      { dtype: 'float32', shape: scaleShape },
      { dtype: type, shape: zeroShape },
      ...(summed ? [{ dtype: 'float32', shape: scaleShape } as const] : []),
    ],
    run: (write, { signal }) => coder.use(kernel => stream(weight, spec, kernel, write, signal)),
  })
  if (!codes || !scales || !zeroPoints) throw new DamsonError('internal', 'Expected three coded tensors.')
  return { codes, scales, zeroPoints, ...(sums ? { sums } : {}) }
}

function turned(shape: readonly number[]): readonly number[] {
  return [...shape.slice(0, -2), ...shape.slice(-2).toReversed()]
}

/** One of the matrices of a stack, or the whole weight. */
interface Piece {
  readonly weight: Tensor
  readonly linear: LinearSpec
  /** First element. */
  readonly start: number
  /** Bytes of an element. */
  readonly width: number
}

async function stream(
  weight: Tensor, spec: Int8Spec, kernel: Kernel, write: WriteBand, signal: AbortSignal | undefined,
): Promise<void> {
  let channels = 0
  for (const piece of piecesOf(weight, spec)) {
    const given = await scalesOf(piece, spec, kernel, signal)
    const { scales, zeroPoints } = given
    await write(1, channels * 4, new Uint8Array(scales.buffer))
    const shown = spec.zeroShape.length > 0 ? zeroPoints : zeroPoints.subarray(0, channels === 0 ? 1 : 0)
    if (shown.length > 0) await write(2, channels, Uint8Array.from(shown, z => z & 255))
    const sums = spec.sums === true ? channelSums(piece, spec, given) : undefined
    const writing = sums ? sums.along(write) : write
    if (spec.transposed) await writeTransposed(piece, kernel, given, writing, signal)
    else await writeCodes(piece, kernel, given, writing, signal)
    if (sums) await write(3, channels * 4, new Uint8Array(sums.result().buffer))
    channels += scales.length
  }
} // prettier-ignore

interface ChannelSums {
  /** Writes codes, and adds them up on the way. */
  along(write: WriteBand): WriteBand
  /** What they stand for, channel by channel. */
  result(): Float32Array
}

/** Sums of codes by channel while they are written: rows of the result, or its columns. */
function channelSums({ start, linear }: Piece, { format, axis, transposed }: Int8Spec, { scales, zeroPoints }: LinearScales): ChannelSums {
  const [rows = 0, columns = 0] = linear.shape
  const channels = scales.length
  const each = (rows * columns) / channels
  const run = axis === 0 && !transposed ? each : 1
  const sums = new Float64Array(channels)
  const add = (codes: Int8Array | Uint8Array, from: number): void => {
    let [channel, left] = [Math.floor(from / run) % channels, run - (from % run)]
    for (const code of codes) {
      sums[channel] = (sums[channel] ?? 0) + code
      if (--left > 0) continue
      left = run
      if (++channel === channels) channel = 0
    }
  }
  return {
    along: write => (output, offset, bytes) => {
      if (output === 0) add(format.type === 'int8' ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes, offset - start)
      return write(output, offset, bytes)
    },
    // As ONNX Runtime makes it of a row of ones: sums in integers, then float32.
    result: () => Float32Array.from(sums, (sum, at) => Math.fround(sum - each * (zeroPoints[at] ?? 0)) * (scales[at] ?? 0)),
  }
} // prettier-ignore

function piecesOf(weight: Tensor, { stack, axis }: Int8Spec): readonly Piece[] {
  const { shape, dtype } = weight
  const width = dtype === 'float32' ? 4 : 2
  const inner = stack === undefined ? shape : shape.slice(-2)
  const count = elementCount(inner)
  const linear: LinearSpec = {
    shape: inner,
    dtype: dtype === 'float32' ? 'float32' : 'float16',
    ...(axis === undefined ? {} : { axis }),
  }
  return Array.from({ length: stack ?? 1 }, (_, at) => ({ weight, linear, start: at * count, width }))
}

async function scalesOf(
  { weight, linear, start, width }: Piece, { format, axis, pairsAlong }: Int8Spec, kernel: Kernel,
  signal: AbortSignal | undefined,
): Promise<LinearScales> {
  const range = kernel.range(linear)
  await pass(weight, start * width, range, signal, rows => range.push(rows))
  const ranges = range.result()
  if (ranges.nonFinite > 0) throw unsoundWeight(weight, `${ranges.nonFinite} are NaN or infinite`)
  if (pairsAlong !== undefined) {
    const [rows = 0, columns = 0] = linear.shape
    const matrix = { tensor: weight, start: start * width, shape: [rows, columns] } as const
    const sums = await pairSums(matrix, pairsAlong, axis === undefined, signal)
    return { ...pairScales(ranges, sums, format.symmetric), ...linearTypeRange(format.type) }
  }
  const { scales, zeroPoints } = linearScales(ranges, format)
  // A channel of zeros has any zero point; operators that take one for all want that of the others.
  const [low, high] = linearCodeRange(format)
  if (format.symmetric) zeroPoints.fill(Math.ceil((low + high) / 2))
  return { scales, zeroPoints, ...linearTypeRange(format.type) }
} // prettier-ignore

async function writeCodes(
  { weight, linear, start, width }: Piece, kernel: Kernel, given: LinearScales, write: WriteBand,
  signal: AbortSignal | undefined,
): Promise<void> {
  const coded = kernel.linear(linear, given)
  await pass(weight, start * width, coded, signal, async rows => {
    const { from, codes } = coded.push(rows)
    await write(0, start + from * coded.shape.columns, codes)
  })
} // prettier-ignore

/** Reads a piece once through, band by band, from a byte on. */
async function pass(
  weight: Tensor, start: number, { band, bandRows, sourceRowBytes, shape }: Pass, signal: AbortSignal | undefined,
  push: (rows: number) => Promise<void> | void,
): Promise<void> {
  for (let row = 0; row < shape.rows; row += bandRows) {
    signal?.throwIfAborted()
    const rows = Math.min(bandRows, shape.rows - row)
    await weight.read({ offset: start + row * sourceRowBytes, into: band.subarray(0, rows * sourceRowBytes) })
    await push(rows)
  }
} // prettier-ignore

/** [N, K] to codes [K, N], a slice of source columns at a time: the slice is then a run of the result. */
async function writeTransposed(
  piece: Piece, kernel: Kernel, given: LinearScales, write: WriteBand, signal: AbortSignal | undefined,
): Promise<void> {
  const { linear, start, width } = piece
  const [N = 0, K = 0] = linear.shape
  const wide = Math.min(K, widest, Math.max(1, Math.floor(sliceBytes / N)))
  for (let from = 0; from < K; from += wide) {
    const columns = Math.min(wide, K - from)
    // Channels are rows here, so a slice of columns keeps them all.
    const coded = kernel.linear({ ...linear, shape: [N, columns] }, given)
    const slice = new Uint8Array(columns * N)
    const { per } = coded.shape
    // One column is a single row of N channels to the kernel, and what shares one scale is single elements.
    const bandRows = per === 'column' ? N : Math.floor(coded.band.length / (columns * width))
    for (let row = 0; row < N; row += bandRows) {
      signal?.throwIfAborted()
      const rows = Math.min(bandRows, N - row)
      await readColumns(piece, coded.band, { row, rows, from, columns })
      const { codes } = coded.push(per === 'tensor' ? rows * columns : per === 'column' ? 1 : rows)
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) slice[c * N + row + r] = codes[r * columns + c] ?? 0
      }
    }
    await write(0, start + from * N, slice)
  }
} // prettier-ignore

interface Slice {
  readonly row: number
  readonly rows: number
  readonly from: number
  readonly columns: number
}

async function readColumns(
  { weight, linear, start, width }: Piece,
  band: Uint8Array,
  { row, rows, from, columns }: Slice,
): Promise<void> {
  const K = linear.shape[1] ?? 0
  if (columns === K) {
    await weight.read({ offset: (start + row * K) * width, into: band.subarray(0, rows * K * width) })
    return
  }
  for (let at = 0; at < rows; at++) {
    const into = band.subarray(at * columns * width, (at + 1) * columns * width)
    await weight.read({ offset: (start + (row + at) * K + from) * width, into })
  }
}
