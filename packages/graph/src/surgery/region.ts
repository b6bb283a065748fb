// Sets of nodes of one body by what they depend on. A node that holds nested bodies depends on what those capture.
import { DamsonError } from '../error.ts'
import type { Body, Node } from '../ir.ts'
import { nestedBodies } from '../uses.ts'

/** Every name a node reads: its inputs, and what its nested bodies capture. */
export function readNames(node: Node): readonly string[] {
  const captured = nestedBodies(node).flatMap(({ body }) => [...body.captures()])
  return [...node.inputs.filter(name => name !== ''), ...captured]
}

/** The nodes that the values depend on, in order. Values in `stop` are given: what only they depend on is left out. */
export function upstream(body: Body, names: Iterable<string>, stop: Iterable<string> = []): readonly Node[] {
  const seen = new Set(stop)
  const found = new Set<Node>()
  const open = [...names]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = seen.has(name) ? undefined : body.producer(name)
    seen.add(name)
    if (!node || found.has(node)) continue
    found.add(node)
    open.push(...readNames(node))
  }
  return body.nodes.filter(node => found.has(node))
}

/** The nodes that depend on the values, in order. */
export function downstream(body: Body, names: Iterable<string>): readonly Node[] {
  const seen = new Set<string>()
  const found = new Set<Node>()
  const open = [...names]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    for (const { node } of body.users(name)) {
      if (found.has(node)) continue
      found.add(node)
      open.push(...node.outputs.filter(output => output !== ''))
    }
  }
  return body.nodes.filter(node => found.has(node))
}

/** The nodes on a way from one of the values to another: what depends on `from`, and `to` on it. Constants stay outside. */
export function regionBetween(body: Body, from: Iterable<string>, to: Iterable<string>): readonly Node[] {
  const start = [...from]
  const after = new Set(downstream(body, start))
  return upstream(body, to, start).filter(node => after.has(node))
}

/** What crosses the border of a set of nodes. */
export interface Boundary {
  /** Names that the nodes read and do not make, weights and captured names among them, in order of use. */
  readonly inputs: readonly string[]
  /** Names that they make and that others or the body's outputs use, in order. */
  readonly outputs: readonly string[]
}

export function boundaryOf(body: Body, nodes: Iterable<Node>): Boundary {
  const region = new Set(nodes)
  const ordered = body.nodes.filter(node => region.has(node))
  const made = new Set(ordered.flatMap(node => node.outputs))
  const isUsed = (name: string): boolean =>
    name !== '' && (body.isOutput(name) || body.users(name).some(({ node }) => !region.has(node)))
  return {
    inputs: [...new Set(ordered.flatMap(readNames))].filter(name => !made.has(name)),
    outputs: ordered.flatMap(node => node.outputs).filter(isUsed),
  }
}

/** Throws `unknown-value` when the body, and the bodies around it, have no value of the name. */
export function valueError(name: string, where: string): DamsonError {
  return new DamsonError(
    'unknown-value',
    `Expected the name of a value ${where}, but nothing there is called "${name}". Names are those of node outputs, graph inputs and initializers.`,
  )
}
