// Conversion between plain tensor data and ONNX Runtime's tensors. float16 travels as 16-bit patterns, bool as bytes.
import type { Elements, TensorData } from '@damson/core'
import { EngineError } from '../engine/engine-error.ts'
import { arrayOf, checkTensor, isPortable } from './element-types.ts'
import type { OrtModule, OrtTensor } from './ort-module.ts'

/** A tensor to feed. The data is not copied, unless it is shared memory, which ONNX Runtime refuses. */
export function toOrtTensor(ort: OrtModule, name: string, tensor: TensorData): OrtTensor {
  checkTensor(name, tensor)
  if (tensor.dtype === 'string') return new ort.Tensor('string', [...tensor.data], tensor.shape)
  const data = unshared(tensor.data)
  const made = new ort.Tensor(tensor.dtype, data, tensor.shape)
  if (tensor.dtype === 'float16') keepHalfBits(made, data)
  return made
}

/** True for tensors that stay on a device. */
export function isOnDevice({ location = 'cpu' }: OrtTensor): boolean {
  return location !== 'cpu' && location !== 'cpu-pinned' && location !== 'none'
}

/** The elements of an output, wherever it is. Throws `output-type` for what does not cross. */
export async function fetchOrtTensor(name: string, tensor: OrtTensor): Promise<TensorData> {
  if (!isOnDevice(tensor)) return fromOrtTensor(name, tensor)
  const { type, dims } = tensor
  return fromOrtTensor(name, { type, dims, data: await tensor.getData?.() })
}

/** The elements of an output on the CPU, as ONNX Runtime allocated them. Throws `output-type` for what does not cross. */
export function fromOrtTensor(name: string, tensor: OrtTensor): TensorData {
  const { type, dims, data } = tensor
  const shape = dims.map(Number)
  if (type === 'string' && Array.isArray(data)) return { dtype: 'string', shape, data: data.map(String) }
  const array = arrayOf(type)
  if (array && isPortable(type) && type !== 'string' && ArrayBuffer.isView(data)) {
    return { dtype: type, shape, data: data instanceof array ? data : viewAs(data, array) }
  }
  throw new EngineError(
    'output-type',
    `Output "${name}": expected a tensor of a type that JavaScript can read, got ${type}. Add a Cast before it.`,
  )
}

/**
 * Where `Float16Array` exists (Node 24, browsers) ONNX Runtime's tensor turns 16-bit patterns into one, and its native
 * part then fails ("not enough space: expected 8, got 0"). A view of the same bytes as Uint16Array works everywhere.
 * It leans on an internal field; `isolated-run.dist.test.ts`, run on Node 24, tells when that changes.
 */
function keepHalfBits(made: OrtTensor, data: Elements): void {
  if (made.data instanceof Uint16Array) return
  if ('cpuData' in made) Reflect.set(made, 'cpuData', data)
}

function unshared(data: Elements): Elements {
  return typeof SharedArrayBuffer !== 'undefined' && data.buffer instanceof SharedArrayBuffer
    ? data.slice()
    : data
}

function viewAs(data: ArrayBufferView, array: NonNullable<ReturnType<typeof arrayOf>>): Elements {
  const owned = new Uint8Array(data.byteLength)
  owned.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return new array(owned.buffer)
}
