// Tensors as typed arrays, for numeric code and for runtimes.
import type { DataType } from '../dtype.ts'
import type { Tensor } from '../tensor.ts'

/** The arrays that a tensor's raw form is seen through. */
export type TypedArray =
  | Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array
  | BigInt64Array | BigUint64Array // prettier-ignore

type View = (buffer: ArrayBufferLike, offset: number, bytes: number) => TypedArray

const byte: View = (buffer, offset, bytes) => new Uint8Array(buffer, offset, bytes)
const half: View = (buffer, offset, bytes) => new Uint16Array(buffer, offset, bytes / 2)
const single: View = (buffer, offset, bytes) => new Float32Array(buffer, offset, bytes / 4)
const double: View = (buffer, offset, bytes) => new Float64Array(buffer, offset, bytes / 8)

/** 16-bit floats come as Uint16Array, complex numbers as pairs, bool and everything packed or 8-bit float as bytes. */
const views: Readonly<Record<DataType, View>> = {
  float32: single,
  complex64: single,
  float64: double,
  complex128: double,
  int8: (buffer, offset, bytes) => new Int8Array(buffer, offset, bytes),
  int16: (buffer, offset, bytes) => new Int16Array(buffer, offset, bytes / 2),
  int32: (buffer, offset, bytes) => new Int32Array(buffer, offset, bytes / 4),
  int64: (buffer, offset, bytes) => new BigInt64Array(buffer, offset, bytes / 8),
  uint16: half,
  uint32: (buffer, offset, bytes) => new Uint32Array(buffer, offset, bytes / 4),
  uint64: (buffer, offset, bytes) => new BigUint64Array(buffer, offset, bytes / 8),
  float16: half,
  bfloat16: half,
  uint8: byte,
  bool: byte,
  string: byte,
  float8e4m3fn: byte,
  float8e4m3fnuz: byte,
  float8e5m2: byte,
  float8e5m2fnuz: byte,
  float8e8m0: byte,
  float4e2m1: byte,
  uint4: byte,
  int4: byte,
  uint2: byte,
  int2: byte,
}

/** The whole tensor, read into a fresh array of its type. float16 and bfloat16 as Uint16Array, bool as Uint8Array, types below 8 bits packed. */
export async function toTypedArray(
  tensor: Tensor,
  options: { readonly signal?: AbortSignal } = {},
): Promise<TypedArray> {
  const bytes = await tensor.read({ ...options, into: new Uint8Array(tensor.byteLength) })
  return views[tensor.dtype](bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The same at once for a tensor that is resident, as a copy; undefined for others. */
export function residentArray(tensor: Tensor): TypedArray | undefined {
  if (!tensor.data) return undefined
  const bytes = tensor.data.slice()
  return views[tensor.dtype](bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
