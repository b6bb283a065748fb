// Makes a region of a graph optional: its nodes move into the then-branch of an If, the else-branch hands on replacements.
// Measured: a branch that is not taken costs nothing, and bodies read outer weights without copying them, so weights stay
// where they are and exist once.
import { Draft } from '../draft.ts'
import { DamsonError } from '../error.ts'
import { Body, type Graph, type Node, type ValueInfo, type ValueType } from '../ir.ts'
import { mapBodies, nodeIdentity, resolve, scopeOf, scopes, type Scope } from '../scope.ts'
import { elseBranch, type Otherwise } from './else-branch.ts'
import { infoOf } from './extract.ts'
import { withQuantizedBorder } from './quantized-border.ts'
import { boundaryOf, downstream, upstream, valueError } from './region.ts'

export interface GateOptions {
  /** A scalar bool: a value of the graph, or a new graph input. True runs the region. */
  readonly when: string | { readonly input: string }
  /** What each output of the region is otherwise. Outputs are those of the border as it is cut (see `Gated.outputs`). */
  readonly otherwise: (output: ValueInfo) => Otherwise
  /** Path of the body that the region is in, as `Scope.path`; default the top graph. New inputs are inputs of the graph in any case. */
  readonly path?: string
  /** Name of the If; default `gate`. */
  readonly name?: string
}

export interface Gated {
  readonly graph: Graph
  /** The If. It has no origins; the nodes inside keep theirs. */
  readonly node: Node
  /** What crosses the border outwards, in the order of the If's outputs, under the names it had before. */
  readonly outputs: readonly ValueInfo[]
  /** What the branch reads from outside, weights among it. */
  readonly inputs: readonly string[]
  /** Graph inputs that were added, in order. */
  readonly added: readonly ValueInfo[]
}

/**
 * The graph with a region (nodes of one body, see `regionBetween`) in the then-branch of an If. Users outside and graph
 * outputs see the same names as before. Q/DQ stay with their nodes: a DequantizeLinear that feeds the region moves inside
 * (as a copy where others use it too), a QuantizeLinear of an output moves inside, so the quantized tensor crosses.
 * Throws `empty-region`, `open-region` when something outside lies between two of its nodes, `unknown-value`, `gate-type`
 * for a condition that is no bool, `unknown-shape` where zeros of an unknown shape are asked for.
 */
export function gate(graph: Graph, nodes: readonly Node[], options: GateOptions): Gated {
  const scope = scopeAt(graph, options.path ?? '')
  const draft = new Draft(scope.body, scope)
  const present = nodes.filter(node => draft.has(node))
  if (present.length === 0) throw emptyRegion(scope.path)
  const region = withQuantizedBorder(draft, present)
  const body = draft.finish()
  const { inputs, outputs } = boundaryOf(body, region)
  const here: Scope = { ...scope, body }
  const added: ValueInfo[] = []
  const input = (name: string, type: ValueType | undefined): string => {
    if (type === undefined || (type.kind === 'tensor' && !type.dtype)) throw unknownType(name)
    const free = draft.fresh(name)
    added.push({ name: free, type })
    return free
  }
  const condition = typeof options.when === 'string' ? options.when : input(options.when.input, gateType)
  if (typeof options.when === 'string') checkCondition(here, options.when)
  checkClosed(body, region, [...inputs, condition], outputs)
  const infos = outputs.map(name => infoOf(here, name))
  const branches = {
    then_branch: thenBranch(draft, body, region, infos),
    else_branch: elseBranch(draft, here, infos.map(info => ({ info, replacement: options.otherwise(info) })), input),
  } // prettier-ignore
  for (const node of region) draft.remove(node)
  const node = draft.add({
    op: 'If',
    name: options.name ?? 'gate',
    inputs: [condition],
    outputs,
    attributes: new Map(
      Object.entries(branches).map(([name, value]) => [name, { type: 'graph', value } as const]),
    ),
  })
  return { graph: place(graph, scope, draft.finish(), added), node, outputs: infos, inputs, added }
}

