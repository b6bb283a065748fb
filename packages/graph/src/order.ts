// Topological order that stays as near as possible to the order given, and renaming of what nested bodies capture.
import { DamsonError } from './error.ts'
import type { Body, Node } from './ir.ts'
import { nodeIdentity, withNestedBodies } from './scope.ts'
import { nestedBodies } from './uses.ts'

/** Nodes so that every producer stands before its users; a node that was in place stays. Throws `cycle`. */
export function sortNodes(nodes: readonly Node[], producers: ReadonlyMap<string, Node>): readonly Node[] {
  const sorted: Node[] = []
  const state = new Map<Node, 'open' | 'done'>()
  const needs = (node: Node): readonly Node[] => {
    const names = [...node.inputs, ...nestedBodies(node).flatMap(({ body }) => [...body.captures()])]
    return names.flatMap(name => producers.get(name) ?? [])
  }
  for (const start of nodes) {
    if (state.has(start)) continue
    // An explicit stack: chains of several thousand nodes are usual.
    const stack: { node: Node; rest: Node[] }[] = [{ node: start, rest: [...needs(start)].reverse() }]
    state.set(start, 'open')
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.rest.pop()
      if (next === undefined) {
        state.set(top.node, 'done')
        sorted.push(top.node)
        stack.pop()
      } else if (state.get(next) === 'open') {
        throw cycleError(stack.map(entry => entry.node))
      } else if (!state.has(next)) {
        state.set(next, 'open')
        stack.push({ node: next, rest: [...needs(next)].reverse() })
      }
    }
  }
  return sorted
}

function cycleError(nodes: readonly Node[]): DamsonError {
  const names = nodes.slice(-5).map(nodeIdentity).join(' → ')
  return new DamsonError(
    'cycle',
    `Expected a graph without cycles, but these nodes need each other: ${names}.`,
  )
}

/** The node with names captured by its nested bodies renamed, at any depth; inner definitions of a name shadow it. */
export function renameCaptures(node: Node, names: ReadonlyMap<string, string>): Node {
  const nested = nestedBodies(node)
  if (nested.length === 0) return node
  return withNestedBodies(
    node,
    nested.map(({ body }) => renameInBody(body, names)),
  )
}

function renameInBody(body: Body, names: ReadonlyMap<string, string>): Body {
  const captured = body.captures()
  const active = new Map([...names].filter(([from]) => captured.has(from)))
  if (active.size === 0) return body
  for (const to of active.values()) if (defines(body, to)) throw shadowError(body, to)
  const nodes = body.nodes.map(node => {
    const inputs = node.inputs.map(name => active.get(name) ?? name)
    return renameCaptures({ ...node, inputs }, active)
  })
  const outputs = body.outputs.map(info => ({ ...info, name: active.get(info.name) ?? info.name }))
  return body.with({ nodes, outputs })
}

function defines(body: Body, name: string): boolean {
  return body.producer(name) !== undefined || body.initializers.has(name) || body.isInput(name)
}

function shadowError(body: Body, name: string): DamsonError {
  return new DamsonError(
    'shadowed-name',
    `Expected "${name}" to mean the same inside the nested body "${body.name}", which defines a value of that name itself. Rename that one first.`,
  )
}
