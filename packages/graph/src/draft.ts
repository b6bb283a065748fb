// The one place where graphs are edited. A draft starts from a body, keeps producers and users current under every edit,
// and ends in a new body in topological order. The body it started from is never touched.
import {
  Body,
  type Attribute,
  type Initializer,
  type Node,
  type Use,
  type ValueInfo,
  type ValueType,
} from './ir.ts'
import { renameCaptures, sortNodes } from './order.ts'
import { scopes, scopeOf, type Scope } from './scope.ts'
import type { Tensor } from './tensor.ts'
import { nestedBodies } from './uses.ts'

/** A node to be made. Outputs default to one fresh name; attributes may be given as a record. */
export interface NodeFields {
  readonly op: string
  readonly domain?: string
  readonly name?: string
  readonly inputs: readonly string[]
  readonly outputs?: readonly string[]
  readonly attributes?: ReadonlyMap<string, Attribute>
  /** Default none: it is damson's own (a cast, a Q/DQ, an If). */
  readonly origins?: readonly string[]
  readonly metadata?: ReadonlyMap<string, string>
}

export class Draft {
  readonly #start: Body
  readonly #nodes: Set<Node>
  readonly #producers = new Map<string, Node>()
  readonly #users = new Map<string, Set<Node>>()
  readonly #initializers: Map<string, Initializer>
  readonly #types: Map<string, ValueInfo>
  readonly #taken = new Set<string>()
  #inputs: readonly ValueInfo[]
  #outputs: readonly ValueInfo[]

  /** `scope` gives the names around the body, so that fresh ones are unique; without it the body stands alone. */
  constructor(body: Body, scope: Scope = scopeOf(body)) {
    this.#start = body
    this.#nodes = new Set(body.nodes)
    this.#initializers = new Map(body.initializers)
    this.#types = new Map(body.types)
    this.#inputs = body.inputs
    this.#outputs = body.outputs
    for (const node of body.nodes) this.#attach(node)
    let root: Scope = { ...scope, body }
    for (const { body: each } of scopes(root)) this.#reserve(each)
    while (root.outer) {
      root = root.outer
      for (const { body: each } of scopes(root)) this.#reserve(each)
    }
  }

