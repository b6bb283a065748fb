// Provenance at the start: what a node and a weight are called before anything happened to them.
import type { Body, Graph, Node } from '../ir.ts'
import { nestedBodies } from '../uses.ts'
import { withNestedBodies } from '../scope.ts'

type Named = Pick<Node, 'name' | 'op' | 'outputs'>

/** A name below a path of bodies: `If_0/then_branch/Conv_3`. */
export function under(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`
}

/** A name for each node that no other node of the body has: its own, else its first output, else that with a number. */
export function nodeNames(nodes: readonly Named[]): readonly string[] {
  const count = new Map<string, number>()
  for (const { name } of nodes) count.set(name, (count.get(name) ?? 0) + 1)
  const own = nodes.map(({ name }) => (name !== '' && count.get(name) === 1 ? name : undefined))
  const taken = new Set(own)
  return nodes.map((node, at) => {
    const given = own[at]
    if (given !== undefined) return given
    const base = node.outputs.find(name => name !== '') ?? node.op
    let name = base
    for (let number = 2; taken.has(name); number++) name = `${base}#${number}`
    taken.add(name)
    return name
  })
}

/** The graph with every node and initializer its own origin, as after reading; for graphs made otherwise. */
export function withOrigins(graph: Graph): Graph {
  const functions = graph.header.functions.map(definition => {
    const path = [definition.domain, definition.name, definition.overload ?? '']
      .filter(part => part !== '')
      .join('.')
    return { ...definition, nodes: nodesWithOrigins(definition.nodes, path) }
  })
  return graph.with({ ...originFields(graph, ''), header: { ...graph.header, functions } })
}

function originFields(body: Body, path: string): Pick<Body, 'nodes' | 'initializers'> {
  const initializers = [...body.initializers].map(
    ([name, each]) => [name, { ...each, origins: [under(path, name)] }] as const,
  )
  return { nodes: nodesWithOrigins(body.nodes, path), initializers: new Map(initializers) }
}

function nodesWithOrigins(nodes: readonly Node[], path: string): readonly Node[] {
  const names = nodeNames(nodes)
  return nodes.map((node, at) => {
    const identity = under(path, names[at] ?? '')
    const bodies = nestedBodies(node).map(({ attribute, index, body }) => {
      const place = index === 0 ? attribute : `${attribute}.${index}`
      return body.with(originFields(body, under(identity, place)))
    })
    return { ...withNestedBodies(node, bodies), origins: [identity] }
  })
}
