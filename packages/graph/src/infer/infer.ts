// Type and shape inference. Every body is walked once in order; a rule per operator turns facts of inputs into facts of
// outputs. Symbolic sizes are kept as expressions, small integer tensors are followed element by element, and whatever
// is not certain stays unknown. Problems of a broken model are returned, not thrown.
import type { Body, Dim, FunctionDefinition, Graph, Node, ValueInfo, ValueType } from '../ir.ts'
import { nodeIdentity, walk, withNestedBodies } from '../scope.ts'
import type { Tensor } from '../tensor.ts'
import { nestedBodies } from '../uses.ts'
import { Call } from './call.ts'
import { constantFact, tensorFact, unknown, type Fact } from './fact.ts'
import { functionKey, instantiate } from './function-body.ts'
import { refineType } from './merge.ts'
import { rules } from './rules/table.ts'
import { schemaTypes } from './schema-types.ts'
import { Sizes } from './sizes.ts'

export interface InferOptions {
  /** Contents of graph inputs that are known beforehand (a `sizes` input, say); they are followed like constants. */
  readonly values?: ReadonlyMap<string, Tensor>
}

/** Something that can not be: a rank that does not fit, a declared shape that contradicts what comes out. */
export interface TypeProblem {
  /** Identity of the node, behind the path of its body. */
  readonly at: string
  readonly problem: string
}

export interface Inference {
  /** The graph with types filled in, in all bodies. */
  readonly graph: Graph
  readonly problems: readonly TypeProblem[]
  /**
   * Elements of small tensors, in row-major order, as far as they are known: numbers, or expressions in the sizes of the
   * graph. By name; values of nested bodies stand behind the path of their scope and a slash.
   */
  readonly elements: ReadonlyMap<string, readonly Dim[]>
}

/** The graph with the types of all values of all bodies filled in as far as they are certain; problems are dropped. */
export function inferTypes(graph: Graph, options: InferOptions = {}): Graph {
  return infer(graph, options).graph
}

/**
 * Types, the known elements of small tensors, and the problems met; never throws for what a model contains. Sizes with a
 * name count as sizes above zero: where one is 0 in a run, a Reshape to it copies, as ONNX has it, and a label may differ.
 */
export function infer(graph: Graph, options: InferOptions = {}): Inference {
  const inference = new Walk(graph, options)
  const { nodes, types, outputs } = inference.top()
  return {
    graph: graph.with({ nodes, types, outputs }),
    problems: inference.problems,
    elements: inference.elements,
  }
}

interface Environment {
  readonly facts: Map<string, Fact>
  readonly outer?: Environment
  readonly path: string
  readonly opsets: ReadonlyMap<string, number>
  /** Functions being expanded: one that calls itself is a problem. */
  readonly functions: readonly string[]
  readonly depth: number
}

interface Walked {
  readonly body: Body
  readonly outputs: readonly Fact[]
}

const maxProblems = 100
/** Bodies and functions inside each other; more is no honest model. */
const maxDepth = 64

class Walk {
  readonly problems: TypeProblem[] = []
  readonly elements = new Map<string, readonly Dim[]>()
  readonly #graph: Graph
  readonly #options: InferOptions
  readonly #sizes = new Sizes()
  readonly #functions: ReadonlyMap<string, FunctionDefinition>
  /** Node visits left: functions calling functions twice each would take for ever. */
  #budget: number

  constructor(graph: Graph, options: InferOptions) {
    this.#graph = graph
    this.#options = options
    this.#functions = new Map(graph.header.functions.map(each => [functionKey(each, each.name), each]))
    this.#budget = 20_000 + 20 * [...walk(graph)].length
  }

  top(): Body {
    const { opsets } = this.#graph.header
    const environment = { facts: new Map<string, Fact>(), path: '', opsets, functions: [], depth: 0 }
    return this.#walk(this.#graph, undefined, environment).body
  }

