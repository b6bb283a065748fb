// Elements of small tensors as numbers: what rules, inference and folding look at, and how they make new constants.
import { dataTypes, elementCount, type DataType } from '../dtype.ts'
import type { Tensor } from '../tensor.ts'
import { decodeFloat, encodeFloat } from './narrow-floats.ts'

/** Elements by value; 64-bit integers as bigint. */
export type Elements = readonly (number | bigint)[]

/**
 * The elements of a resident tensor: bigint for 64-bit integers, booleans as 0 and 1, complex as real and imaginary
 * after each other, 4-bit and 2-bit types unpacked. Undefined when the bytes are not resident, or strings.
 */
export function elements(tensor: Tensor): readonly number[] | readonly bigint[] | undefined {
  const { data, dtype } = tensor
  if (!data || dtype === 'string') return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const count = elementCount(tensor.shape)
  if (dtype === 'int64') return Array.from({ length: count }, (_, at) => view.getBigInt64(at * 8, true))
  if (dtype === 'uint64') return Array.from({ length: count }, (_, at) => view.getBigUint64(at * 8, true))
  if (dtype === 'complex64')
    return Array.from({ length: 2 * count }, (_, at) => view.getFloat32(at * 4, true))
  if (dtype === 'complex128')
    return Array.from({ length: 2 * count }, (_, at) => view.getFloat64(at * 8, true))
  const read = reader(dtype, view)
  return Array.from({ length: count }, (_, at) => read(at))
}

/** The elements of a resident numeric tensor as numbers; 64-bit integers beyond 2^53 lose digits. */
export function numbers(tensor: Tensor): readonly number[] | undefined {
  return elements(tensor)?.map(Number)
}

function reader(dtype: DataType, view: DataView): (at: number) => number {
  switch (dtype) {
    case 'float32':
      return at => view.getFloat32(at * 4, true)
    case 'float64':
      return at => view.getFloat64(at * 8, true)
    case 'int32':
      return at => view.getInt32(at * 4, true)
    case 'uint32':
      return at => view.getUint32(at * 4, true)
    case 'int16':
      return at => view.getInt16(at * 2, true)
    case 'uint16':
      return at => view.getUint16(at * 2, true)
    case 'int8':
      return at => view.getInt8(at)
    case 'uint8':
    case 'bool':
      return at => view.getUint8(at)
    case 'float16':
    case 'bfloat16':
      return at => decodeFloat(dtype, view.getUint16(at * 2, true))
    default:
      return packedReader(dtype, view)
  }
}

/** 8-bit floats, and types of 4 and 2 bits, lowest bits first. */
function packedReader(dtype: DataType, view: DataView): (at: number) => number {
  const { bits, kind } = dataTypes[dtype]
  const mask = 2 ** bits - 1
  const code = (at: number): number =>
    (view.getUint8(Math.floor((at * bits) / 8)) >> ((at * bits) % 8)) & mask
  if (kind === 'float') return at => decodeFloat(dtype, code(at))
  return kind === 'int' ? at => (code(at) << (32 - bits)) >> (32 - bits) : code
}

/** The raw form of elements. Integers wrap as in two's complement; floats round to nearest, ties to even. */
export function encodeElements(dtype: DataType, values: Elements): Uint8Array {
  const { bits, kind } = dataTypes[dtype]
  const width = kind === 'complex' ? bits / 2 : bits
  const bytes = new Uint8Array(Math.ceil((values.length * width) / 8))
  const view = new DataView(bytes.buffer)
  values.forEach((value, at) => put(dtype, view, at, value))
  return bytes
}

function put(dtype: DataType, view: DataView, at: number, value: number | bigint): void {
  const { bits, kind } = dataTypes[dtype]
  if (dtype === 'int64' || dtype === 'uint64')
    return view.setBigInt64(at * 8, BigInt.asIntN(64, BigInt(value)), true)
  if (dtype === 'float32' || dtype === 'complex64') return view.setFloat32(at * 4, Number(value), true)
  if (dtype === 'float64' || dtype === 'complex128') return view.setFloat64(at * 8, Number(value), true)
  const code = kind === 'float' ? encodeFloat(dtype, Number(value)) : Number(value)
  if (bits === 32) return view.setInt32(at * 4, code, true)
  if (bits === 16) return view.setInt16(at * 2, code, true)
  const place = Math.floor((at * bits) / 8)
  view.setUint8(place, view.getUint8(place) | ((code & (2 ** bits - 1)) << ((at * bits) % 8)))
}
