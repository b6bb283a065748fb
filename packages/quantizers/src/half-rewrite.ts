// Writes the graph that the modes describe, body by body in order. A value is cast where its readers want it otherwise: once
// a body for each type, in front of the first reader. Casts that would give what they get are left out.
import {
  nestedBodies, resolve, walk, withNestedBodies, Graph,
  type Body, type DataType, type Initializer, type Node, type Scope, type Tensor, type ValueInfo,
} from '@damson/graph' // prettier-ignore
import { castBytes, type ConstantForm } from './half-constants.ts'
import { nodeKey, valueId, type HalfGraph, type HalfNode } from './half-graph.ts'
import type { HalfModes } from './half-modes.ts'
import { allNames, castNode, constantNode, retyped, typedAttributes } from './half-nodes.ts'
import type { HalfType } from './half-slots.ts'

export interface HalfPlan {
  readonly graph: HalfGraph
  readonly type: HalfType
  readonly modes: HalfModes
  readonly forms: ReadonlyMap<string, ConstantForm>
  /** The halves of a constant. */
  readonly convert: (tensor: Tensor, id: string) => Tensor
}

/** The graph with halves. */
export function rewriteHalf(plan: HalfPlan): Graph {
  const { graph } = plan.graph
  const body = new HalfBody(plan, { body: graph, path: '' }, undefined).finish()
  const isListed = ({ name }: ValueInfo): boolean =>
    !graph.initializers.has(name) || plan.forms.get(`\n${name}`) !== 'cast'
  // A cast behind what callers may feed is never folded, so such constants are listed as inputs no more (IR 3 wants them to be).
  const inputs = body.inputs.filter(isListed)
  const irVersion =
    inputs.length === body.inputs.length ? graph.header.irVersion : Math.max(4, graph.header.irVersion)
  return new Graph({ ...body.fields(), inputs, header: { ...graph.header, irVersion } })
}

/** Bytes of weights that a conversion saves. */
export function savedBytes({ graph, forms }: HalfPlan): number {
  return [...forms].reduce((sum, [id, form]) => {
    const half = (graph.constants.get(id)?.tensor.byteLength ?? 0) / 2
    return form === 'twin' ? sum - half : sum + half
  }, 0)
}

/** Bytes of the nodes that it adds, about. */
export function addedBytes(plan: HalfPlan): number {
  const casts = (graph: Graph): number => [...walk(graph)].filter(({ node }) => node.op === 'Cast').length
  return castBytes * (casts(rewriteHalf(plan)) - casts(plan.graph.graph))
}

class HalfBody {
  readonly #plan: HalfPlan
  readonly #scope: Scope
  readonly #outer: HalfBody | undefined
  readonly #taken: Set<string>
  /** Values under another name: left-out casts, and outputs whose name a cast has taken over. */
  readonly #names = new Map<string, string>()
  /** Casts and copies that stand in this body, by name and type of what they give. */
  readonly #casts = new Map<string, string>()
  readonly #initializers: Map<string, Initializer>
  /** What stands before all other nodes: Constant nodes, and the casts of constants behind them. */
  readonly #constants: Node[] = []
  readonly #head: Node[] = []
  readonly #nodes: Node[] = []

  constructor(plan: HalfPlan, scope: Scope, outer: HalfBody | undefined) {
    this.#plan = plan
    this.#scope = scope
    this.#outer = outer
    this.#taken = outer ? outer.#taken : allNames(plan.graph.graph)
    this.#initializers = new Map(scope.body.initializers)
  }

