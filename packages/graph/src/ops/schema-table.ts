// Reads the generated schema text; its grammar stands in tooling/schemas/src/schema-table.ts.
import type { Attribute, AttributeKind } from '../ir.ts'
import type { AttributeSchema, Parameter, Schema } from './schema.ts'

/** One line of the table, not yet parsed. */
export interface SchemaLine {
  readonly op: string
  readonly since: number
  readonly text: string
  readonly typeSets: readonly string[]
  /** Which of the tables of the domain it stands in. */
  readonly source: number
}

export type OperatorTable = ReadonlyMap<string, readonly SchemaLine[]>

/** Lines by operator, over the tables of one domain. */
export function indexTable(tables: readonly (readonly [schemas: string, typeSets: string])[]): OperatorTable {
  const table = new Map<string, SchemaLine[]>()
  tables.forEach(([schemas, sets], source) => {
    const typeSets = sets.split('\n')
    for (const text of schemas.split('\n')) {
      const [op = '', since = ''] = text.slice(0, text.indexOf('|')).split(' ')
      const line = { op, since: Number.parseInt(since, 10), text, typeSets, source }
      const known = table.get(op)
      if (known) known.push(line)
      else table.set(op, [line])
    }
  })
  return table
}

export function parseSchema(line: SchemaLine, domain: string, runtimeOnly: boolean): Schema {
  const [head = '', inputs = '', outputs = '', attributes = '', types = ''] = line.text.split('|')
  const taken = parseParameters(inputs)
  const made = parseParameters(outputs)
  return {
    op: line.op,
    domain,
    since: line.since,
    deprecated: head.endsWith('!'),
    minInputs: taken.least,
    maxInputs: taken.most,
    minOutputs: made.least,
    maxOutputs: made.most,
    inputs: taken.parameters,
    outputs: made.parameters,
    attributes: new Map(
      items(attributes)
        .map(parseAttribute)
        .map(each => [each.name, each]),
    ),
    types: new Map(items(types).map(text => parseConstraint(text, line.typeSets))),
    runtimeOnly,
  }
}

function items(text: string): readonly string[] {
  return text === '' ? [] : text.split(',')
}

function parseParameters(text: string): { parameters: readonly Parameter[]; least: number; most: number } {
  const given = /^(\d+)>(.*)$/.exec(text)
  let least = 0
  let most = 0
  const parameters = items(given?.[2] ?? text).map((item, at): Parameter => {
    const [, name = '', mark = '', count = '1', mixed = '', type = ''] =
      /^(\w+)([?*]?)(\d*)(~?):(.*)$/.exec(item) ?? []
    const option = mark === '?' ? 'optional' : mark === '*' ? 'variadic' : 'single'
    most = option === 'variadic' ? Infinity : at + 1
    if (option === 'single') least = at + 1
    if (option === 'variadic' && Number(count) > 0) least = at + Number(count)
    return { name, type: type.replace(/^@(.*)$/, 'tensor($1)'), option, heterogeneous: mixed === '~' }
  })
  return { parameters, least: given ? Number(given[1]) : least, most }
}

const kinds: Readonly<Record<string, AttributeKind>> = {
  f: 'float', F: 'floats', i: 'int', I: 'ints', s: 'string', S: 'strings', t: 'tensor', T: 'tensors', z: 'sparse-tensor',
  g: 'graph', G: 'graphs', p: 'type',
} // prettier-ignore

function parseAttribute(text: string): AttributeSchema {
  const [, name = '', letter = '', required = '', value] = /^(\w+) (\w)(!?)(?:=(.*))?$/.exec(text) ?? []
  const type = kinds[letter] ?? 'string'
  const attribute = value === undefined ? undefined : parseDefault(type, value)
  return { name, type, required: required === '!', ...(attribute ? { default: attribute } : {}) }
}

function parseDefault(type: AttributeKind, text: string): Attribute | undefined {
  const list = text.split('+')
  if (type === 'float') return { type, value: Math.fround(Number(text)) }
  if (type === 'floats') return { type, value: list.map(each => Math.fround(Number(each))) }
  if (type === 'int') return { type, value: BigInt(text) }
  if (type === 'ints') return { type, value: list.map(BigInt) }
  if (type === 'string') return { type, value: text }
  return type === 'strings' ? { type, value: list } : undefined
}

function parseConstraint(text: string, typeSets: readonly string[]): [string, readonly string[]] {
  const [name = '', index = ''] = text.split('=')
  return [name, parseTypeSet(typeSets[Number(index)])]
}

/** `float s:int64 o:s:float` to `tensor(float)`, `seq(tensor(int64))`, `optional(seq(tensor(float)))`. */
export function parseTypeSet(line: string | undefined): readonly string[] {
  return line === undefined || line === '' ? [] : line.split(' ').map(longType)
}

function longType(text: string): string {
  if (text.startsWith('s:')) return `seq(${longType(text.slice(2))})`
  if (text.startsWith('o:')) return `optional(${longType(text.slice(2))})`
  return text.startsWith('=') ? text.slice(1) : `tensor(${text})`
}
