// Model-local functions in ONNX text: `<domain: …, opset_import: …> name <a, b: int = 3> (x) => (y) <types> { nodes }`.
import type { Attribute, FunctionDefinition, ValueInfo } from '../ir.ts'
import { takeNote } from './notes.ts'
import { readAnnotated } from './read-attribute.ts'
import { readNodes, readNotedInfo } from './read-body.ts'
import { readEntries } from './read-header.ts'
import type { Reading } from './reading.ts'

export function readFunction(reading: Reading): FunctionDefinition {
  const { scan } = reading
  const note = takeNote(scan)
  const { domain, overload, opsets, doc } = readEntries(scan, [
    'domain',
    'overload',
    'opset_import',
    'doc_string',
  ])
  const name = scan.name('the name of a function, or the end of the text')
  const { attributes, defaults } = readDeclarations(reading)
  const types = new Map<string, ValueInfo>()
  const inputs = readParameters(reading, 'input', types)
  scan.expect('=>', 'between inputs and outputs of a function')
  const outputs = readParameters(reading, 'output', types)
  if (scan.accept('<')) {
    scan.list('>', 'behind a value', () => {
      const info = readNotedInfo(reading, 'a value: a type and a name')
      types.set(info.name, info)
    })
  }
  return {
    name,
    domain: domain ?? '',
    inputs,
    outputs,
    attributes,
    defaults,
    nodes: readNodes(reading),
    types,
    opsets: opsets ?? new Map(),
    ...note.notes,
    ...(overload === undefined ? {} : { overload }),
    ...(doc === undefined ? {} : { doc }),
  }
}

/** `(float[2] x, y)`: names, whose types go to the others. */
function readParameters(
  reading: Reading,
  what: 'input' | 'output',
  types: Map<string, ValueInfo>,
): readonly string[] {
  const { scan } = reading
  scan.expect('(', `before the ${what}s of a function`)
  return scan.list(')', `behind an ${what}`, () => {
    const info = readNotedInfo(reading, `the name of an ${what}`)
    if (info.type) types.set(info.name, info)
    return info.name
  })
}

/** `<a, b: int = 3>`: attributes without default, and those with one. */
function readDeclarations(reading: Reading): Pick<FunctionDefinition, 'attributes' | 'defaults'> {
  const { scan } = reading
  const attributes: string[] = []
  const defaults = new Map<string, Attribute>()
  if (scan.accept('<')) {
    scan.list('>', 'behind an attribute', () => {
      const name = scan.name('the name of an attribute')
      if (scan.peek() === ':' || scan.peek() === '=') defaults.set(name, readAnnotated(reading))
      else attributes.push(name)
    })
  }
  return { attributes, defaults }
}
