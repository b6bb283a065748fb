// Attributes of nodes: `name = value` or `name: type = value`. Without a type the value says it, as in the official
// syntax: `1` is an int, `1.0` a float, `float[2]` a type, `float[2] {1,2}` a tensor, `g (…) => (…) {…}` a graph.
import type { Attribute, AttributeKind } from '../ir.ts'
import { floatOf } from './cells.ts'
import { contentComes, pairsCome, readSparse, readTensor } from './read-tensor.ts'
import { readType, typeComes } from './read-type.ts'
import type { Reading } from './reading.ts'
import type { Scanner } from './scanner.ts'
import { attributeKindOf, attributeWords } from './words.ts'

type Single = Extract<
  Attribute,
  { type: 'float' | 'int' | 'string' | 'tensor' | 'sparse-tensor' | 'graph' | 'type' }
>

const listKinds: Readonly<Record<Single['type'], AttributeKind>> = {
  float: 'floats',
  int: 'ints',
  string: 'strings',
  tensor: 'tensors',
  'sparse-tensor': 'sparse-tensors',
  graph: 'graphs',
  type: 'types',
}

/** `<a = 1, b: ints = []>`, or nothing. */
export function readAttributes(reading: Reading): Map<string, Attribute> {
  const attributes = new Map<string, Attribute>()
  const { scan } = reading
  if (!scan.accept('<')) return attributes
  for (const [name, attribute] of scan.list('>', 'behind an attribute', () => readAttribute(reading))) {
    if (attributes.has(name)) scan.fail(`attribute "${name}" once`)
    attributes.set(name, attribute)
  }
  return attributes
}

function readAttribute(reading: Reading): [string, Attribute] {
  const name = reading.scan.name('the name of an attribute')
  return [name, readAnnotated(reading)]
}

/** From the colon or equals sign on. */
export function readAnnotated(reading: Reading): Attribute {
  const { scan } = reading
  const kind = scan.accept(':') ? readKind(scan) : undefined
  scan.expect('=', 'or ":" and a type behind the name of an attribute')
  return readValue(reading, kind)
}

function readKind(scan: Scanner): AttributeKind {
  const mark = scan.mark()
  const kind = attributeKindOf(scan.peekIdentifier() ?? '')
  scan.identifier('the type of an attribute')
  if (kind) return kind
  scan.reset(mark)
  return scan.fail(`the type of an attribute (${Object.values(attributeWords).join(', ')})`)
}

function readValue(reading: Reading, kind: AttributeKind | undefined): Attribute {
  const { scan } = reading
  const mark = scan.mark()
  const isList = kind === undefined ? scan.peek() === '[' && !pairsCome(scan) : kind.endsWith('s')
  if (scan.accept('@')) {
    const value = scan.name('the name of an attribute of the function')
    if (kind !== undefined) return { type: 'reference', of: kind, value }
    scan.reset(mark)
    return scan.fail('the type of a referenced attribute, as in "axis: int = @axis"')
  }
  if (!isList) return readSingle(reading, kind)
  scan.expect('[', 'before a list of values')
  const single = singles.find(each => listKinds[each] === kind)
  const items = scan.list(']', 'behind a value of a list', () => readSingle(reading, single))
  const of = single ?? items[0]?.type
  const list = of && gather(of, items)
  if (list) return list
  scan.reset(mark)
  return scan.fail(
    items.length === 0 ? 'a type for an empty list, as in "axes: ints = []"' : 'values of one type',
  )
}

const singles: readonly Single['type'][] = [
  'float',
  'int',
  'string',
  'tensor',
  'sparse-tensor',
  'graph',
  'type',
]

/** The list attribute of single values, all of one type; undefined when they are not. */
function gather(type: Single['type'], items: readonly Single[]): Attribute | undefined {
  if (items.some(item => item.type !== type)) return undefined
  switch (type) {
    case 'float':
      return { type: 'floats', value: items.flatMap(item => (item.type === 'float' ? [item.value] : [])) }
    case 'int':
      return { type: 'ints', value: items.flatMap(item => (item.type === 'int' ? [item.value] : [])) }
    case 'string':
      return { type: 'strings', value: items.flatMap(item => (item.type === 'string' ? [item.value] : [])) }
    case 'tensor':
      return { type: 'tensors', value: items.flatMap(item => (item.type === 'tensor' ? [item.value] : [])) }
    case 'sparse-tensor':
      return {
        type: 'sparse-tensors',
        value: items.flatMap(item => (item.type === 'sparse-tensor' ? [item.value] : [])),
      }
    case 'graph':
      return { type: 'graphs', value: items.flatMap(item => (item.type === 'graph' ? [item.value] : [])) }
    case 'type':
      return { type: 'types', value: items.flatMap(item => (item.type === 'type' ? [item.value] : [])) }
  }
}

function readSingle(reading: Reading, kind: AttributeKind | undefined): Single {
  const { scan } = reading
  const mark = scan.mark()
  const value = readAny(reading, kind)
  if (kind === undefined || value.type === kind) return value
  if (kind === 'float' && value.type === 'int') return { type: 'float', value: Number(value.value) }
  scan.reset(mark)
  return scan.fail(`a value of type ${kind}`)
}

function readAny(reading: Reading, kind: AttributeKind | undefined): Single {
  const { scan } = reading
  if (pairsCome(scan)) return { type: 'tensor', value: readTensor(reading, undefined) }
  if (kind === 'graph') return { type: 'graph', value: reading.body(reading) }
  if (typeComes(scan)) return readTyped(reading)
  if (scan.peekIdentifier() !== undefined && !scan.peekFloatWord()) {
    return { type: 'graph', value: reading.body(reading) }
  }
  if (scan.accept('0x')) return { type: 'string', value: readHex(reading) }
  const literal = scan.literal('a value: a number, a string, a tensor, a type or a graph')
  if (literal.kind === 'string') return { type: 'string', value: literal.text }
  if (literal.kind === 'int') return { type: 'int', value: BigInt(literal.text) }
  return { type: 'float', value: Math.fround(floatOf(literal.text)) }
}

/** A type alone, or a tensor when content follows. A name of the tensor is allowed and means nothing. */
function readTyped(reading: Reading): Single {
  const { scan } = reading
  const type = readType(scan)
  if (scan.peekIdentifier() !== undefined) scan.identifier('a name')
  const content = scan.accept('=') || contentComes(scan)
  if (!content) return { type: 'type', value: type }
  if (type.kind === 'sparse-tensor') return { type: 'sparse-tensor', value: readSparse(reading, type) }
  return { type: 'tensor', value: readTensor(reading, type) }
}

/** Bytes that are no UTF-8, as hexadecimal digits in quotes. Damson only. */
function readHex({ scan }: Reading): Uint8Array {
  const digits = scan.string('hexadecimal digits in quotes')
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) scan.fail('pairs of hexadecimal digits before this')
  return Uint8Array.from(digits.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
}
