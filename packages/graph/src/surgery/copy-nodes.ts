// Copies of nodes under other names, for insertion into another body. Renaming follows scopes: every name that is defined
// inside, at any depth, gets a new one, so that nothing in the copy shadows anything around its new place.
import type { Attribute, Body, Initializer, Node, ValueInfo } from '../ir.ts'
import { withNestedBodies } from '../scope.ts'
import { nestedBodies } from '../uses.ts'

export interface CopyNames {
  /** A name that is free in the whole target, from a hint. */
  readonly fresh: (hint: string) => string
  /** Names of values that are there already: what is read under the key is read under the value. */
  readonly bound: ReadonlyMap<string, string>
  /** Changes a copied node further (origins, attributes); runs before its nested bodies are copied. */
  readonly change?: (node: Node) => Node
}

export interface Copy {
  readonly nodes: readonly Node[]
  /** The new name of every name that the nodes define, and the bound ones. */
  readonly names: ReadonlyMap<string, string>
}

/** The nodes with new names for all that they define. Names neither bound nor defined here stay: they are captured. */
export function copyNodes(nodes: readonly Node[], { fresh, bound, change = node => node }: CopyNames): Copy {
  const names = new Map(bound)
  for (const name of nodes.flatMap(node => node.outputs)) {
    if (name !== '' && !names.has(name)) names.set(name, fresh(name))
  }
  const rename = (name: string): string => names.get(name) ?? name
  return { nodes: nodes.map(node => copyNode(change(node), { fresh, change, rename })), names }
}

interface Copying {
  readonly fresh: (hint: string) => string
  readonly change: (node: Node) => Node
  readonly rename: (name: string) => string
}

function copyNode(node: Node, copying: Copying): Node {
  const bodies = nestedBodies(node).map(({ body }) => copyBody(body, copying))
  const copy = bodies.length === 0 ? node : withNestedBodies(node, bodies)
  return {
    ...copy,
    name: node.name === '' ? '' : copying.fresh(node.name),
    inputs: node.inputs.map(copying.rename),
    outputs: node.outputs.map(copying.rename),
  }
}

function copyBody(body: Body, outer: Copying): Body {
  const inner = new Map<string, string>()
  const defined = [
    ...body.inputs.map(({ name }) => name),
    ...body.initializers.keys(),
    ...body.sparseInitializers.keys(),
    ...body.nodes.flatMap(node => node.outputs),
  ]
  for (const name of defined) if (name !== '' && !inner.has(name)) inner.set(name, outer.fresh(name))
  const rename = (name: string): string => inner.get(name) ?? outer.rename(name)
  const renamed = <T extends ValueInfo | Initializer>(each: T): T => ({ ...each, name: rename(each.name) })
  const copying = { ...outer, rename }
  return body.with({
    inputs: body.inputs.map(renamed),
    outputs: body.outputs.map(renamed),
    initializers: new Map([...body.initializers].map(([name, each]) => [rename(name), renamed(each)])),
    sparseInitializers: new Map([...body.sparseInitializers].map(([name, each]) => [rename(name), each])),
    types: new Map([...body.types].map(([name, each]) => [rename(name), renamed(each)])),
    nodes: body.nodes.map(node => copyNode(outer.change(node), copying)),
  })
}

/** The attributes of a node inside a function as they are for one call: references replaced, or left out when nothing is given. */
export function resolveReferences(node: Node, given: (name: string) => Attribute | undefined): Node {
  if ([...node.attributes.values()].every(({ type }) => type !== 'reference')) return node
  const attributes = new Map<string, Attribute>()
  for (const [name, attribute] of node.attributes) {
    const value = attribute.type === 'reference' ? given(attribute.value) : attribute
    if (value) attributes.set(name, value)
  }
  return { ...node, attributes }
}
