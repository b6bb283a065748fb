// Types of values in ONNX text. `float` alone is a scalar, `float[]` a tensor of unknown rank, `float[2,N,?]` a shape.
import { dataTypeOfText, type DataType } from '../dtype.ts'
import type { Dim, ValueInfo, ValueType } from '../ir.ts'
import type { Scanner } from './scanner.ts'
import { isTypeWord } from './words.ts'

/** True when a type comes next rather than a name. */
export function typeComes(scan: Scanner): boolean {
  const word = scan.peekIdentifier()
  return word !== undefined && isTypeWord(word)
}

export function readType(scan: Scanner): ValueType {
  const mark = scan.mark()
  const word = scan.identifier('a type')
  if (word === 'seq' || word === 'optional') {
    scan.expect('(', `behind "${word}"`)
    const element = readType(scan)
    scan.expect(')', `to close "${word}("`)
    return { kind: word === 'seq' ? 'sequence' : 'optional', element }
  }
  if (word === 'map') {
    scan.expect('(', 'behind "map"')
    const key = readDataType(scan)
    scan.expect(',', 'between the key type and the value type of a map')
    const value = readType(scan)
    scan.expect(')', 'to close "map("')
    return { kind: 'map', key, value }
  }
  if (word === 'sparse_tensor') {
    scan.expect('(', 'behind "sparse_tensor"')
    const inner = readTensorType(scan, scan.identifier('an element type'), 'sparse-tensor')
    scan.expect(')', 'to close "sparse_tensor("')
    return inner
  }
  if (isTypeWord(word)) return readTensorType(scan, word, 'tensor')
  scan.reset(mark)
  return scan.fail(
    'a type (float, int64[2,N], seq(float[]), map(int64, float), optional(…), sparse_tensor(…))',
  )
}

function readDataType(scan: Scanner): DataType {
  const mark = scan.mark()
  const dtype = dataTypeOfText(scan.identifier('an element type'))
  if (dtype) return dtype
  scan.reset(mark)
  return scan.fail('an element type')
}

function readTensorType(scan: Scanner, word: string, kind: 'tensor' | 'sparse-tensor'): ValueType {
  const dtype = dataTypeOfText(word)
  const element = dtype ? { kind, dtype } : { kind }
  if (!scan.accept('[')) return { ...element, shape: [] }
  if (scan.accept(']')) return element
  return { ...element, shape: scan.list(']', 'behind the dimensions of a shape', () => readDim(scan)) }
}

function readDim(scan: Scanner): Dim {
  if (scan.accept('?')) return null
  return scan.optionalName() ?? Number(scan.integer('a dimension (a number, a name or "?")'))
}

/** `float[2] x`, or a name without a type. */
export function readValueInfo(scan: Scanner, what: string): ValueInfo {
  const type = typeComes(scan) ? readType(scan) : undefined
  const name = scan.name(what)
  return type ? { name, type } : { name }
}
