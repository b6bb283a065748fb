// The words of ONNX text: names and when they need quotes, attribute types, type constructors.
import type { AttributeKind } from '../ir.ts'
import { dataTypes } from '../dtype.ts'

/** The spelling of an attribute's type behind its name, `axes: ints = [1]`. */
export const attributeWords: Readonly<Record<AttributeKind, string>> = {
  float: 'float',
  floats: 'floats',
  int: 'int',
  ints: 'ints',
  string: 'string',
  strings: 'strings',
  tensor: 'tensor',
  tensors: 'tensors',
  'sparse-tensor': 'sparse_tensor',
  'sparse-tensors': 'sparse_tensors',
  graph: 'graph',
  graphs: 'graphs',
  type: 'type_proto',
  types: 'type_protos',
}

const kinds: readonly AttributeKind[] = [
  'float', 'floats', 'int', 'ints', 'string', 'strings', 'tensor', 'tensors', 'sparse-tensor', 'sparse-tensors',
  'graph', 'graphs', 'type', 'types',
] // prettier-ignore

/** The attribute kind of a word; undefined when there is none of that name. */
export function attributeKindOf(word: string): AttributeKind | undefined {
  return kinds.find(kind => attributeWords[kind] === word)
}

/** Words that open a type: the element types, and `undefined` for a tensor whose element type is not known. */
export function isTypeWord(word: string): boolean {
  return typeWords.has(word)
}

const typeWords: ReadonlySet<string> = new Set([
  ...Object.values(dataTypes).map(({ text }) => text),
  ...['seq', 'map', 'optional', 'sparse_tensor', 'undefined'],
])
const plain = /^[A-Za-z_][A-Za-z0-9_]*$/
const floatWord = /^(?:nan|inf|infinity)$/i

/** A name as the text has it: in quotes unless it is an identifier that cannot be taken for a type or a number. */
export function nameText(name: string): string {
  return plain.test(name) && !isReserved(name) ? name : quote(name)
}

// `opaque` opens a type in the official syntax, and a graph attribute may start with its graph's name.
function isReserved(word: string): boolean {
  return isTypeWord(word) || word === 'opaque' || floatWord.test(word)
}

/** A string in quotes; only quotes and backslashes are escaped, line breaks stand as they are. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** `domain.Op:overload`. A domain or operator that is not made of identifiers stands in quotes (damson only). */
export function operatorText(node: {
  readonly op: string
  readonly domain: string
  readonly overload?: string
}): string {
  const domain = node.domain === '' ? '' : `${dottedText(node.domain)}.`
  const overload = node.overload ? `:${bareOrQuoted(node.overload)}` : ''
  return `${domain}${bareOrQuoted(node.op)}${overload}`
}

function dottedText(domain: string): string {
  return domain.split('.').every(part => plain.test(part)) ? domain : quote(domain)
}

/** For places where no type can stand, so no identifier is ambiguous. */
export function bareOrQuoted(name: string): string {
  return plain.test(name) ? name : quote(name)
}
