// The Model value: a record with four ways to make a changed copy. Parts are shared between copies.
import { DamsonError, type Graph } from '@damson/graph'
import type { Model, Part, Port } from './model.ts'

/** What a model is made of; `createModel` adds the methods. */
export type ModelFields = Omit<Model, 'part' | 'with' | 'withGraph' | 'withPorts'>

/** A model value from its fields. */
export function createModel(fields: ModelFields): Model {
  const model: Model = {
    ...fields,
    part: name => partOf(fields.parts, name),
    with: changes => createModel({ ...fields, ...changes }),
    withGraph: (name, graph) => createModel({ ...fields, parts: withGraph(fields.parts, name, graph) }),
    withPorts: ports => createModel({ ...fields, ports: mergePorts(fields.ports, ports) }),
  }
  return Object.freeze(model)
}

function partOf(parts: ReadonlyMap<string, Part>, name: string): Part {
  const part = parts.get(name)
  if (part) return part
  throw new DamsonError(
    'unknown-part',
    `Expected one of the parts ${[...parts.keys()].join(', ')}, got "${name}".`,
    { details: { part: name, parts: [...parts.keys()] } },
  )
}

function withGraph(parts: ReadonlyMap<string, Part>, name: string, graph: Graph): ReadonlyMap<string, Part> {
  const part = partOf(parts, name)
  return part.graph === graph ? parts : new Map(parts).set(name, { ...part, graph })
}

/** Ports are identified by part, direction and name; a later declaration replaces an earlier one. */
function mergePorts(before: readonly Port[], added: readonly Port[]): readonly Port[] {
  const key = (port: Port): string => `${port.part}\n${port.direction}\n${port.name}`
  return [...new Map([...before, ...added].map(port => [key(port), port])).values()]
}

/**
 * The model with copies of a part beside it, under names of their own: to be smashed each in its own way, and saved with
 * `weights: 'shared'`. Throws `part-exists` for a name that is taken.
 */
export function withCopies(model: Model, part: string, names: readonly string[]): Model {
  const { file: _own, ...copied } = model.part(part)
  const folder = copied.path.slice(0, copied.path.lastIndexOf('/') + 1)
  const parts = new Map(model.parts)
  for (const name of names) {
    if (parts.has(name)) {
      throw new DamsonError('part-exists', `Expected a new name for a copy of "${part}", got "${name}".`, {
        details: { part, name },
      })
    }
    parts.set(name, { ...copied, name, path: `${folder}${name}.onnx` })
  }
  return model.with({ parts })
}

/** A model of one part around a graph in memory: what tests and single calls need. */
export function modelOf(
  graph: Graph,
  options: { readonly name?: string; readonly role?: Part['role'] } = {},
): Model {
  const name = options.name ?? 'model'
  const part: Part = { name, role: options.role ?? 'main', graph, path: `${name}.onnx` }
  return createModel({
    parts: new Map([[name, part]]),
    layout: 'file',
    files: new Map(),
    applied: [],
    ports: [],
    replays: [],
    identity: { name: `${name}.onnx` },
  })
}
