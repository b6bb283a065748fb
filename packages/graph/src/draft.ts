// The one place where graphs are edited. A draft starts from a body, keeps producers and users current under every edit,
// and ends in a new body in topological order. The body it started from is never touched.
import type { Attribute, Body, Initializer, Node, Use, ValueInfo, ValueType } from './ir.ts'
import { DamsonError } from './error.ts'
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
  /** Each node with its place: a node put for another takes over its place. */
  readonly #nodes = new Map<Node, number>()
  readonly #successors = new WeakMap<Node, Node>()
  readonly #producers = new Map<string, Node>()
  readonly #users = new Map<string, Set<Node>>()
  readonly #initializers: Map<string, Initializer>
  readonly #types: Map<string, ValueInfo>
  readonly #taken = new Set<string>()
  /** The next number to try behind a hint. */
  readonly #numbers = new Map<string, number>()
  #next: number
  #inputs: readonly ValueInfo[]
  #outputs: readonly ValueInfo[]

  /** `scope` gives the names around the body, so that fresh ones are unique; without it the body stands alone. */
  constructor(body: Body, scope: Scope = scopeOf(body)) {
    this.#start = body
    this.#initializers = new Map(body.initializers)
    this.#types = new Map(body.types)
    this.#inputs = body.inputs
    this.#outputs = body.outputs
    body.nodes.forEach((node, place) => this.#attach(node, place))
    this.#next = body.nodes.length
    let root: Scope = { ...scope, body }
    for (const { body: each } of scopes(root)) this.#reserve(each)
    while (root.outer) {
      root = root.outer
      for (const { body: each } of scopes(root)) this.#reserve(each)
    }
  }

  /** The nodes as they are now, those added last; safe to edit while iterating. */
  get nodes(): readonly Node[] {
    return [...this.#nodes].sort((a, b) => a[1] - b[1]).map(([node]) => node)
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
    // Names are never given back, so the search goes on where the last one ended.
    let n = this.#numbers.get(hint) ?? 1
    for (; name === '' || this.#taken.has(name); n++) name = `${hint}_${n}`
    this.#numbers.set(hint, n)
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
    return this.insert(node)
  }

  /** Adds a whole node as it is, notes and origins included; its outputs have to be `fresh` or free. Returns it. */
  insert(node: Node): Node {
    this.#attach(node, this.#next++)
    return node
  }

  /** The node that stands for one that an edit has replaced; the node itself when it was not. */
  current(node: Node): Node {
    let now = node
    for (let next = this.#successors.get(now); next; next = this.#successors.get(now)) now = next
    return now
  }

  /** Takes a node away, also by a value of it that an edit has replaced since. */
  remove(node: Node): void {
    this.#detach(this.current(node))
  }

  /** Replaces a node by a copy with changes, in its place; returns the copy. */
  replace(node: Node, changes: Partial<Node>): Node {
    const before = this.current(node)
    const next: Node = { ...before, ...changes }
    const place = this.#nodes.get(before) ?? this.#next++
    this.#detach(before)
    this.#attach(next, place)
    this.#successors.set(before, next)
    return next
  }

  /**
   * Makes users of `from` use `to`. With `only`, just those uses. Without it, a graph output called `from` keeps its
   * name: the producer of `to` takes the name over, or an Identity carries it where `to` has to keep its own.
   */
  redirect(from: string, to: string, only?: (use: Use) => boolean): void {
    if (from === to) return
    for (const node of [...(this.#users.get(from) ?? [])]) {
      const renamed = renameUses(node, from, to, only)
      if (renamed !== node) this.replace(node, renamed)
    }
    if (!only && this.isOutput(from)) this.#carryOutput(from, to)
  }

  setInitializer(name: string, tensor: Tensor, options: { readonly origins?: readonly string[] } = {}): void {
    const before = this.#initializers.get(name)
    const origins = options.origins ?? before?.origins ?? []
    this.#initializers.set(name, { ...before, name, tensor, origins })
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
    const nodes = sortNodes(this.nodes, this.#producers)
    const types = new Map(
      [...this.#types].filter(([name]) => this.#producers.has(name) || this.#initializers.has(name)),
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
    if (this.#inputs.some(input => input.name === from) && !this.#initializers.has(from)) {
      throw new DamsonError(
        'output-is-input',
        `Expected an output that a node makes, but "${from}" is a graph input too. Put an Identity between them first.`,
      )
    }
    this.removeInitializer(from)
    const old = this.#producers.get(from)
    if (old) {
      const spare = this.fresh(`${from}_before`)
      this.replace(old, { outputs: old.outputs.map(name => (name === from ? spare : name)) })
    }
    const producer = this.#producers.get(to)
    if (producer && !this.isOutput(to)) {
      this.redirect(to, from)
      this.replace(producer, { outputs: producer.outputs.map(name => (name === to ? from : name)) })
    } else {
      this.add({ op: 'Identity', inputs: [to], outputs: [from] })
    }
  }

  #attach(node: Node, place: number): void {
    this.#nodes.set(node, place)
    for (const output of node.outputs) {
      if (output !== '') this.#producers.set(output, node)
      this.#taken.add(output)
    }
    for (const name of readNames(node)) {
      const users = this.#users.get(name)
      if (users) users.add(node)
      else this.#users.set(name, new Set([node]))
    }
  }

  #detach(node: Node): void {
    if (!this.#nodes.delete(node)) return
    for (const output of node.outputs) {
      if (this.#producers.get(output) === node) this.#producers.delete(output)
    }
    for (const name of readNames(node)) this.#users.get(name)?.delete(node)
  }

  #reserve(body: Body): void {
    for (const { name } of [...body.inputs, ...body.outputs]) this.#taken.add(name)
    for (const name of [...body.initializers.keys(), ...body.sparseInitializers.keys()]) this.#taken.add(name)
    for (const { name, inputs, outputs } of body.nodes) {
      for (const each of [name, ...inputs, ...outputs]) this.#taken.add(each)
    }
  }
}

function capturedNames(node: Node): ReadonlySet<string> {
  return new Set(nestedBodies(node).flatMap(({ body }) => [...body.captures()]))
}

function readNames(node: Node): ReadonlySet<string> {
  return new Set([...node.inputs.filter(name => name !== ''), ...capturedNames(node)])
}

/** The node with chosen uses of a name renamed; the same object when none is chosen. */
function renameUses(node: Node, from: string, to: string, only: (use: Use) => boolean = () => true): Node {
  const inputs = node.inputs.map((name, input) => (name === from && only({ node, input }) ? to : name))
  const captures = capturedNames(node).has(from) && only({ node })
  if (!captures && inputs.every((name, at) => name === node.inputs[at])) return node
  return captures ? renameCaptures({ ...node, inputs }, new Map([[from, to]])) : { ...node, inputs }
}
