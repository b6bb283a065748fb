// Which element types cross the border of ONNX Runtime for JavaScript, and the typed array of each.
import type { Elements, TensorData } from '@damson/core'
import type { DataType } from '@damson/graph'
import { EngineError } from '../engine/engine-error.ts'

/** The kinds of typed array that hold elements. */
type ElementArray = new (buffer: ArrayBuffer, byteOffset?: number, length?: number) => Elements

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float16: Uint16Array,
  bool: Uint8Array,
} as const satisfies Partial<Record<DataType, ElementArray>>

/** Element types that ONNX Runtime for JavaScript takes and gives. */
export type PortableType = keyof typeof arrays | 'string'

/** True for types that can be fed and fetched: not 4-bit, 8-bit float, bfloat16 or complex ones. */
export function isPortable(dtype: string): dtype is PortableType {
  return dtype === 'string' || dtype in arrays
}

/** The typed array that holds elements of a type; undefined for strings and for types that do not cross. */
export function arrayOf(dtype: string): ElementArray | undefined {
  return isPortable(dtype) && dtype !== 'string' ? arrays[dtype] : undefined
}

/** A fresh array of `count` zeros. */
export function zeros(dtype: Exclude<PortableType, 'string'>, count: number): Elements {
  const Elements = arrays[dtype]
  return new Elements(new ArrayBuffer(count * Elements.BYTES_PER_ELEMENT))
}

/** Throws `feed` unless the tensor is consistent: right array, as many elements as its shape says. */
export function checkTensor(name: string, tensor: TensorData): void {
  const expected = tensor.shape.reduce((product, dim) => product * dim, 1)
  const got = tensor.data.length
  if (tensor.shape.some(dim => !Number.isInteger(dim) || dim < 0)) {
    throw feedError(name, `a shape of whole numbers`, `[${tensor.shape.join(', ')}]`)
  }
  if (got !== expected) {
    throw feedError(name, `${expected} elements for shape [${tensor.shape.join(', ')}]`, `${got}`)
  }
  if (tensor.dtype === 'string') return
  const array = arrayOf(tensor.dtype)
  if (!array) throw feedError(name, 'an element type that ONNX Runtime for JavaScript takes', tensor.dtype)
  if (!(tensor.data instanceof array)) {
    throw feedError(name, `a ${array.name} for ${tensor.dtype}`, tensor.data.constructor.name)
  }
}

function feedError(name: string, expected: string, got: string): EngineError {
  return new EngineError('feed', `Feed "${name}": expected ${expected}, got ${got}.`, { details: { name } })
}
