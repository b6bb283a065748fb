// Where a body stands: names resolve inwards first, then in the bodies around it. A Value is a name seen from a scope.
import type { DataType } from './dtype.ts'
import { Graph, type Body, type Dim, type Node, type Use, type ValueType } from './ir.ts'
import type { Tensor } from './tensor.ts'
import { nestedBodies } from './uses.ts'

/** A body with the bodies around it. `path` is `''` for the top graph, else `If_0/then_branch` of node identities. */
export interface Scope {
  readonly body: Body
  readonly outer?: Scope
  readonly path: string
}

/** The scope of a top graph. */
export function scopeOf(body: Body): Scope {
  return { body, path: '' }
}

/** The innermost scope, from here outwards, that defines a name. */
export function resolve(scope: Scope, name: string): Scope | undefined {
  const { body, outer } = scope
  const here =
    body.producer(name) !== undefined ||
    body.initializers.has(name) ||
    body.sparseInitializers.has(name) ||
    body.isInput(name)
  if (here) return scope
  return outer && resolve(outer, name)
}

/** A value as a rule or an algorithm sees it: everything known of a name, looked up through the scopes. */
export class Value {
  readonly name: string
  readonly scope: Scope

  constructor(name: string, scope: Scope) {
    this.name = name
    this.scope = scope
  }

  /** The scope that defines it; the scope it is seen from when nothing does. */
  get home(): Scope {
    return resolve(this.scope, this.name) ?? this.scope
  }
  get producer(): Node | undefined {
    return this.home.body.producer(this.name)
  }
  /** Uses in the body that defines it; a capture by a nested body counts as a use of the node that holds it. */
  get users(): readonly Use[] {
    return this.home.body.users(this.name)
  }
  get isOutput(): boolean {
    return this.home.body.isOutput(this.name)
  }
  get type(): ValueType | undefined {
    return this.home.body.typeOf(this.name)
  }
  get dtype(): DataType | undefined {
    const type = this.type
    return type?.kind === 'tensor' ? type.dtype : undefined
  }
  /** Undefined when not even the rank is known. */
  get shape(): readonly Dim[] | undefined {
    const type = this.type
    return type?.kind === 'tensor' ? type.shape : undefined
  }
  /** The constant behind it, if it is one. */
  get tensor(): Tensor | undefined {
    return this.home.body.tensor(this.name)
  }
}

export interface Visit {
  readonly scope: Scope
  readonly node: Node
}

/** Every node of a graph and of all nested bodies, outer before inner, in order. */
export function* walk(top: Body | Scope): Iterable<Visit> {
  const scope = 'path' in top ? top : scopeOf(top)
  for (const node of scope.body.nodes) {
    yield { scope, node }
    for (const inner of innerScopes(scope, node)) yield* walk(inner)
  }
}

/** The scopes of the bodies nested in one node. */
export function innerScopes(scope: Scope, node: Node): readonly Scope[] {
  const bodies = nestedBodies(node)
  if (bodies.length === 0) return []
  // Paths tell bodies apart, so a name that several nodes have is none.
  const own = scope.body.isNodeName(node.name) ? node : { ...node, name: '' }
  return bodies.map(({ attribute, index, body }) => {
    const place = index === 0 ? attribute : `${attribute}.${index}`
    const path = `${scope.path === '' ? '' : `${scope.path}/`}${nodeIdentity(own)}/${place}`
    return { body, outer: scope, path }
  })
}

/** All scopes of a graph, the top one first. */
export function* scopes(top: Body | Scope): Iterable<Scope> {
  const scope = 'path' in top ? top : scopeOf(top)
  yield scope
  for (const node of scope.body.nodes) for (const inner of innerScopes(scope, node)) yield* scopes(inner)
}

/** What a node is called in targets and messages: its name, else its first output (unique in a body by definition). */
export function nodeIdentity(node: Node): string {
  return node.name !== '' ? node.name : (node.outputs.find(name => name !== '') ?? node.op)
}

/** Rebuilds a graph with every body mapped, inner bodies first. Bodies that stay the same object are shared. */
export function mapBodies(graph: Graph, change: (body: Body, scope: Scope) => Body): Graph {
  const mapped = mapScope(scopeOf(graph), change)
  if (mapped === graph) return graph
  return mapped instanceof Graph ? mapped : new Graph({ ...mapped.fields(), header: graph.header })
}

function mapScope(scope: Scope, change: (body: Body, scope: Scope) => Body): Body {
  let touched = false
  const nodes = scope.body.nodes.map(node => {
    const inner = innerScopes(scope, node)
    if (inner.length === 0) return node
    const bodies = inner.map(each => mapScope(each, change))
    if (bodies.every((body, at) => body === inner[at]?.body)) return node
    touched = true
    return withNestedBodies(node, bodies)
  })
  const body = touched ? scope.body.with({ nodes }) : scope.body
  return change(body, { ...scope, body })
}

/** The node with its nested bodies replaced, in the order of `nestedBodies`. */
export function withNestedBodies(node: Node, bodies: readonly Body[]): Node {
  const attributes = new Map(node.attributes)
  const next = bodies[Symbol.iterator]()
  const take = (old: Body): Body => next.next().value ?? old
  for (const [name, attribute] of node.attributes) {
    if (attribute.type === 'graph') attributes.set(name, { type: 'graph', value: take(attribute.value) })
    if (attribute.type === 'graphs')
      attributes.set(name, { type: 'graphs', value: attribute.value.map(take) })
  }
  return { ...node, attributes }
}
