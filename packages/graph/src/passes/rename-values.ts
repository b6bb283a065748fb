// Renames values throughout a graph: definitions, uses, captures, graph inputs and outputs.
import { DamsonError } from '../error.ts'
import type { Body, Graph, Node, ValueInfo } from '../ir.ts'
import { mapBodies, scopes } from '../scope.ts'

/**
 * The graph with values renamed, in all bodies; names that are not in the map stay. Graph inputs and outputs are renamed
 * too when they are in it. Throws `name-clash` when two values would get one name.
 */
export function renameValues(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  refuseClashes(graph, names)
  const rename = (name: string): string => names.get(name) ?? name
  return mapBodies(graph, body => renamed(body, rename))
}

function renamed(body: Body, rename: (name: string) => string): Body {
  const info = (each: ValueInfo): ValueInfo => ({ ...each, name: rename(each.name) })
  const keyed = <T extends { readonly name: string }>(all: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map([...all].map(([name, each]) => [rename(name), { ...each, name: rename(each.name) }]))
  const node = (each: Node): Node => ({
    ...each,
    inputs: each.inputs.map(rename),
    outputs: each.outputs.map(rename),
  })
  return body.with({
    inputs: body.inputs.map(info),
    outputs: body.outputs.map(info),
    initializers: keyed(body.initializers),
    sparseInitializers: new Map([...body.sparseInitializers].map(([name, each]) => [rename(name), each])),
    nodes: body.nodes.map(node),
    types: keyed(body.types),
  })
}

function refuseClashes(graph: Graph, names: ReadonlyMap<string, string>): void {
  const defined = new Set<string>()
  for (const { body } of scopes(graph)) {
    for (const { name } of body.inputs) defined.add(name)
    for (const name of [...body.initializers.keys(), ...body.sparseInitializers.keys()]) defined.add(name)
    for (const name of body.nodes.flatMap(node => node.outputs)) if (name !== '') defined.add(name)
  }
  const owners = new Map<string, string>()
  for (const name of defined) {
    const next = names.get(name) ?? name
    const owner = owners.get(next)
    if (owner !== undefined || next === '')
      throw new DamsonError(
        'name-clash',
        `Expected every value to keep a name of its own, but "${owner ?? name}" and "${name}" would both be "${next}"; choose another name.`,
      )
    owners.set(next, name)
  }
}
