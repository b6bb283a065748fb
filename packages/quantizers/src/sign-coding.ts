// Weights as signs: a bit for each number and a scale for each block of a row. The scale of least squared error is the mean
// magnitude, so that a block of ±s keeps its numbers exactly. A weight streams through, a slice of rows at a time.
//   bit = w ≥ 0,   s = Σ|w| / n,   ŵ = ±s
import { computeTensors, DamsonError, type Tensor, type WriteBand } from '@damson/graph'
import { blockSizes, encodeFloats, roundToFloat16, type BlockSpec } from '@damson/numerics'
import { matrixRows } from './coded-rows.ts'

/** What takes the place of a weight. */
export interface SignCodes {
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
export function signRowBytes(spec: BlockSpec): number {
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

async function stream(
  weight: Tensor,
  spec: BlockSpec,
  write: WriteBand,
  signal: AbortSignal | undefined,
): Promise<SignLoss> {
  const half = spec.dtype === 'float16'
  const rowBytes = signRowBytes(spec)
  const { kBlocks } = blockSizes(spec)
  let [error, power] = [0, 0]
  for await (const { from, rows } of matrixRows(weight, spec, signal)) {
    const coded = signsOf(rows, spec, rowBytes)
    error += coded.error
    power += coded.power
    const scales = half ? encodeFloats(coded.scales, 'float16') : coded.scales
    await write(0, from * rowBytes, coded.signs)
    await write(1, from * kBlocks * scales.BYTES_PER_ELEMENT, new Uint8Array(scales.buffer))
  }
  return { error, power }
}

interface CodedSlice extends SignLoss {
  readonly signs: Uint8Array<ArrayBuffer>
  readonly scales: Float32Array<ArrayBuffer>
}

/** Rows [rows, K] of finite numbers. Signs behind the end of a row are 0; no product reads them. */
function signsOf(rows: Float64Array, { K, blockSize, dtype }: BlockSpec, rowBytes: number): CodedSlice {
  const count = rows.length / K
  const kBlocks = Math.ceil(K / blockSize)
  const signs = new Uint8Array(count * rowBytes)
  const scales = new Float32Array(count * kBlocks)
  let [error, power] = [0, 0]
  for (let row = 0; row < count; row++) {
    for (let from = 0, block = row * kBlocks; from < K; from += blockSize, block++) {
      const to = Math.min(K, from + blockSize)
      let [sum, squares] = [0, 0]
      for (let k = from; k < to; k++) {
        const w = rows[row * K + k] ?? 0
        sum += Math.abs(w)
        squares += w * w
        if (w < 0) continue
        const byte = row * rowBytes + (k >> 3)
        signs[byte] = (signs[byte] ?? 0) | (1 << (k & 7))
      }
      const mean = sum / (to - from)
      const scale = dtype === 'float16' ? roundToFloat16(mean) : Math.fround(mean)
      scales[block] = scale
      error += Math.max(0, squares - 2 * scale * sum + (to - from) * scale * scale)
      power += squares
    }
  }
  return { signs, scales, error, power }
}
