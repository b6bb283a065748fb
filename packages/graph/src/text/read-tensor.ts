// Tensor constants in ONNX text: `{1, 2}` behind a type, or a list of pairs that says where the bytes are. The pair
// `"key"` names a tensor that the printer left out; any other pairs are external data as the official syntax has it.
import { byteLengthOf, elementCount, type DataType } from '../dtype.ts'
import { DamsonError } from '../error.ts'
import type { SparseTensor, ValueType } from '../ir.ts'
import type { Tensor } from '../tensor.ts'
import { memoryTensor, stringTensor } from '../tensors/memory-tensor.ts'
import { bytesOf } from './cells.ts'
import type { Reading } from './reading.ts'
import type { Scanner } from './scanner.ts'
import { readType } from './read-type.ts'

type TensorType = { readonly dtype: DataType; readonly shape: readonly number[] }

/** True when the content of a tensor comes next: `{` or a list of pairs. */
export function contentComes(scan: Scanner): boolean {
  return scan.peek() === '{' || pairsCome(scan)
}

/** True for `["…" :`, which no list of strings looks like. */
export function pairsCome(scan: Scanner): boolean {
  const mark = scan.mark()
  const found =
    scan.accept('[') && scan.peek() === '"' && scan.string('a key') !== undefined && scan.accept(':')
  scan.reset(mark)
  return found
}

/** The content of a tensor of a type that was read before. */
export function readTensor(reading: Reading, type: ValueType | undefined): Tensor {
  const { scan } = reading
  if (pairsCome(scan)) return readReference(reading, type)
  const { dtype, shape } = concrete(scan, type)
  scan.expect('{', 'before the elements of a tensor')
  const mark = scan.mark()
  if (dtype === 'string') {
    const strings = scan.list('}', 'behind an element', () => scan.string('a string in quotes'))
    if (strings.length === elementCount(shape)) return stringTensor(shape, strings)
    scan.reset(mark)
    return scan.fail(`${elementCount(shape)} strings (${strings.length} stand here)`)
  }
  const marks: number[] = []
  const literals = scan.list('}', 'behind an element', () => {
    marks.push(scan.mark())
    return scan.literal('a number')
  })
  const data = bytesOf(dtype, shape, literals, (expected, at) => {
    scan.reset(marks[at] ?? mark)
    return scan.fail(expected)
  })
  return memoryTensor(dtype, shape, data)
}

/** `{ float[2] {1, 2}, int64[2] {0, 5} }` behind a sparse type: values, indices. Damson only. */
export function readSparse(reading: Reading, type: ValueType): SparseTensor {
  const { scan } = reading
  const { shape } = concrete(scan, type)
  scan.expect('{', 'before the values and indices of a sparse tensor')
  const values = readTypedTensor(reading)
  scan.expect(',', 'between the values and the indices of a sparse tensor')
  const indices = readTypedTensor(reading)
  scan.expect('}', 'behind the indices of a sparse tensor')
  return { shape, values, indices }
}

/** `float[2] {1, 2}`, with an optional `=` before the content. */
function readTypedTensor(reading: Reading): Tensor {
  const type = readType(reading.scan)
  reading.scan.accept('=')
  return readTensor(reading, type)
}

function concrete(scan: Scanner, type: ValueType | undefined): TensorType {
  if (!type || (type.kind !== 'tensor' && type.kind !== 'sparse-tensor') || !type.dtype) {
    return scan.fail('the type of a tensor before its content')
  }
  const shape = type.shape?.filter(dim => typeof dim === 'number')
  if (!shape || shape.length !== type.shape?.length) {
    return scan.fail('content only behind a type whose dimensions are all numbers')
  }
  return { dtype: type.dtype, shape }
}

function readReference(reading: Reading, type: ValueType | undefined): Tensor {
  const { scan } = reading
  const mark = scan.mark()
  scan.expect('[', 'before the pairs that name a tensor')
  const pairs = new Map(
    scan.list(']', 'behind a pair', () => {
      const key = scan.string('a key in quotes')
      scan.expect(':', 'between a key and its value')
      return [key, scan.string('a value in quotes')]
    }),
  )
  const key = pairs.get('key') ?? [...pairs].map(pair => pair.join('=')).join('&')
  const tensor = reading.tensors.get(key)
  if (!tensor) return absent(key, concrete(scan, type))
  if (type) {
    const { dtype, shape } = concrete(scan, type)
    if (dtype !== tensor.dtype || shape.join() !== tensor.shape.join()) {
      scan.reset(mark)
      scan.fail(`the type of the tensor given for it, ${tensor.dtype}[${tensor.shape.join(',')}]`)
    }
  }
  return tensor
}

/** A tensor of which only the identity is known: the printer left its bytes out. */
function absent(key: string, { dtype, shape }: TensorType): Tensor {
  const message =
    `The bytes of tensor "${key}" are not in the text. ` +
    'Print with { tensors: "all" }, or give parse the tensors: parse(text, { tensors: tensorsOf(graph) }).'
  return {
    dtype,
    shape,
    key,
    byteLength: byteLengthOf(dtype, shape),
    read: () => Promise.reject(new DamsonError('read', message)),
  }
}
