// Tensor elements stored in typed fields (`float_data`, `int32_data` …), presented in the one raw form.
import { dataTypes, type DataType } from '../dtype.ts'
import { tensorFields } from './skeleton.ts'

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
export function widthOf(dtype: DataType): 1 | 2 | 4 | 8 {
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
