// Weights coded as 8-bit floats as computed tensors. A weight streams by twice: for the largest magnitude of each channel, and
// for the codes. Memory: a band.
import { computeTensors, DamsonError, elementCount, type Tensor, type WriteBand } from '@damson/graph'
import { decodeFloats, encodeFloats } from '@damson/numerics'
import { unsoundWeight } from './coder.ts'

type Float8 = 'float8e4m3fn' | 'float8e5m2'

/** How a weight is coded. */
export interface Float8Spec {
  readonly type: Float8
  /** Axis along which each index has a scale of its own; absent: one scale. */
  readonly axis?: number
  readonly scaleShape: readonly number[]
}

/** value = scale * code. Scales are of the weight's type. */
export interface Float8Codes {
  readonly codes: Tensor
  readonly scales: Tensor
}

/** The greatest number of each type. */
const greatest: Readonly<Record<Float8, number>> = { float8e4m3fn: 448, float8e5m2: 57344 }

const bandElements = 1 << 20

/** The coded form of a weight, float32 or float16. `key` names the algorithm and its version. */
export function codeFloat8(weight: Tensor, spec: Float8Spec, key: string): Float8Codes {
  const { type, axis, scaleShape } = spec
  const half = weight.dtype === 'float16'
  const [codes, scales] = computeTensors({
    key: `${key}:${weight.key}:${type}:${axis ?? 'tensor'}:${scaleShape.join('x')}`,
    cost: weight.byteLength * 2,
    outputs: [
      { dtype: type, shape: weight.shape },
      { dtype: half ? 'float16' : 'float32', shape: scaleShape },
    ],
    run: (write, { signal }) => stream(weight, spec, write, signal),
  })
  if (!codes || !scales) throw new DamsonError('internal', 'Expected two coded tensors.')
  return { codes, scales }
}

async function stream(
  weight: Tensor,
  { type, axis }: Float8Spec,
  write: WriteBand,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { shape } = weight
  // Element i is of channel floor(i / inner) mod channels.
  const channels = axis === undefined ? 1 : (shape[axis] ?? 1)
  const inner = axis === undefined ? elementCount(shape) : elementCount(shape.slice(axis + 1))
  const channelOf = (at: number): number => Math.floor(at / inner) % channels
  const peaks = await peaksOf(weight, channels, channelOf, signal)
  const half = weight.dtype === 'float16'
  const exact = peaks.map(peak => (peak === 0 ? 1 : peak / greatest[type]))
  const stored = half ? encodeFloats(exact, 'float16').map(code => Math.max(code, 1)) : exact
  await write(1, 0, new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength))
  const scales = stored instanceof Uint16Array ? decodeFloats(stored, 'float16') : stored
  for await (const { from, values } of bands(weight, signal)) {
    for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) / (scales[channelOf(from + i)] ?? 1)
    await write(0, from, encodeFloats(values, type))
  }
}

/** The largest magnitude of each channel. */
async function peaksOf(
  weight: Tensor,
  channels: number,
  channelOf: (at: number) => number,
  signal: AbortSignal | undefined,
): Promise<Float32Array<ArrayBuffer>> {
  const peaks = new Float32Array(channels)
  let nonFinite = 0
  for await (const { from, values } of bands(weight, signal)) {
    for (let i = 0; i < values.length; i++) {
      const size = Math.abs(values[i] ?? 0)
      const channel = channelOf(from + i)
      if (size - size !== 0) nonFinite++
      else if (size > (peaks[channel] ?? 0)) peaks[channel] = size
    }
  }
  if (nonFinite > 0) throw unsoundWeight(weight, `${nonFinite} are NaN or infinite`)
  return peaks
}

/** The numbers of a weight, a band at a time; `from` is the first one's index. */
async function* bands(
  weight: Tensor,
  signal: AbortSignal | undefined,
): AsyncIterable<{ readonly from: number; readonly values: Float32Array<ArrayBuffer> }> {
  const count = elementCount(weight.shape)
  const width = weight.dtype === 'float16' ? 2 : 4
  for (let from = 0; from < count; from += bandElements) {
    signal?.throwIfAborted()
    const bytes = new Uint8Array(Math.min(bandElements, count - from) * width)
    await weight.read({ offset: from * width, into: bytes })
    const values =
      width === 2 ? decodeFloats(new Uint16Array(bytes.buffer), 'float16') : new Float32Array(bytes.buffer)
    yield { from, values }
  }
}