  /** `inputs` undefined: the top graph, whose declared types count with their labels. */
  #walk(body: Body, inputs: readonly Fact[] | undefined, environment: Environment): Walked {
    const { facts } = environment
    const labels = inputs === undefined
    for (const [name, { tensor }] of body.initializers) facts.set(name, constantFact(tensor))
    for (const [name, { shape, values }] of body.sparseInitializers)
      facts.set(name, tensorFact(values.dtype, shape))
    body.inputs.forEach((info, at) => this.#bindInput(info, inputs?.[at], environment, labels))
    const declared = new Map([...body.types.values(), ...body.outputs].map(info => [info.name, info.type]))
    const nodes = body.nodes.map(node => this.#visit(node, declared, environment, labels))
    const outputs = body.outputs.map(({ name }) => lookUp(environment, name) ?? unknown)
    if (environment.functions.length === 0) this.#publishElements(environment)
    return { body: this.#filled(body, nodes, facts), outputs }
  }

  #bindInput(info: ValueInfo, given: Fact | undefined, environment: Environment, top: boolean): void {
    const { facts, path } = environment
    const initial = facts.get(info.name)
    // From IR 4 on a caller may feed something else than the initializer of an input, so its elements are not known.
    const constant = initial && (!top || this.#graph.header.irVersion < 4)
    const declared = this.#declaredInput(info, top)
    const value = top ? this.#options.values?.get(info.name) : undefined
    const fed = value ? constantFact(value) : (given ?? (initial && { type: dtypeOnly(initial.type) }))
    const { type, conflict } = refineType(constant ? initial.type : fed?.type, declared)
    if (conflict !== undefined) this.#report(path, `input ${info.name}: ${conflict}`)
    const elements = constant ? initial.elements : fed?.elements
    facts.set(info.name, this.#sizes.name({ ...(type ? { type } : {}), ...(elements ? { elements } : {}) }))
  }

  /** In the wild a dynamic size of a graph input is declared as 0. */
  #declaredInput(info: ValueInfo, top: boolean): ValueType | undefined {
    const type = this.#sizes.read(info.type, top)
    if (!top || type?.kind !== 'tensor' || !type.shape) return type
    return { ...type, shape: type.shape.map(dim => (dim === 0 ? null : dim)) }
  }

  #visit(
    node: Node,
    declared: ReadonlyMap<string, ValueType | undefined>,
    environment: Environment,
    labels: boolean,
  ): Node {
    const { facts, path } = environment
    const where = `${path === '' ? '' : `${path}/`}${nodeIdentity(node)}`
    const bodies = new Map<Body, Body>()
    const found = this.#budget-- > 0 ? this.#apply(node, where, environment, bodies) : []
    node.outputs.forEach((name, at) => {
      if (name === '') return
      const fact = found[at] ?? unknown
      const { type, conflict } = refineType(fact.type, this.#sizes.read(declared.get(name), labels))
      if (conflict !== undefined) this.#report(where, `output ${name}: ${conflict}`)
      facts.set(name, this.#sizes.name({ ...fact, ...(type ? { type } : {}) }))
    })
    if (bodies.size === 0) return node
    return withNestedBodies(
      node,
      nestedBodies(node).map(({ body }) => bodies.get(body) ?? body),
    )
  }

  #apply(node: Node, where: string, environment: Environment, bodies: Map<Body, Body>): readonly Fact[] {
    const inputs = node.inputs.map(name => (name === '' ? undefined : (lookUp(environment, name) ?? unknown)))
    const definition = this.#functions.get(functionKey(node, node.op))
    if (definition) return this.#callFunction(definition, node, inputs, where, environment)
    const opset = environment.opsets.get(node.domain) ?? 0
    const enter = (body: Body, given: readonly Fact[]): readonly Fact[] => {
      const depth = environment.depth + 1
      if (depth > maxDepth) return this.#tooDeep(where)
      const place = nestedBodies(node).find(nested => nested.body === body)
      const attribute = `${place?.attribute ?? ''}${place?.index ? `.${place.index}` : ''}`
      const path = `${where}/${attribute}`
      const inner = { ...environment, facts: new Map<string, Fact>(), outer: environment, path, depth }
      const walked = this.#walk(body, given, inner)
      bodies.set(body, walked.body)
      return walked.outputs
    }
    const report = (problem: string): void => this.#report(where, problem)
    const call = new Call({ node, opset, inputs, report, enter })
    const rule = rules.get(node.domain)?.get(node.op)
    return rule ? rule(call) : schemaTypes(call)
  }

  #callFunction(
    definition: FunctionDefinition,
    node: Node,
    inputs: readonly (Fact | undefined)[],
    where: string,
    { functions, depth }: Environment,
  ): readonly Fact[] {
    if (depth >= maxDepth) return this.#tooDeep(where)
    const key = functionKey(definition, definition.name)
    if (functions.includes(key)) {
      this.#report(where, `function ${definition.name} calls itself`)
      return []
    }
    const given = inputs.map(fact => fact ?? unknown)
    return this.#walk(instantiate(definition, node), given, {
      facts: new Map(),
      path: where,
      opsets: definition.opsets,
      functions: [...functions, key],
      depth: depth + 1,
    }).outputs
  }

  #tooDeep(where: string): readonly Fact[] {
    this.#report(where, `bodies or functions are nested more than ${maxDepth} deep`)
    return []
  }

  #filled(body: Body, nodes: readonly Node[], facts: ReadonlyMap<string, Fact>): Body {
    const types = new Map(body.types)
    for (const name of body.nodes.flatMap(node => node.outputs)) {
      const type = facts.get(name)?.type
      if (name === '' || !type || body.isOutput(name)) continue
      types.set(name, { ...types.get(name), name, type: this.#sizes.publish(type) })
    }
    const outputs = body.outputs.map(info => {
      const type = facts.get(info.name)?.type
      const { type: complete } = refineType(info.type, type && this.#sizes.publish(type))
      return complete ? { ...info, type: complete } : info
    })
    return body.with({ nodes, types, outputs })
  }

  #publishElements({ facts, path }: Environment): void {
    for (const [name, { elements }] of facts) {
      const id = path === '' ? name : `${path}/${name}`
      const visible = elements?.map(each => (typeof each === 'string' && each.includes('?') ? null : each))
      if (visible) this.elements.set(id, visible)
      else this.elements.delete(id)
    }
  }

  #report(at: string, problem: string): void {
    if (this.problems.length < maxProblems) this.problems.push({ at, problem })
  }
}

function lookUp(environment: Environment, name: string): Fact | undefined {
  for (let each: Environment | undefined = environment; each; each = each.outer) {
    const fact = each.facts.get(name)
    if (fact) return fact
  }
  return undefined
}

function dtypeOnly(type: ValueType | undefined): ValueType {
  return { kind: 'tensor', ...(type?.kind === 'tensor' && type.dtype ? { dtype: type.dtype } : {}) }
}
