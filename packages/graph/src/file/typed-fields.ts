// Tensor elements stored in typed fields (`float_data`, `int32_data` …) presented in the one raw form. Fixed-width
// fields are raw bytes already; varint fields are converted: eagerly when small, on the first read when big.
import { dataTypes, type DataType } from '../dtype.ts'
import { tensorFields } from './skeleton.ts'
import { invalidModel } from './wire.ts'

/** The field of TensorProto that holds the elements of a type outside `raw_data` and `string_data`. */
export function typedFieldOf(dtype: DataType): number {
  switch (dtype) {
    case 'float32':
    case 'complex64':
      return tensorFields.float
    case 'float64':
    case 'complex128':
      return tensorFields.double
    case 'int64':
      return tensorFields.int64
    case 'uint32':
    case 'uint64':
      return tensorFields.uint64
    default:
      return tensorFields.int32
  }
}

/** Bytes of the raw form that one element of the typed field fills: 1 for packed 4-bit pairs. */
function widthOf(dtype: DataType): 1 | 2 | 4 | 8 {
  const { bits, kind } = dataTypes[dtype]
  const width = kind === 'complex' ? bits / 2 : bits
  if (width <= 8) return 1
  return width === 16 ? 2 : width === 32 ? 4 : 8
}

/** Whether the packed field is the raw form as it stands. */
export function isRawForm(field: number): boolean {
  return field === tensorFields.float || field === tensorFields.double || field === tensorFields.raw
}

/** The raw form of a decoded typed field; undefined when the number of elements is not `byteLength / width`. */
export function rawOfElements(
  dtype: DataType,
  values: readonly number[] | readonly bigint[],
  byteLength: number,
): Uint8Array | undefined {
  const width = widthOf(dtype)
  if (values.length * width !== byteLength) return undefined
  const bytes = new Uint8Array(byteLength)
  const view = new DataView(bytes.buffer)
  const float = dataTypes[dtype].kind === 'float' || dataTypes[dtype].kind === 'complex'
  values.forEach((value: number | bigint, at: number) => {
    if (typeof value === 'bigint')
      return width === 8
        ? view.setBigInt64(at * 8, value, true)
        : view.setUint32(at * 4, Number(BigInt.asUintN(32, value)), true)
    if (float && width === 8) return view.setFloat64(at * 8, value, true)
    if (float && width === 4) return view.setFloat32(at * 4, value, true)
    if (width === 4) return view.setInt32(at * 4, value, true)
    return width === 2 ? view.setUint16(at * 2, value & 0xffff, true) : view.setUint8(at, value & 0xff)
  })
  return bytes
}

/** The raw form of a packed list of varints. Throws `invalid-model` when it does not hold exactly `byteLength` bytes of elements. */
export function rawOfVarints(
  dtype: DataType,
  packed: Uint8Array,
  byteLength: number,
  file: string,
): Uint8Array {
  const width = widthOf(dtype)
  const bytes = new Uint8Array(byteLength)
  const view = new DataView(bytes.buffer)
  let at = 0
  let to = 0
  while (at < packed.length) {
    if (to >= byteLength) throw wrongCount(dtype, byteLength, file)
    // The low 64 bits in two halves; a bigint for each element would take ten times as long.
    let low = 0
    let high = 0
    let shift = 0
    let byte = 128
    while (byte >= 128) {
      byte = packed[at++] ?? NaN
      if (Number.isNaN(byte) || shift > 63)
        throw invalidModel(file, undefined, 'complete varints', 'one that is cut off or too long')
      const digit = byte & 127
      if (shift < 32) low |= digit << shift
      if (shift > 24) high |= shift < 32 ? digit >>> (32 - shift) : digit << (shift - 32)
      shift += 7
    }
    if (width === 1) view.setUint8(to, low & 0xff)
    else if (width === 2) view.setUint16(to, low & 0xffff, true)
    else {
      view.setInt32(to, low, true)
      if (width === 8) view.setInt32(to + 4, high, true)
    }
    to += width
  }
  if (to !== byteLength) throw wrongCount(dtype, byteLength, file)
  return bytes
}

function wrongCount(dtype: DataType, byteLength: number, file: string): Error {
  return invalidModel(
    file,
    undefined,
    `${byteLength / widthOf(dtype)} elements of ${dtype}`,
    'another number of elements',
  )
}