const gateType: ValueType = { kind: 'tensor', dtype: 'bool', shape: [] }

/** The region as a body. Its outputs get names of their own inside, since the If takes over those they had. */
function thenBranch(draft: Draft, body: Body, nodes: readonly Node[], outputs: readonly ValueInfo[]): Body {
  const inner = new Map(outputs.map(({ name }) => [name, draft.fresh(`${name}_then`)]))
  const rename = (name: string): string => inner.get(name) ?? name
  const region = new Set(nodes)
  const moved = body.with({
    inputs: [],
    outputs: [],
    initializers: new Map(),
    sparseInitializers: new Map(),
    nodes: body.nodes.filter(node => region.has(node)),
  })
  const renamed = new Draft(moved)
  for (const [from, to] of inner) {
    renamed.redirect(from, to)
    const producer = renamed.producer(from)
    if (producer) renamed.replace(producer, { outputs: producer.outputs.map(rename) })
  }
  const made = new Set(moved.nodes.flatMap(node => node.outputs))
  const types = [...body.types.values()].filter(({ name }) => made.has(name) && !inner.has(name))
  return new Body({
    name: draft.fresh('run'),
    inputs: [],
    outputs: outputs.map(info => ({ ...info, name: rename(info.name) })),
    initializers: new Map(),
    nodes: renamed.finish().nodes,
    types: new Map(types.map(info => [info.name, info])),
  })
}

function checkCondition(scope: Scope, name: string): void {
  const home = resolve(scope, name)
  if (!home) throw valueError(name, 'that decides whether the region runs')
  const type = home.body.typeOf(name)
  if (type === undefined || (type.kind === 'tensor' && (type.dtype ?? 'bool') === 'bool')) return
  const came = type.kind === 'tensor' ? type.dtype : type.kind
  throw new DamsonError(
    'gate-type',
    `Expected a bool to decide whether the region runs, but "${name}" is ${came}.`,
  )
}

/** Nothing outside may need the region and be needed by it, the condition included. */
function checkClosed(
  body: Body,
  region: readonly Node[],
  inputs: readonly string[],
  outputs: readonly string[],
): void {
  const inside = new Set(region)
  const before = new Set(upstream(body, inputs).filter(node => !inside.has(node)))
  const between = downstream(body, outputs).find(node => before.has(node))
  if (!between) return
  throw new DamsonError(
    'open-region',
    `Expected a region with nothing outside between two of its nodes, but ${nodeIdentity(between)} (${between.op}) needs it and is needed by it. Add that node to the region, or take a smaller one.`,
  )
}

function place(graph: Graph, scope: Scope, edited: Body, added: readonly ValueInfo[]): Graph {
  const changed = mapBodies(graph, (body, at) => (at.path === scope.path ? edited : body))
  return added.length === 0 ? changed : changed.with({ inputs: [...changed.inputs, ...added] })
}

function scopeAt(graph: Graph, path: string): Scope {
  if (path === '') return scopeOf(graph)
  for (const scope of scopes(graph)) if (scope.path === path) return scope
  const known = [...scopes(graph)].map(scope => `"${scope.path}"`).slice(0, 8).join(', ') // prettier-ignore
  throw new DamsonError('unknown-body', `Expected the path of a body, but got "${path}". There are ${known}.`)
}

function emptyRegion(path: string): DamsonError {
  const where = path === '' ? 'the graph' : path
  return new DamsonError(
    'empty-region',
    `Expected nodes of ${where} to gate, but none of those given is among its nodes.`,
  )
}

function unknownType(name: string): DamsonError {
  return new DamsonError(
    'unknown-type',
    `Expected a known type for the new graph input "${name}", since every graph input has one. Infer shapes first, or give a value instead.`,
  )
}
