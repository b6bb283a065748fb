// Elements stored as a packed list of varints: converted at once when they are in memory, else when somebody reads them.
import { byteLengthOf, type DataType } from '../dtype.ts'
import type { Source } from '../storage.ts'
import type { Computation, Tensor } from '../tensor.ts'
import { computeTensors } from '../tensors/computed-tensor.ts'
import { widthOf } from './typed-fields.ts'
import { invalidModel } from './wire.ts'

/** The raw form of complete varints. */
export function rawOfVarints(dtype: DataType, packed: Uint8Array): Uint8Array {
  const width = widthOf(dtype)
  const bytes = new Uint8Array(varintCount(packed) * width)
  const view = new DataView(bytes.buffer)
  for (let at = 0, to = 0; to < bytes.length; to += width) {
    // The low 64 bits in two halves; a bigint for each element would take ten times as long.
    let low = 0
    let high = 0
    let byte = 128
    for (let shift = 0; byte >= 128; shift += 7) {
      byte = packed[at++] ?? 0
      const digit = byte & 127
      if (shift < 32) low |= digit << shift
      if (shift > 24) high |= shift < 32 ? digit >>> (32 - shift) : digit << (shift - 32)
    }
    if (width === 1) view.setUint8(to, low & 0xff)
    else if (width === 2) view.setUint16(to, low & 0xffff, true)
    else {
      view.setInt32(to, low, true)
      if (width === 8) view.setInt32(to + 4, high, true)
    }
  }
  return bytes
}

function varintCount(packed: Uint8Array): number {
  let count = 0
  for (let at = 0; at < packed.length; at++) if ((packed[at] ?? 0) < 128) count++
  return count
}

/** Where in the file a big list of varints lies. */
export interface PackedList {
  readonly source: Source
  readonly offset: number
  readonly length: number
}

const bandBytes = 2 ** 20
const longestVarint = 10

/**
 * A tensor whose elements are a list of varints in a file: a computation, since they have no fixed places there. Throws
 * `invalid-model` when it runs, if the list does not hold the elements of the shape.
 */
export function varintTensor(
  list: PackedList,
  dtype: DataType,
  shape: readonly number[],
): Tensor | undefined {
  const { source, offset, length } = list
  const key = `${source.key}:${offset}:${length}:varints:${dtype}:${shape.join('x')}`
  const run: Computation['run'] = async (write, { signal }) => {
    const total = byteLengthOf(dtype, shape)
    const band = new Uint8Array(bandBytes)
    let kept = 0
    let to = 0
    for (let at = 0; at < length;) {
      const part = band.subarray(0, kept + Math.min(length - at, bandBytes - kept))
      await source.read(offset + at, part.subarray(kept), signal)
      at += part.length - kept
      let end = part.length
      while (end > 0 && (part[end - 1] ?? 0) >= 128) end--
      kept = part.length - end
      const raw = rawOfVarints(dtype, part.subarray(0, end))
      if (kept >= longestVarint || to + raw.length > total) throw wrongElements(source.name, dtype, shape)
      await write(0, to, raw)
      band.copyWithin(0, end, part.length)
      to += raw.length
    }
    if (kept > 0 || to !== total) throw wrongElements(source.name, dtype, shape)
  }
  return computeTensors({ key, cost: length, outputs: [{ dtype, shape }], run })[0]
}

/** The list holds another number of elements than the shape. */
export function wrongElements(file: string, dtype: DataType, shape: readonly number[]): Error {
  const count = byteLengthOf(dtype, shape) / widthOf(dtype)
  return invalidModel(
    file,
    undefined,
    `${count} elements of ${dtype}[${shape.join(',')}]`,
    'another number of elements',
  )
}
