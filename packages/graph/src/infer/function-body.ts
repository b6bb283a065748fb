// A model-local function as a body: a copy in which attribute references are what the calling node gives.
import { Body, type Attribute, type FunctionDefinition, type Node } from '../ir.ts'
import { nestedBodies } from '../uses.ts'
import { withNestedBodies } from '../scope.ts'

/** Key under which a call finds its function. */
export function functionKey(
  fields: { readonly domain: string; readonly overload?: string },
  name: string,
): string {
  return `${fields.domain}\0${name}\0${fields.overload ?? ''}`
}

/** The body of a function for one call; attributes that neither the call nor the function gives are absent. */
export function instantiate(definition: FunctionDefinition, call: Node): Body {
  const given = new Map([...definition.defaults, ...call.attributes])
  return new Body({
    name: definition.name,
    inputs: definition.inputs.map(name => ({ name })),
    outputs: definition.outputs.map(name => ({ name })),
    initializers: new Map(),
    nodes: definition.nodes.map(node => substitute(node, given)),
  })
}

function substitute(node: Node, given: ReadonlyMap<string, Attribute>): Node {
  const attributes = new Map<string, Attribute>()
  for (const [name, attribute] of node.attributes) {
    const value = attribute.type === 'reference' ? given.get(attribute.value) : attribute
    if (value) attributes.set(name, value)
  }
  const bare = { ...node, attributes }
  const bodies = nestedBodies(bare)
  const inner = bodies.map(({ body }) =>
    body.with({ nodes: body.nodes.map(each => substitute(each, given)) }),
  )
  return bodies.length === 0 ? bare : withNestedBodies(bare, inner)
}
