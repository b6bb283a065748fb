// Graphs in ONNX text: `name (inputs) => (outputs) <initializers and value infos> { nodes }`. The name may be missing,
// and so may the types of inputs and outputs.
import { Body, type Initializer, type Node, type SparseTensor, type ValueInfo } from '../ir.ts'
import { notGiven } from './given-origins.ts'
import { takeNote } from './notes.ts'
import { readAttributes } from './read-attribute.ts'
import { readSparse, readTensor } from './read-tensor.ts'
import { readValueInfo } from './read-type.ts'
import type { Reading } from './reading.ts'

/** Initializers and inner types as they are met. */
interface Found {
  readonly initializers: Map<string, Initializer>
  readonly sparseInitializers: Map<string, SparseTensor>
  readonly types: Map<string, ValueInfo>
}

export function readBody(reading: Reading): Body {
  const { scan } = reading
  const note = takeNote(scan)
  const name = scan.optionalName() ?? 'graph'
  const found: Found = { initializers: new Map(), sparseInitializers: new Map(), types: new Map() }
  scan.expect('(', 'before the inputs of a graph')
  const inputs = scan.list(')', 'behind an input', () => readEntry(reading, found).info)
  scan.expect('=>', 'between inputs and outputs of a graph')
  scan.expect('(', 'before the outputs of a graph')
  const outputs = scan.list(')', 'behind an output', () => readNotedInfo(reading, 'the name of an output'))
  if (scan.accept('<')) {
    scan.list('>', 'behind an initializer or value', () => {
      const { info, isConstant } = readEntry(reading, found)
      if (!isConstant) found.types.set(info.name, info)
    })
  }
  const nodes = readNodes(reading)
  return new Body({ name, inputs, outputs, nodes, ...found, ...note.notes })
}

/** A value info, with its content when there is one. */
function readEntry(
  reading: Reading,
  found: Found,
): { readonly info: ValueInfo; readonly isConstant: boolean } {
  const { scan } = reading
  const note = takeNote(scan)
  const read = readValueInfo(scan, 'a value: a type and a name')
  if (!scan.accept('=')) return { info: { ...read, ...note.notes }, isConstant: false }
  const { name, type } = read
  if (found.initializers.has(name) || found.sparseInitializers.has(name)) {
    scan.fail(`one content for "${name}", not two`)
  }
  if (type?.kind === 'sparse-tensor') found.sparseInitializers.set(name, readSparse(reading, type))
  else {
    const tensor = readTensor(reading, type)
    found.initializers.set(name, { name, tensor, origins: note.origins ?? notGiven, ...note.notes })
  }
  return { info: read, isConstant: true }
}

export function readNotedInfo(reading: Reading, what: string): ValueInfo {
  const note = takeNote(reading.scan)
  return { ...readValueInfo(reading.scan, what), ...note.notes }
}

/** `{ y = Add(a, b) … }` */
export function readNodes(reading: Reading): readonly Node[] {
  const { scan } = reading
  const nodes: Node[] = []
  scan.expect('{', 'before the nodes of a graph')
  while (!scan.accept('}')) nodes.push(readNode(reading))
  return nodes
}

/** `[name] y, z = domain.Op:overload <attributes> (a, b)`; attributes may stand behind the inputs. */
function readNode(reading: Reading): Node {
  const { scan } = reading
  const note = takeNote(scan)
  let name = ''
  if (scan.accept('[')) {
    name = scan.optionalName() ?? ''
    scan.expect(']', 'behind the name of a node')
  }
  const outputs = scan.peek() === '=' ? [] : readNames(reading, '=', 'an output of a node, or "}"')
  scan.expect('=', 'between the outputs of a node and its operator')
  const called = readOperator(reading)
  const before = readAttributes(reading)
  scan.expect('(', 'before the inputs of a node')
  const inputs = scan.peek() === ')' ? [] : readNames(reading, ')', 'an input of a node')
  scan.expect(')', 'or "," behind an input of a node')
  const attributes = before.size > 0 ? before : readAttributes(reading)
  return { ...called, name, inputs, outputs, attributes, ...note.notes, origins: note.origins ?? notGiven }
}

/** Names with commas between them; nothing before a comma, or `""`, is an absent one. A last comma may be left over. */
function readNames(reading: Reading, close: string, what: string): string[] {
  const { scan } = reading
  const names: string[] = []
  do {
    const name = scan.optionalName()
    if (name === undefined && scan.peek() === close && names.length > 0) break
    if (name === undefined && scan.peek() !== ',') scan.fail(what)
    names.push(name ?? '')
  } while (scan.accept(','))
  return names
}

function readOperator({ scan }: Reading): Pick<Node, 'op' | 'domain' | 'overload'> {
  const parts = [scan.name('an operator')]
  while (scan.accept('.')) parts.push(scan.name('an operator behind its domain'))
  const op = parts.pop() ?? ''
  const domain = parts.join('.')
  const overload = scan.accept(':') ? scan.name('the overload of a function') : undefined
  return {
    op,
    domain: domain === 'ai.onnx' ? '' : domain,
    ...(overload === undefined ? {} : { overload }),
  }
}
