// Weights as signs: a bit for each number and a scale for each block of a row. The scale of least squared error is the mean
// magnitude, so that a block of ±s keeps its numbers exactly. A weight streams through.
//   bit = w ≥ 0,   s = Σ|w| / n,   ŵ = ±s
import { computeTensors, DamsonError, type Tensor, type WriteBand } from '@damson/graph'
import { blockSizes, decodeFloats, encodeFloats, roundToFloat16, type BlockSpec } from '@damson/numerics'
import { unsoundWeight } from './coder.ts'

/** What takes the place of a weight. */
interface SignCodes {
  /** uint8 [N, bytes], the first sign of a row in the lowest bit: whole blocks for products, K / 8 bytes for look-ups. */
  readonly signs: Tensor
  /** [N, kBlocks], float32, or float16 for a float16 weight. */
  readonly scales: Tensor
}

/** How much of a weight signs cannot say: Σ(w − ŵ)² and Σw². */
export interface SignLoss {
  readonly error: number
  readonly power: number
}

/** Bytes of the signs of a row. */
function signRowBytes(spec: BlockSpec): number {
  const { kBlocks } = blockSizes(spec)
  return spec.rule === 'GatherBlockQuantized' ? spec.K / 8 : (kBlocks * spec.blockSize) / 8
}

/** Bytes of signs and scales. */
export function signBytes(spec: BlockSpec): number {
  return spec.N * (signRowBytes(spec) + blockSizes(spec).kBlocks * (spec.dtype === 'float16' ? 2 : 4))
}

/** The signs of a weight; `bits` of the spec say nothing. `onLoss` hears after each computation what was lost. */
export function codeSigns(
  weight: Tensor,
  spec: BlockSpec,
  key: string,
  onLoss: (loss: SignLoss) => void,
): SignCodes {
  const { N, layout, blockSize } = spec
  const dtype = spec.dtype === 'float16' ? 'float16' : 'float32'
  const rowBytes = signRowBytes(spec)
  const [signs, scales] = computeTensors({
    key: `${key}:${weight.key}:${layout}:${blockSize}:${rowBytes}`,
    cost: weight.byteLength,
    outputs: [
      { dtype: 'uint8', shape: [N, rowBytes] },
      { dtype, shape: [N, blockSizes(spec).kBlocks] },
    ],
    run: async (write, { signal }) => onLoss(await stream(weight, spec, write, signal)),
  })
  if (!signs || !scales) throw new DamsonError('internal', 'Expected two coded tensors.')
  return { signs, scales }
}

/** Bytes of the rows [N, K] that are read at once; of [K, N] it is a block of rows. */
const sliceBytes = 4 << 20

/** Codes of some rows [count, K], or of one block of all rows, and where they belong. */
interface Coding {
  readonly signs: Uint8Array<ArrayBuffer>
  readonly scales: Float32Array<ArrayBuffer>
  error: number
  power: number
}

const codingOf = (rows: number, rowBytes: number, kBlocks: number): Coding => ({
  signs: new Uint8Array(rows * rowBytes),
  scales: new Float32Array(rows * kBlocks),
  error: 0,
  power: 0,
})

/** A weight [K, N] is read block by block and written when all is coded, a 32nd of it; one [N, K] leaves as it comes. */
async function stream(
  weight: Tensor,
  spec: BlockSpec,
  write: WriteBand,
  signal: AbortSignal | undefined,
): Promise<SignLoss> {
  const { K, N, layout, blockSize } = spec
  const [rowBytes, { kBlocks }] = [signRowBytes(spec), blockSizes(spec)]
  const finish = async (coded: Coding, from: number): Promise<void> => {
    if (!Number.isFinite(coded.power)) throw unsoundWeight(weight, 'some are NaN or infinite')
    const scales = spec.dtype === 'float16' ? encodeFloats(coded.scales, 'float16') : coded.scales
    await write(0, from * rowBytes, coded.signs)
    await write(1, from * kBlocks * scales.BYTES_PER_ELEMENT, new Uint8Array(scales.buffer))
  }
  const total = { error: 0, power: 0 }
  const height = layout === 'KN' ? N : Math.max(1, Math.floor(sliceBytes / (4 * K)))
  for (let from = 0; from < N; from += height) {
    const count = Math.min(height, N - from)
    const coded = codingOf(count, rowBytes, kBlocks)
    const rows = layout === 'NK' ? await floatsOf(weight, from * K, count * K) : undefined
    for (let block = 0; block < kBlocks; block++) {
      signal?.throwIfAborted()
      const [k, size] = [block * blockSize, Math.min(blockSize, K - block * blockSize)]
      const values = rows ?? (await floatsOf(weight, k * N, size * N))
      const at = rows ? { first: k, row: K, next: 1 } : { first: 0, row: 1, next: N }
      codeBlock({ values, size, ...at }, coded, { block, count, rowBytes, kBlocks }, spec)
    }
    await finish(coded, from)
    total.error += coded.error
    total.power += coded.power
  }
  return total
}

/** Where the numbers of a block of each row lie: `next` to the next of the row, `row` to the next row. */
interface BlockOfRows {
  readonly values: Float32Array
  readonly size: number
  readonly first: number
  readonly row: number
  readonly next: number
}

/** Signs behind the end of a row are 0; no product reads them. */
function codeBlock(
  { values, size, first, row, next }: BlockOfRows,
  coded: Coding,
  { block, count, rowBytes, kBlocks }: { block: number; count: number; rowBytes: number; kBlocks: number },
  { blockSize, dtype }: BlockSpec,
): void {
  const sums = new Float64Array(count)
  const squares = new Float64Array(count)
  // Eight numbers of each row make a byte; rows are gone through inside, since [K, N] lies row beside row.
  for (let k = 0; k < size; k += 8) {
    const byteAt = (block * blockSize + k) >> 3
    const end = Math.min(8, size - k)
    for (let n = 0; n < count; n++) {
      let [byte, sum, square] = [0, 0, 0]
      for (let j = 0, at = first + n * row + k * next; j < end; j++, at += next) {
        const w = values[at] ?? 0
        sum += Math.abs(w)
        square += w * w
        if (w >= 0) byte |= 1 << j
      }
      coded.signs[n * rowBytes + byteAt] = byte
      sums[n] = (sums[n] ?? 0) + sum
      squares[n] = (squares[n] ?? 0) + square
    }
  }
  for (let n = 0; n < count; n++) {
    const [sum, square] = [sums[n] ?? 0, squares[n] ?? 0]
    const scale = dtype === 'float16' ? roundToFloat16(sum / size) : Math.fround(sum / size)
    coded.scales[n * kBlocks + block] = scale
    coded.error += Math.max(0, square - 2 * scale * sum + size * scale * scale)
    coded.power += square
  }
}

async function floatsOf(weight: Tensor, from: number, count: number): Promise<Float32Array> {
  const width = weight.dtype === 'float16' ? 2 : 4
  const into = new Uint8Array(count * width)
  await weight.read({ offset: from * width, into })
  return width === 4 ? new Float32Array(into.buffer) : decodeFloats(new Uint16Array(into.buffer), 'float16')
}