  finish(): Body {
    const { body } = this.#scope
    for (const initializer of body.initializers.values()) this.#initializer(initializer)
    if (!this.#outer) this.#moveOutputs()
    for (const node of body.nodes) this.#node(node)
    const outputs = body.outputs.map((info, at) => this.#output(info, at))
    const types = [...body.types].filter(([name]) => !this.#names.has(name))
    return body.with({
      nodes: [...this.#constants, ...this.#head, ...this.#nodes],
      initializers: this.#initializers,
      inputs: body.inputs.map(info => this.#retyped(info)),
      outputs,
      types: new Map(types.map(([name, info]) => [name, this.#retyped(info)])),
    })
  }

  #initializer(initializer: Initializer): void {
    const { name, tensor, origins } = initializer
    const id = `${this.#scope.path}\n${name}`
    const form = this.#form(id)
    if (form === 'float') return
    const converted = this.#plan.convert(tensor, id)
    if (form === 'twin') {
      const twin = this.#copyOf(name)
      this.#initializers.set(twin, { name: twin, tensor: converted, origins })
    } else this.#initializers.set(name, { ...initializer, tensor: converted })
  }

  #constant(node: Node): void {
    const [name = ''] = node.outputs
    const id = `${this.#scope.path}\n${name}`
    const tensor = this.#scope.body.tensor(name)
    const form = this.#form(id)
    if (!tensor || form === 'float') return void this.#constants.push(node)
    const converted = this.#plan.convert(tensor, id)
    if (form !== 'twin') return void this.#constants.push(constantNode(node, name, converted))
    this.#constants.push(node, constantNode(node, this.#copyOf(name), converted))
  }

  #copyOf(name: string): string {
    const twin = this.#fresh(`${name}_${this.#plan.type}`)
    this.#casts.set(`${name}\n${this.#plan.type}`, twin)
    return twin
  }

  /** An output that stays fp32 while its value becomes a half: the value takes another name, a Cast gives the output. */
  #moveOutputs(): void {
    this.#scope.body.outputs.forEach(({ name }, at) => {
      const held = this.#holds(name)
      if (this.#wanted(name, at) !== held) this.#names.set(name, this.#fresh(`${name}_${held}`))
    })
  }

  #node(node: Node): void {
    if (node.op === 'Constant' && node.domain === '') return this.#constant(node)
    const half = this.#plan.graph.byKey.get(nodeKey(this.#scope, node))
    if (!half) return void this.#nodes.push(node)
    const [output = ''] = node.outputs
    const isFixed = !this.#outer && this.#scope.body.isOutput(output) && !this.#names.has(output)
    if (this.#isIdle(half) && !isFixed)
      return void this.#names.set(output, this.#nameOf(node.inputs[0] ?? ''))
    const inputs = node.inputs.map((name, at) => this.#input(name, half, at))
    const outputs = node.outputs.map(name => this.#names.get(name) ?? name)
    const changed = this.#bodies({ ...node, inputs, outputs }, half)
    this.#nodes.push(this.#plan.modes.isHalf(half) ? typedAttributes(changed, this.#plan.type) : changed)
  }

  /** A Cast that gives what it gets. */
  #isIdle({ node, inputs, outputs }: HalfNode): boolean {
    const [input] = inputs
    const [output] = outputs
    if (node.op !== 'Cast' || node.domain !== '' || input === undefined || output === undefined) return false
    return this.#typeOf(output) !== undefined && this.#typeOf(input) === this.#typeOf(output)
  }

  #input(name: string, half: HalfNode, at: number): string {
    if (name === '') return name
    const demand = this.#plan.modes.demandOf(half, at)
    if (demand === 'any') return this.#nameOf(name)
    return this.#as(name, demand === 'half' ? this.#plan.type : 'float32')
  }

  /** A name for a value in a type: the value's own, or that of a cast. */
  #as(name: string, type: DataType): string {
    const id = valueId(this.#scope, name)
    if (this.#typeOf(id) === type) return this.#nameOf(name)
    const key = `${name}\n${type}`
    const bodies = this.#outwards(name)
    const made = bodies.map(body => body.#casts.get(key)).find(cast => cast !== undefined)
    if (made !== undefined) return made
    const output = this.#fresh(`${name}_${type}`)
    const cast = castNode(this.#nameOf(name), output, type, output)
    // Casts of constants stand where the constant does, once for all bodies.
    const isConstant = this.#plan.graph.constants.has(id)
    const home = (isConstant ? bodies.at(-1) : undefined) ?? this
    ;(isConstant ? home.#head : home.#nodes).push(cast)
    home.#casts.set(key, output)
    return output
  }

  #bodies(node: Node, half: HalfNode): Node {
    if (nestedBodies(node).length === 0) return node
    const inner = this.#plan.graph.bodiesOf(half)
    return withNestedBodies(
      node,
      inner.map(scope => new HalfBody(this.#plan, scope, this).finish()),
    )
  }

  #output(info: ValueInfo, at: number): ValueInfo {
    const wanted = this.#wanted(info.name, at)
    if (wanted === undefined) return this.#outer ? { ...info, name: this.#nameOf(info.name) } : info
    if (this.#outer) return retyped({ ...info, name: this.#as(info.name, wanted) }, wanted)
    const moved = this.#names.get(info.name)
    if (moved !== undefined)
      this.#nodes.push(castNode(moved, info.name, wanted, this.#fresh(`${moved}_${wanted}`)))
    return retyped(info, wanted)
  }

  /** The type that an output of this body has to have; undefined where it is not known. */
  #wanted(name: string, at: number): DataType | undefined {
    const { graph, modes, type } = this.#plan
    const id = valueId(this.#scope, name)
    if (graph.dtypeOf(id) !== 'float32') return graph.dtypeOf(id)
    if (this.#outer) {
      const end = graph.tieOf(this.#scope.path, at)
      return end && modes.isHalfTie(end.node, end.tie) ? type : 'float32'
    }
    return modes.io === 'convert' && !graph.constants.has(id) ? type : 'float32'
  }

  #retyped(info: ValueInfo): ValueInfo {
    const { graph } = this.#plan
    const id = `${this.#scope.path}\n${info.name}`
    const type = this.#typeOf(id)
    return type !== undefined && type !== graph.dtypeOf(id) ? retyped(info, type) : info
  }

  #holds(name: string): DataType | undefined {
    return this.#typeOf(valueId(this.#scope, name))
  }

  /** The type of a value in the new graph. */
  #typeOf(id: string): DataType | undefined {
    const { graph, modes, type } = this.#plan
    const form = this.#form(id)
    return form === 'half' || form === 'cast' || modes.holdsHalf(id) ? type : graph.dtypeOf(id)
  }

  #form(id: string): ConstantForm {
    return this.#plan.forms.get(id) ?? 'float'
  }

  #nameOf(name: string): string {
    const known = this.#outwards(name).map(body => body.#names.get(name))
    return known.find(other => other !== undefined) ?? name
  }

  /** This body and those around it, up to the one that defines a name. */
  #outwards(name: string): readonly HalfBody[] {
    return this.#upTo(resolve(this.#scope, name)?.path)
  }

  #upTo(path: string | undefined): readonly HalfBody[] {
    return this.#outer && this.#scope.path !== path ? [this, ...this.#outer.#upTo(path)] : [this]
  }

  #fresh(hint: string): string {
    let name = hint
    for (let n = 1; this.#taken.has(name); n++) name = `${hint}_${n}`
    this.#taken.add(name)
    return name
  }
}
