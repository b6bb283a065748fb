// Common subexpressions: of nodes that do the same to the same values the first stays and the others go, inner bodies
// using what the outer ones have computed. Values get numbers; equal operator, attributes and input numbers give equal
// output numbers. Names of body outputs survive, and the node that stays carries the origins of those that went.
import type { Body, FunctionDefinition, Graph, Node } from '../ir.ts'
import { renameCaptures } from '../order.ts'
import { withNestedBodies } from '../scope.ts'
import { nestedBodies } from '../uses.ts'
import { functionTable, isDeterministic } from './determinism.ts'
import { attributesKey } from './structure-key.ts'

/** The graph with equal nodes merged, in all bodies; the same object when there are none. */
export function eliminateCommon(graph: Graph): Graph {
  const merged = new Numbering(functionTable(graph.header.functions)).body(graph)
  if (merged === graph) return graph
  const { nodes, types } = merged
  return graph.with({ nodes, types })
}

interface Level {
  readonly body: Body
  readonly numbers: Map<string, number>
  readonly nodes: Map<string, Node>
  readonly outer?: Level
}

class Numbering {
  #count = 0
  readonly #functions: ReadonlyMap<string, FunctionDefinition>

  constructor(functions: ReadonlyMap<string, FunctionDefinition>) {
    this.#functions = functions
  }

  body(body: Body, outer?: Level): Body {
    const level: Level = { body, numbers: new Map(), nodes: new Map(), ...(outer ? { outer } : {}) }
    for (const { name } of body.inputs) this.#define(level, name)
    for (const name of [...body.initializers.keys(), ...body.sparseInitializers.keys()])
      if (!level.numbers.has(name)) this.#define(level, name)
    const classes = new Classes(body)
    const nodes = body.nodes.map(node => this.#visit(node, level, classes))
    return classes.rewrite(nodes)
  }

  #define(level: Level, name: string): void {
    if (name !== '') level.numbers.set(name, this.#count++)
  }

  #visit(original: Node, level: Level, classes: Classes): Node {
    const nested = nestedBodies(original)
    const inner = nested.map(({ body }) => this.body(body, level))
    const touched = inner.some((body, at) => body !== nested[at]?.body)
    const node = touched ? withNestedBodies(original, inner) : original
    const key = isDeterministic(node, this.#functions) ? keyOf(node, level) : undefined
    const twin = key === undefined ? undefined : findTwin(key, level)
    if (!twin || !classes.merge(node, twin.node, twin.level === level)) {
      for (const name of node.outputs) this.#define(level, name)
      if (key !== undefined && !twin) level.nodes.set(key, node)
      return node
    }
    node.outputs.forEach((name, at) => {
      const number = twin.level.numbers.get(twin.node.outputs[at] ?? '')
      if (number !== undefined) level.numbers.set(name, number)
    })
    return node
  }
}

function numberOf(level: Level, name: string): string {
  for (let each: Level | undefined = level; each; each = each.outer) {
    const number = each.numbers.get(name)
    if (number !== undefined) return String(number)
  }
  return `free ${name}`
}

function keyOf(node: Node, level: Level): string {
  const nameOf = (name: string): string => (name === '' ? '' : numberOf(level, name))
  const present = node.outputs.map(name => (name === '' ? 0 : 1)).join('')
  const head = [node.domain, node.op, node.overload ?? '', present, node.inputs.map(nameOf).join()]
  return `${head.join(':')}<${attributesKey(node, nameOf)}>`
}

/** An equal node of this body or one around it, unless a body in between uses its names for something else. */
function findTwin(key: string, level: Level): { readonly node: Node; readonly level: Level } | undefined {
  for (let each: Level | undefined = level; each; each = each.outer) {
    const node = each.nodes.get(key)
    if (!node) continue
    const hidden = (inner: Level | undefined): boolean =>
      inner !== undefined &&
      inner !== each &&
      (node.outputs.some(name => defines(inner.body, name)) || hidden(inner.outer))
    return hidden(level) ? undefined : { node, level: each }
  }
  return undefined
}

const defines = (body: Body, name: string): boolean =>
  body.producer(name) !== undefined || body.initializers.has(name) || body.isInput(name)

/** What is merged in one body: which nodes go, and what their outputs are called from then on. */
class Classes {
  readonly #body: Body
  readonly #gone = new Set<Node>()
  /** The names that the outputs of a staying node have in the end. */
  readonly #final = new Map<Node, string[]>()
  readonly #origins = new Map<Node, Set<string>>()
  readonly #names = new Map<string, readonly [Node, number] | string>()

  constructor(body: Body) {
    this.#body = body
  }

  /** Notes that `node` does what `twin` does; false when both have to keep an output name. */
  merge(node: Node, twin: Node, sameBody: boolean): boolean {
    const isOutput = (name: string): boolean => name !== '' && this.#body.isOutput(name)
    if (!sameBody) {
      if (node.outputs.some(isOutput)) return false
      node.outputs.forEach((name, at) => name !== '' && this.#names.set(name, twin.outputs[at] ?? ''))
      this.#gone.add(node)
      return true
    }
    const final = this.#final.get(twin) ?? [...twin.outputs]
    if (node.outputs.some((name, at) => isOutput(name) && isOutput(final[at] ?? ''))) return false
    this.#final.set(twin, final)
    node.outputs.forEach((name, at) => {
      if (name === '') return
      if (isOutput(name)) final[at] = name
      for (const each of [name, twin.outputs[at] ?? '']) this.#names.set(each, [twin, at])
    })
    const origins = this.#origins.get(twin) ?? new Set(twin.origins)
    for (const origin of node.origins) origins.add(origin)
    this.#origins.set(twin, origins)
    this.#gone.add(node)
    return true
  }

  /** The body of the visited nodes with everything merged. */
  rewrite(nodes: readonly Node[]): Body {
    if (this.#gone.size === 0)
      return nodes.every((node, at) => node === this.#body.nodes[at])
        ? this.#body
        : this.#body.with({ nodes })
    const names = new Map(
      [...this.#names].map(([name, to]): [string, string] => [name, this.#finalName(name, to)]),
    )
    for (const [name, to] of names) if (name === to) names.delete(name)
    const kept = nodes.filter(node => !this.#gone.has(node)).map(node => this.#renamed(node, names))
    const types = new Map([...this.#body.types].filter(([name]) => !names.has(name)))
    return this.#body.with({ nodes: kept, types })
  }

  #finalName(name: string, to: readonly [Node, number] | string): string {
    if (typeof to === 'string') return to
    return this.#final.get(to[0])?.[to[1]] ?? name
  }

  #renamed(node: Node, names: ReadonlyMap<string, string>): Node {
    const outputs = this.#final.get(node) ?? node.outputs
    const origins = this.#origins.get(node)
    const inputs = node.inputs.map(name => names.get(name) ?? name)
    const same =
      outputs.every((name, at) => name === node.outputs[at]) &&
      inputs.every((name, at) => name === node.inputs[at])
    const plain =
      same && !origins ? node : { ...node, inputs, outputs, origins: origins ? [...origins] : node.origins }
    return renameCaptures(plain, names)
  }
}
