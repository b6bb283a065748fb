// The use-def index of a body: who makes a name, who uses it, what comes from outside. Built once per body, on demand.
import type { Body, Node, Use, ValueInfo } from './ir.ts'

export interface UseIndex {
  readonly producers: ReadonlyMap<string, Node>
  readonly users: ReadonlyMap<string, readonly Use[]>
  readonly captures: ReadonlySet<string>
  readonly inputs: ReadonlySet<string>
  /** Names that more than one node has. */
  readonly repeated: ReadonlySet<string>
  readonly declared: ReadonlyMap<string, ValueInfo>
}

/** Bodies nested directly in a node's attributes, with the attribute's name and position. */
export function nestedBodies(
  node: Node,
): readonly { readonly attribute: string; readonly index: number; readonly body: Body }[] {
  const found: { attribute: string; index: number; body: Body }[] = []
  for (const [attribute, { type, value }] of attributesOf(node)) {
    if (type === 'graph') found.push({ attribute, index: 0, body: value })
    else if (type === 'graphs') value.forEach((body, index) => found.push({ attribute, index, body }))
  }
  return found
}

function* attributesOf(
  node: Node,
): Iterable<readonly [string, { type: 'graph'; value: Body } | { type: 'graphs'; value: readonly Body[] }]> {
  for (const [name, attribute] of node.attributes) {
    if (attribute.type === 'graph' || attribute.type === 'graphs') yield [name, attribute]
  }
}

/** Builds the index of one body. Linear in nodes; nested bodies contribute their own captures. */
export function indexUses(body: Body): UseIndex {
  const producers = new Map<string, Node>()
  const users = new Map<string, Use[]>()
  const declared = new Map([...body.outputs, ...body.inputs].map(info => [info.name, info]))
  const note = (name: string, use: Use): void => {
    const list = users.get(name)
    if (list) list.push(use)
    else users.set(name, [use])
  }
  for (const node of body.nodes) {
    for (const output of node.outputs) if (output !== '') producers.set(output, node)
    node.inputs.forEach((name, input) => name !== '' && note(name, { node, input }))
    const captured = new Set(nestedBodies(node).flatMap(nested => [...nested.body.captures()]))
    for (const name of captured) note(name, { node })
  }
  const named = new Set<string>()
  const repeated = new Set<string>()
  for (const { name } of body.nodes) (named.has(name) ? repeated : named).add(name)
  const inputs = new Set(body.inputs.map(input => input.name))
  const defines = (name: string): boolean =>
    producers.has(name) ||
    body.initializers.has(name) ||
    body.sparseInitializers.has(name) ||
    inputs.has(name)
  const outside = [...users.keys(), ...body.outputs.map(output => output.name)].filter(name => !defines(name))
  return { producers, users, captures: new Set(outside), inputs, repeated, declared }
}