  /** The nodes as they are now; safe to edit while iterating. */
  get nodes(): readonly Node[] {
    return [...this.#nodes]
  }
  get inputs(): readonly ValueInfo[] {
    return this.#inputs
  }
  get outputs(): readonly ValueInfo[] {
    return this.#outputs
  }
  get initializers(): ReadonlyMap<string, Initializer> {
    return this.#initializers
  }
  has(node: Node): boolean {
    return this.#nodes.has(node)
  }
  producer(name: string): Node | undefined {
    return this.#producers.get(name)
  }
  /** Current uses by nodes, captures by nested bodies among them; outputs of the body are asked by `isOutput`. */
  users(name: string): readonly Use[] {
    return [...(this.#users.get(name) ?? [])].flatMap(node => {
      const uses: Use[] = []
      node.inputs.forEach((input, at) => input === name && uses.push({ node, input: at }))
      if (capturedNames(node).has(name)) uses.push({ node })
      return uses
    })
  }
  isOutput(name: string): boolean {
    return this.#outputs.some(output => output.name === name)
  }
  tensor(name: string): Tensor | undefined {
    const initializer = this.#initializers.get(name)
    if (initializer) return initializer.tensor
    const node = this.#producers.get(name)
    const value = node?.op === 'Constant' && node.domain === '' ? node.attributes.get('value') : undefined
    return value?.type === 'tensor' ? value.value : undefined
  }
  typeOf(name: string): ValueType | undefined {
    const tensor = this.tensor(name)
    if (tensor) return { kind: 'tensor', dtype: tensor.dtype, shape: tensor.shape }
    const declared = [...this.#inputs, ...this.#outputs].find(info => info.name === name)?.type
    return declared ?? this.#types.get(name)?.type
  }

  /** A name that nothing in the whole graph has: the hint itself, or the hint with a number. */
  fresh(hint: string): string {
    let name = hint
    for (let n = 1; name === '' || this.#taken.has(name); n++) name = `${hint}_${n}`
    this.#taken.add(name)
    return name
  }

  /** Adds a node; `finish` finds its place. */
  add(fields: NodeFields): Node {
    const name = this.fresh(fields.name ?? `${fields.op}`)
    const node: Node = {
      op: fields.op,
      domain: fields.domain ?? '',
      name,
      inputs: fields.inputs,
      outputs: fields.outputs ?? [this.fresh(`${name}_output`)],
      attributes: fields.attributes ?? new Map(),
      origins: fields.origins ?? [],
      ...(fields.metadata ? { metadata: fields.metadata } : {}),
    }
    this.#nodes.add(node)
    this.#attach(node)
    return node
  }

  remove(node: Node): void {
    if (!this.#nodes.delete(node)) return
    for (const output of node.outputs) {
      if (this.#producers.get(output) === node) this.#producers.delete(output)
    }
    for (const name of readNames(node)) this.#users.get(name)?.delete(node)
  }

  /** Replaces a node by a copy with changes; returns the copy. */
  replace(node: Node, changes: Partial<Node>): Node {
    const next: Node = { ...node, ...changes }
    this.remove(node)
    this.#nodes.add(next)
    this.#attach(next)
    return next
  }

  /**
   * Makes users of `from` use `to`. With `only`, just those uses. Without it, a graph output called `from` keeps its
   * name: the producer of `to` takes the name over, or an Identity carries it where `to` has to keep its own.
   */
  redirect(from: string, to: string, only?: (use: Use) => boolean): void {
    for (const use of this.users(from)) {
      if (only && !only(use)) continue
      const node = [...(this.#users.get(from) ?? [])].find(each => each === use.node)
      if (node) this.replace(node, renameUses(node, from, to, only))
    }
    if (!only && this.isOutput(from)) this.#carryOutput(from, to)
  }

  setInitializer(name: string, tensor: Tensor, options: { readonly origins?: readonly string[] } = {}): void {
    const before = this.#initializers.get(name)
    const origins = options.origins ?? before?.origins ?? []
    this.#initializers.set(name, { ...(before ?? {}), name, tensor, origins })
    this.#taken.add(name)
  }
  /** Adds an initializer under a fresh name and returns the name. */
  addInitializer(
    hint: string,
    tensor: Tensor,
    options: { readonly origins?: readonly string[] } = {},
  ): string {
    const name = this.fresh(hint)
    this.setInitializer(name, tensor, options)
    return name
  }
  /** Takes an initializer away, from the input list too. */
  removeInitializer(name: string): void {
    this.#initializers.delete(name)
    this.#inputs = this.#inputs.filter(input => input.name !== name)
  }
  setType(name: string, type: ValueType): void {
    this.#types.set(name, { ...this.#types.get(name), name, type })
  }
  setInputs(inputs: readonly ValueInfo[]): void {
    this.#inputs = inputs
    for (const { name } of inputs) this.#taken.add(name)
  }
  setOutputs(outputs: readonly ValueInfo[]): void {
    this.#outputs = outputs
  }

  /** The edited body, in topological order. Throws a `cycle` error naming the nodes when there is none. */
  finish(): Body {
    const nodes = sortNodes([...this.#nodes], this.#producers)
    const alive = new Set([...this.#producers.keys()])
    const types = new Map(
      [...this.#types].filter(([name]) => alive.has(name) || this.#initializers.has(name)),
    )
    return this.#start.with({
      nodes,
      types,
      inputs: this.#inputs,
      outputs: this.#outputs,
      initializers: this.#initializers,
    })
  }

  #carryOutput(from: string, to: string): void {
    const producer = this.#producers.get(to)
    const old = this.#producers.get(from)
    if (old) {
      const spare = this.fresh(`${from}_before`)
      this.replace(old, { outputs: old.outputs.map(name => (name === from ? spare : name)) })
    }
    if (producer && this.#nodes.has(producer) && !this.isOutput(to)) {
      this.redirect(to, from)
      this.replace(producer, { outputs: producer.outputs.map(name => (name === to ? from : name)) })
    } else {
      this.add({ op: 'Identity', inputs: [to], outputs: [from] })
    }
  }

  #attach(node: Node): void {
    for (const output of node.outputs) if (output !== '') this.#producers.set(output, node)
    for (const name of readNames(node)) {
      const users = this.#users.get(name)
      if (users) users.add(node)
      else this.#users.set(name, new Set([node]))
    }
  }

  #reserve(body: Body): void {
    for (const { name } of [...body.inputs, ...body.outputs]) this.#taken.add(name)
    for (const name of body.initializers.keys()) this.#taken.add(name)
    for (const node of body.nodes) for (const name of [node.name, ...node.outputs]) this.#taken.add(name)
  }
}

function capturedNames(node: Node): ReadonlySet<string> {
  return new Set(nestedBodies(node).flatMap(({ body }) => [...body.captures()]))
}

function readNames(node: Node): ReadonlySet<string> {
  return new Set([...node.inputs.filter(name => name !== ''), ...capturedNames(node)])
}

function renameUses(node: Node, from: string, to: string, only?: (use: Use) => boolean): Node {
  const chosen = (input?: number): boolean =>
    only === undefined || only(input === undefined ? { node } : { node, input })
  const inputs = node.inputs.map((name, at) => (name === from && chosen(at) ? to : name))
  const renamed = { ...node, inputs }
  return capturedNames(node).has(from) && chosen() ? renameCaptures(renamed, new Map([[from, to]])) : renamed
}
