// Golden arrays in NumPy's .npy format (version 1 and 2), the one format that every reference tool writes.
import type { Elements, TensorData } from '@damson/core'
import { DamsonError, type DataType } from '@damson/graph'

type Reader = readonly [Exclude<DataType, 'string'>, (buffer: ArrayBuffer) => Elements]

const readers: Readonly<Record<string, Reader>> = {
  '<f4': ['float32', buffer => new Float32Array(buffer)],
  '<f8': ['float64', buffer => new Float64Array(buffer)],
  '<f2': ['float16', buffer => new Uint16Array(buffer)],
  '|i1': ['int8', buffer => new Int8Array(buffer)],
  '|u1': ['uint8', buffer => new Uint8Array(buffer)],
  '|b1': ['bool', buffer => new Uint8Array(buffer)],
  '<i2': ['int16', buffer => new Int16Array(buffer)],
  '<u2': ['uint16', buffer => new Uint16Array(buffer)],
  '<i4': ['int32', buffer => new Int32Array(buffer)],
  '<u4': ['uint32', buffer => new Uint32Array(buffer)],
  '<i8': ['int64', buffer => new BigInt64Array(buffer)],
  '<u8': ['uint64', buffer => new BigUint64Array(buffer)],
}

/** Reads a .npy array. Throws `invalid-npy` for Fortran order, other types and broken headers. */
export function readNpy(bytes: Uint8Array): TensorData {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 12 || bytes[0] !== 0x93 || view.getUint32(1) !== 0x4e554d50)
    throw invalid('the magic string \\x93NUMPY')
  const wide = bytes[6] !== 1
  const start = wide ? 12 : 10
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true))
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, end))
  const descr = /'descr': '([^']+)'/.exec(header)?.[1] ?? ''
  const reader = readers[descr]
  if (!reader) throw invalid(`one of the types ${Object.keys(readers).join(' ')}, got "${descr}"`)
  if (!header.includes("'fortran_order': False")) throw invalid('C order')
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .filter(text => text.trim() !== '')
    .map(Number)
  const [dtype, read] = reader
  const width = Number(descr.slice(2))
  if ((bytes.length - end) % width !== 0)
    throw invalid(`elements of ${width} bytes, got ${bytes.length - end} bytes`)
  // A copy: the slice of a Buffer would be a view of everything beside it.
  const data = read(new Uint8Array(bytes.subarray(end)).buffer)
  const count = shape.reduce((a, b) => a * b, 1)
  if (data.length !== count)
    throw invalid(`${count} elements for shape [${shape.join()}], got ${data.length}`)
  return { dtype, shape, data }
}

function invalid(expected: string): DamsonError {
  return new DamsonError('invalid-npy', `Not a .npy array that can be read: expected ${expected}.`)
}
